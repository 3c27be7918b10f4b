//! Revocations that a platform has not confirmed.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::audit::Audit;
use crate::model::grant::StoredGrant;
use crate::model::revocation::{Owed, Revocation, RevocationId};
use crate::port::store::{StoreError, Written};

/// What platforms are still to be told.
#[async_trait]
pub trait RevocationStore: Send + Sync {
    /// Puts one there, over one of the same grant: what is known of the grant now is newer.
    async fn owe(&self, revocation: &Revocation) -> Result<(), StoreError>;

    /// Puts off one that is there, whoever claims it: it is not to be told before.
    async fn hold(&self, id: &RevocationId, until: Timestamp) -> Result<(), StoreError>;

    /// What is due of one of [`DUE_SHARDS`], expired flows that hold a grant among it, longest overdue first; may lag by moments.
    async fn owed(&self, shard: u8, now: Timestamp, most: u32) -> Result<Vec<Owed>, StoreError>;

    /// Claims one that is due, so that for a while nobody else tells the same.
    async fn claim(&self, id: &RevocationId, claim: &Claim) -> Result<Claimed, StoreError>;

    /// Stores the grant that a refresh brought, if the claim still holds.
    async fn renew(&self, id: &RevocationId, claim: &Claim, grant: &StoredGrant) -> Result<Written, StoreError>;

    /// Counts so many tries in vain and says when to tell next, if the claim still holds.
    async fn put_off(&self, id: &RevocationId, claim: &Claim, tries: u32, due_at: Timestamp) -> Result<Written, StoreError>;

    /// One that is there, strongly consistent; `None` where there is none, or somebody has claimed it.
    async fn waiting(&self, id: &RevocationId) -> Result<Option<Revocation>, StoreError>;

    /// Takes it away with its tokens and writes down why, all or nothing, if the claim still holds. The entries of a consent
    /// under its companies go too.
    async fn settle(&self, revocation: &Revocation, claim: &Claim, audit: &Audit) -> Result<Written, StoreError>;
}

/// One attempt at what is due: a revocation, a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Names it, never used twice.
    pub id: String,
    /// When it is made.
    pub at: Timestamp,
    /// Until when nobody else may.
    pub until: Timestamp,
}

/// How claiming went.
#[derive(Clone, PartialEq, Eq)]
pub enum Claimed {
    /// It is ours.
    Ours(Box<Revocation>),
    /// Somebody else is at it, or its time has not come.
    NotDue,
    /// There is nothing to tell (any more).
    Gone,
}
