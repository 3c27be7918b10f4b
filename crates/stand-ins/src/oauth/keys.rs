//! The credentials of an app at a platform, and client authentication.

use super::StandInPlatform;
use super::raw::Raw;
use super::refusal::Refusal;
use crate::headers::basic_credentials;
use crate::params::Params;

/// A client id and its secret. They protect nothing, so they are public.
pub(crate) struct Keys {
    pub(crate) id: &'static str,
    pub(crate) secret: &'static str,
}

/// How a request sends them (RFC 6749, section 2.3.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Showing {
    /// In the header `Authorization: Basic`.
    InHeader,
    /// As the parameters `client_id` and `client_secret`.
    InBody,
}

impl Showing {
    /// The parameters that this uses.
    pub(super) fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::InHeader => &[],
            Self::InBody => &["client_id", "client_secret"],
        }
    }
}

/// The client id of a request, if its secret is right.
pub(super) fn authenticate<P: StandInPlatform>(raw: &Raw, params: &Params) -> Result<&'static str, Refusal> {
    let shown = match P::RULES.keys_shown {
        Showing::InHeader => basic_credentials(&raw.headers),
        Showing::InBody => {
            params.get("client_id").map(|id| (id.to_owned(), params.get("client_secret").unwrap_or_default().to_owned()))
        }
    };
    let (id, secret) = shown.ok_or(Refusal::UnknownClient)?;
    let keys = of_client::<P>(&id).ok_or(Refusal::UnknownClient)?;
    if keys.secret == secret { Ok(keys.id) } else { Err(Refusal::WrongSecret) }
}

/// The credentials with this client id.
pub(super) fn of_client<P: StandInPlatform>(id: &str) -> Option<&'static Keys> {
    P::KEYS.iter().find(|keys| keys.id == id)
}
