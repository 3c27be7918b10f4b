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
    /// Stores one. It replaces one of the same grant, whose tokens are older.
    async fn put_revocation(&self, revocation: &Revocation) -> Result<(), StoreError>;

    /// Postpones one until then, claimed or not. If there is none, nothing happens.
    async fn postpone(&self, id: &RevocationId, until: Timestamp) -> Result<(), StoreError>;

    /// What is due in one of [`DUE_SHARDS`], at most `most`, the longest overdue first: revocations, and expired flows that have a
    /// grant. The index may lag by moments.
    async fn due_revocations(&self, shard: u8, now: Timestamp, most: u32) -> Result<Vec<DueRevocation>, StoreError>;

    /// Claims one that is due: until the claim ends, nobody else can claim it.
    async fn claim(&self, id: &RevocationId, claim: &Claim) -> Result<Claimed, StoreError>;

    /// Stores the grant that a refresh brought, if the claim still holds.
    async fn renew(&self, id: &RevocationId, claim: &Claim, grant: &StoredGrant) -> Result<Written, StoreError>;

    /// Stores the number of failed tries and when the next is due, if the claim still holds.
    async fn reschedule(&self, id: &RevocationId, claim: &Claim, tries: u32, due_at: Timestamp) -> Result<Written, StoreError>;

    /// One that nobody has claimed, strongly consistent; otherwise `None`.
    async fn waiting(&self, id: &RevocationId) -> Result<Option<Revocation>, StoreError>;

    /// Replaces it by its audit row in one transaction, if the claim still holds. The consent's company entries are deleted too.
    async fn complete(&self, revocation: &Revocation, claim: &Claim, audit: &Audit) -> Result<Written, StoreError>;
}

/// The time-limited right to process an item that is due: a revocation, a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Names it, never used twice.
    pub id: String,
    /// When it is made.
    pub at: Timestamp,
    /// When it ends, and others may claim the item.
    pub until: Timestamp,
}

/// The result of a claim.
#[derive(Clone, PartialEq, Eq)]
pub enum Claimed {
    /// The claim was stored; here is the revocation.
    Ours(Box<Revocation>),
    /// Somebody else has claimed it, or it is not due yet.
    NotDue,
    /// There is no such revocation (any more).
    Gone,
}
