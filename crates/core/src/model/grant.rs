//! What a platform gave at consent or at a refresh: in the clear on its way in, sealed at rest.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::secret::{Sealed, Secret};
use crate::model::time::until;
use crate::model::unread::UnreadAnswer;

/// A token answer, as the platform's module read it. All times are absolute: they count from the request's start
/// unless the platform says when the token was made.
#[derive(Clone)]
pub struct Grant {
    /// The access token.
    pub access_token: Secret,
    /// The refresh token; `None` where the answer had none, which keeps the old one.
    pub refresh_token: Option<Secret>,
    /// From when the access token counts.
    pub issued_at: Timestamp,
    /// When the access token ends.
    pub access_token_expires_at: Timestamp,
    /// When the refresh token ends if it is not used; `None` where the platform has no such end.
    pub refresh_token_expires_at: Option<Timestamp>,
    /// When the grant ends whatever one does (Intuit: five years after consent).
    pub hard_expires_at: Option<Timestamp>,
    /// The scopes that were granted, where the platform says so.
    pub scopes: Option<Vec<String>>,
    /// Where it lives, on a platform that has several such places (Zoho's data centres).
    pub region: Option<String>,
    /// The whole answer, where it has a refresh token that could not be read.
    pub unread: Option<UnreadAnswer>,
}

/// A grant at rest.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredGrant {
    /// The access token, sealed.
    pub access_token: Sealed,
    /// The refresh token, sealed; `None` where the platform never gave one.
    pub refresh_token: Option<Sealed>,
    /// From when the access token counts.
    pub issued_at: Timestamp,
    /// When the access token ends.
    pub access_token_expires_at: Timestamp,
    /// When the refresh token ends if it is not used.
    pub refresh_token_expires_at: Option<Timestamp>,
    /// When the grant ends whatever one does.
    pub hard_expires_at: Option<Timestamp>,
    /// What was asked for and not granted (O-15).
    pub missing_scopes: Vec<String>,
    /// Where it lives, on a platform that has several such places.
    pub region: Option<String>,
}

impl Grant {
    /// What was asked for and not granted; nothing where the answer does not say (RFC 6749, 5.1: then all was).
    pub fn missing_scopes(&self, asked: &[String]) -> Vec<String> {
        let Some(granted) = &self.scopes else { return Vec::new() };
        asked.iter().filter(|scope| !granted.contains(scope)).cloned().collect()
    }
}

impl StoredGrant {
    /// How long the access token lives from its making to its end.
    pub fn access_token_life(&self) -> Duration {
        until(self.issued_at, self.access_token_expires_at)
    }

    /// Whether the access token is good for that much longer.
    pub fn is_good_for(&self, at_least: Duration, now: Timestamp) -> bool {
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
    fn a_margin_subtracts_and_an_ended_token_is_good_for_nothing() {
        let now = Timestamp::from_second(1_000).expect("in range");
        assert!(grant(1_300).is_good_for(Duration::from_secs(300), now));
        assert!(!grant(1_299).is_good_for(Duration::from_secs(300), now));
        assert!(grant(1_001).is_good_for(Duration::ZERO, now));
        assert!(!grant(1_000).is_good_for(Duration::ZERO, now));
        assert!(!grant(900).is_good_for(Duration::ZERO, now));
        assert_eq!(grant(3_600).access_token_life(), Duration::from_secs(3_600));
    }
}
