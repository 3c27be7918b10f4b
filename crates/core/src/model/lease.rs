//! Leases: the time-limited right to send a connection's refresh token. A lease also records the intent, so that a later process
//! knows what may have been sent.

use std::fmt;

use jiff::Timestamp;

use crate::model::secret::Fingerprint;

/// The unique id of a lease.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LeaseId(String);

impl LeaseId {
    /// An id that was just made, or that a row has.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The unique id of a write that sets a connection's epoch. A retry after a lost answer recognizes its own write by it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CommitId(String);

impl CommitId {
    /// An id that was just made, or that a row has.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The id of the commit under a lease: that of the lease.
    pub fn under(lease: &LeaseId) -> Self {
        Self(lease.0.clone())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A lease on one epoch of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The unique id of this attempt.
    pub id: LeaseId,
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
