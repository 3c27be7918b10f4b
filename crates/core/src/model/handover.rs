//! The handover of a connection to a partner's page: our code, which the page's address has and which is valid once, and the handle
//! that the partner gets for it. The platform's code and refresh token never leave Counterfoil.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::ConnectionId;
use crate::model::flow::FlowId;
use crate::model::name::CompanyKey;
use crate::model::platform::PlatformName;
use crate::model::secret::{Fingerprint, Secret};

/// The life of a code.
pub(crate) const CODE_LIFE: Duration = Duration::from_secs(300);

/// A stored code, by its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The hash of the code.
    pub hash: Fingerprint,
    /// The connection that its exchange reads or writes.
    pub connection: ConnectionId,
    /// The flow that it was issued for.
    pub flow: Option<FlowId>,
    /// The platform.
    pub platform: PlatformName,
    /// The company. A connection may be switched to another one meanwhile.
    pub company_id: String,
    /// The redirect URI that it was sent to.
    pub redirect_uri: String,
    /// When it expires.
    pub expires_at: Timestamp,
    /// Whether it was exchanged.
    pub spent: bool,
}

/// The prefix of every handle.
const HANDLE: &str = "cf_handle_";

/// A handle that a partner sent: `cf_handle_{company_key}.{random}`, not yet verified. It opens nothing without the partner's key.
pub(crate) struct PresentedHandle {
    /// The partner's connection.
    pub company_key: CompanyKey,
    /// The hash of the whole handle.
    pub hash: Fingerprint,
}

impl PresentedHandle {
    /// Parses a handle; `None` if it is malformed.
    pub(crate) fn parse(handle: &Secret) -> Option<Self> {
        // The random part has no dot; a company key may.
        let (company_key, _) = handle.expose().strip_prefix(HANDLE)?.rsplit_once('.')?;
        Some(Self { company_key: CompanyKey::parse(company_key).ok()?, hash: handle.fingerprint() })
    }
}

/// Composes a handle of a connection.
pub(crate) fn handle(company_key: &CompanyKey, random: &Secret) -> Secret {
    Secret::new(format!("{HANDLE}{company_key}.{}", random.expose()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_names_its_connection_even_if_the_company_key_has_dots() {
        let company_key = CompanyKey::parse("a.b-c").expect("a key");
        let made = handle(&company_key, &Secret::new("random"));
        let presented = PresentedHandle::parse(&made).expect("well formed");
        assert_eq!((presented.company_key, presented.hash), (company_key, made.fingerprint()));
        for wrong in ["", "random", "cf_handle_", "cf_handle_a", "cf_handle_.random", "cf_handle_a b.random"] {
            assert!(PresentedHandle::parse(&Secret::new(wrong)).is_none(), "{wrong}");
        }
    }
}
