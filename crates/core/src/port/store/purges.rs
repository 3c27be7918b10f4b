//! The store of purges.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::audit::Audit;
use crate::model::connection::ConnectionId;
use crate::model::purge::Purge;
use crate::port::store::connections::DueEntry;
use crate::port::store::revocations::Claim;
use crate::port::store::{StoreError, Written};

/// Stores purges. Reads of one purge are strongly consistent.
#[async_trait]
pub trait PurgeStore: Send + Sync {
    /// Begins the purge of a disconnected connection. `Overtaken` if the connection is not disconnected, if its epoch is another one, if
    /// the purge of this epoch has begun, or if a record of the connection changed meanwhile.
    async fn begin_purge(&self, purge: &NewPurge) -> Result<Written, StoreError>;

    /// The last purge of a connection, complete or not.
    async fn purge(&self, id: &ConnectionId) -> Result<Option<Purge>, StoreError>;

    /// At most `most` connections with a purge that is due, the longest overdue first. The index may lag by moments.
    async fn due_purges(&self, now: Timestamp, most: u32) -> Result<Vec<DueEntry>, StoreError>;

    /// Claims a due purge. No other process can claim it until the claim ends.
    async fn claim_purge(&self, id: &ConnectionId, claim: &Claim) -> Result<Option<Purge>, StoreError>;

    /// Stores the position of a purge and its next due time, if the claim is still valid. A complete purge is not due again.
    async fn save_purge(&self, purge: &Purge, claim: &Claim, due_at: Timestamp) -> Result<Written, StoreError>;

    /// Removes at most some thousand items of the current part. A repetition with the same position removes the remaining ones.
    async fn remove(&self, purge: &Purge) -> Result<Removed, StoreError>;
}

/// A purge to begin. The same transaction ends the connection's runs, so that their later writes fail, and deletes the company's name
/// from the connection.
#[derive(Debug, Clone)]
pub struct NewPurge {
    /// The connection.
    pub connection: ConnectionId,
    /// The epoch of the disconnected connection.
    pub epoch: u64,
    /// The time of the request.
    pub at: Timestamp,
    /// The audit row. Its subject is the partner, so that the purge does not remove it.
    pub audit: Audit,
}

/// The result of one step of a purge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// The number of removed items.
    pub items: u64,
    /// The rest of the part.
    pub rest: Rest,
}

/// The rest of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rest {
    /// Nothing.
    Nothing,
    /// The items after this position; `None` is the beginning of the part.
    After(Option<String>),
}
