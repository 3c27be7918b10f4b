//! The right to send a connection's refresh token to its platform, for a while; also the write-ahead intent that tells
//! a later worker what was about to happen.

use jiff::Timestamp;

use crate::model::secret::Fingerprint;

/// A lease on one epoch of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lease {
    /// Names this attempt, never used twice.
    pub id: String,
    /// The epoch it may replace; a commit outdates the lease by raising it.
    pub epoch: u64,
    /// Who took it, for people who debug.
    pub owner: String,
    /// When it was taken.
    pub started_at: Timestamp,
    /// Until when nobody else may take it.
    pub until: Timestamp,
    /// Which refresh token is about to be presented.
    pub refresh_token: Fingerprint,
    /// Whether an earlier attempt with this refresh token had no known outcome, so that a refusal now means
    /// "rotation lost", not "revoked".
    pub doubtful: bool,
}
