//! Leases: the time-limited right to send a connection's refresh token. A lease also records the intent, so that a later process
//! knows what may have been sent.

use jiff::Timestamp;

use crate::model::secret::Fingerprint;

/// A lease on one epoch of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The unique id of this attempt.
    pub id: String,
    /// The epoch that it may replace. A commit raises the connection's epoch, which makes the lease obsolete.
    pub epoch: u64,
    /// The process that took it, for debugging.
    pub owner: String,
    /// When it was taken.
    pub started_at: Timestamp,
    /// When it ends. Then another attempt may take it.
    pub until: Timestamp,
    /// The hash of the refresh token that this attempt sends.
    pub refresh_token: Fingerprint,
    /// Whether an earlier attempt with this refresh token had an unknown outcome. Then a refusal means `rotation_lost`, not
    /// `revoked`.
    pub doubtful: bool,
}
