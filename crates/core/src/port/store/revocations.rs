//! Revocations that a platform has not confirmed.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::audit::Audit;
use crate::model::grant::StoredGrant;
use crate::model::revocation::{DueRevocation, Revocation, RevocationId};
use crate::port::store::{StoreError, Written};

/// Revocations, by the grant that each ends.
#[async_trait]
pub trait RevocationStore: Send + Sync {
    /// Stores a revocation. It replaces a stored revocation of the same grant, whose tokens are older.
    async fn put_revocation(&self, revocation: &Revocation) -> Result<(), StoreError>;

    /// Postpones a revocation, claimed or not. If there is none, nothing happens.
    async fn postpone(&self, id: &RevocationId, until: Timestamp) -> Result<(), StoreError>;

    /// At most `most` due items of one of [`DUE_SHARDS`], the longest overdue first: revocations, and expired flows that hold a
    /// grant. The index may lag by moments.
    async fn due_revocations(&self, shard: u8, now: Timestamp, most: u32) -> Result<Vec<DueRevocation>, StoreError>;

    /// Claims a due revocation. Until the claim ends, nobody else can claim it.
    async fn claim(&self, id: &RevocationId, claim: &Claim) -> Result<Claimed, StoreError>;

    /// Stores the refreshed grant of a revocation, if the claim still holds.
    async fn renew(&self, id: &RevocationId, claim: &Claim, grant: &StoredGrant) -> Result<Written, StoreError>;

    /// Stores the number of failed tries and the time of the next try, if the claim still holds.
    async fn reschedule(&self, id: &RevocationId, claim: &Claim, tries: u32, due_at: Timestamp) -> Result<Written, StoreError>;

    /// Reads a revocation that nobody has claimed; `None` if it is claimed or missing. Strongly consistent.
    async fn waiting(&self, id: &RevocationId) -> Result<Option<Revocation>, StoreError>;

    /// Deletes a revocation and writes its audit row in one transaction, if the claim still holds. The company entries of its consent
    /// are deleted too.
    async fn complete(&self, revocation: &Revocation, claim: &Claim, audit: &Audit) -> Result<Written, StoreError>;
}

/// The time-limited right to process a due item, such as a revocation or a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// A unique id.
    pub id: String,
    /// When the claim is made.
    pub at: Timestamp,
    /// When the claim ends. Then others may claim the item.
    pub until: Timestamp,
}

/// The result of a claim.
#[derive(Clone, PartialEq, Eq)]
pub enum Claimed {
    /// The claim is stored.
    Ours(Box<Revocation>),
    /// Another process has claimed the revocation, or it is not due yet.
    NotDue,
    /// There is no such revocation.
    Gone,
}
