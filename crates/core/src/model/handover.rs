//! Handing a connection to the partner's page: a code of ours in its address, good once, and the handle that the code is
//! exchanged for. The platform's own code and refresh token never leave us.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::ConnectionId;
use crate::model::flow::FlowId;
use crate::model::name::CompanyKey;
use crate::model::platform::PlatformName;
use crate::model::secret::{Fingerprint, Secret};

/// How long a code may be exchanged.
pub const CODE_LIFE: Duration = Duration::from_secs(300);

/// A code as it is stored: by its hash, with what it is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The hash of the code.
    pub hash: Fingerprint,
    /// What it opens, or makes.
    pub connection: ConnectionId,
    /// The consent that it was issued for.
    pub flow: Option<FlowId>,
    /// With which platform.
    pub platform: PlatformName,
    /// To which company: a connection may be switched.
    pub company_id: String,
    /// Where it was sent.
    pub redirect_uri: String,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Whether it was exchanged.
    pub spent: bool,
}

/// What every handle begins with.
const HANDLE: &str = "cf_handle_";

/// A handle as it is presented: `cf_handle_{company_key}.{random}`. It opens nothing without a key of that partner.
pub struct PresentedHandle {
    /// Which of the partner's connections.
    pub company_key: CompanyKey,
    /// The hash of the whole handle.
    pub hash: Fingerprint,
}

impl PresentedHandle {
    /// Takes a handle apart; `None` where it is none.
    pub fn parse(handle: &Secret) -> Option<Self> {
        // The random part has no dot; a company key may.
        let (company_key, _) = handle.expose().strip_prefix(HANDLE)?.rsplit_once('.')?;
        Some(Self { company_key: CompanyKey::parse(company_key).ok()?, hash: handle.fingerprint() })
    }
}

/// A new handle of a connection.
pub fn handle(company_key: &CompanyKey, random: &Secret) -> Secret {
    Secret::new(format!("{HANDLE}{company_key}.{}", random.expose()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_names_its_connection_also_one_with_dots() {
        let company_key = CompanyKey::parse("a.b-c").expect("a key");
        let made = handle(&company_key, &Secret::new("random"));
        let presented = PresentedHandle::parse(&made).expect("well formed");
        assert_eq!((presented.company_key, presented.hash), (company_key, made.fingerprint()));
        for wrong in ["", "random", "cf_handle_", "cf_handle_a", "cf_handle_.random", "cf_handle_a b.random"] {
            assert!(PresentedHandle::parse(&Secret::new(wrong)).is_none(), "{wrong}");
        }
    }
}
