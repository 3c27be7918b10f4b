//! Grants: the tokens of a consent or a refresh, in the clear when they arrive and sealed at rest.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::secret::{Sealed, Secret};
use crate::model::time::until;
use crate::model::unread::UnreadAnswer;

/// A platform's token answer. All times are absolute. They count from the start of the request, unless the platform says when the
/// token was issued.
#[derive(Clone)]
pub struct Grant {
    /// The access token.
    pub access_token: Secret,
    /// The refresh token. If the answer had none, the stored one is kept.
    pub refresh_token: Option<Secret>,
    /// When the access token was issued.
    pub issued_at: Timestamp,
    /// When the access token expires.
    pub access_token_expires_at: Timestamp,
    /// When the refresh token expires if it is not used; `None` if it does not.
    pub refresh_token_expires_at: Option<Timestamp>,
    /// When the grant ends, even if it is used (Intuit: five years after the consent).
    pub hard_expires_at: Option<Timestamp>,
    /// The granted scopes, if the platform names them.
    pub scopes: Option<Vec<String>>,
    /// The data centre of the grant, on a platform that has several (Zoho).
    pub region: Option<String>,
    /// The whole answer, if it has a refresh token that could not be read.
    pub unread: Option<UnreadAnswer>,
}

/// A stored grant.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredGrant {
    /// The access token, sealed.
    pub access_token: Sealed,
    /// The refresh token, sealed; `None` if the platform never gave one.
    pub refresh_token: Option<Sealed>,
    /// When the access token was issued.
    pub issued_at: Timestamp,
    /// When the access token expires.
    pub access_token_expires_at: Timestamp,
    /// When the refresh token expires if it is not used.
    pub refresh_token_expires_at: Option<Timestamp>,
    /// When the grant ends, even if it is used.
    pub hard_expires_at: Option<Timestamp>,
    /// The scopes that were requested and not granted (O-15).
    pub missing_scopes: Vec<String>,
    /// The data centre of the grant, on a platform that has several.
    pub region: Option<String>,
}

impl Grant {
    /// The scopes that were requested and not granted. An answer that names no scopes grants all (RFC 6749, 5.1).
    pub fn missing_scopes(&self, asked: &[String]) -> Vec<String> {
        let Some(granted) = &self.scopes else { return Vec::new() };
        asked.iter().filter(|scope| !granted.contains(scope)).cloned().collect()
    }
}

impl StoredGrant {
    /// The life of the access token, from its issue to its expiry.
    pub fn access_token_life(&self) -> Duration {
        until(self.issued_at, self.access_token_expires_at)
    }

    /// Whether the access token is valid for at least this time.
    pub(crate) fn is_good_for(&self, at_least: Duration, now: Timestamp) -> bool {
        self.access_token_expires_at > now && until(now, self.access_token_expires_at) >= at_least
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(expires_at: i64) -> StoredGrant {
        StoredGrant {
            access_token: Sealed::from_bytes(vec![]),
            refresh_token: None,
            issued_at: Timestamp::UNIX_EPOCH,
            access_token_expires_at: Timestamp::from_second(expires_at).expect("in range"),
            refresh_token_expires_at: None,
            hard_expires_at: None,
            missing_scopes: vec![],
            region: None,
        }
    }

    #[test]
    fn a_token_is_good_for_its_remaining_life_and_an_expired_one_for_nothing() {
        let now = Timestamp::from_second(1_000).expect("in range");
        assert!(grant(1_300).is_good_for(Duration::from_secs(300), now));
        assert!(!grant(1_299).is_good_for(Duration::from_secs(300), now));
        assert!(grant(1_001).is_good_for(Duration::ZERO, now));
        assert!(!grant(1_000).is_good_for(Duration::ZERO, now));
        assert!(!grant(900).is_good_for(Duration::ZERO, now));
        assert_eq!(grant(3_600).access_token_life(), Duration::from_secs(3_600));
    }
}
