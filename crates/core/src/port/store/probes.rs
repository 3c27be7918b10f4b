//! Connections that are probed, and the hints that say so.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::connection::ConnectionId;
use crate::model::probe::{Hint, HintsId, Probe, Suspicion};
use crate::port::store::revocations::Claim;
use crate::port::store::{StoreError, Written};

/// Hints that a company was disconnected at its platform, and probes of connections (T-7).
#[async_trait]
pub trait ProbeStore: Send + Sync {
    /// Keeps a hint, in one write that is the same whatever it names. Where there are too many in that minute, it is dropped.
    async fn note_hint(&self, hint: &Hint, at: Timestamp) -> Result<(), StoreError>;

    /// What is due of one of [`DUE_SHARDS`], longest overdue first; may lag by moments.
    async fn suspicions(&self, shard: u8, now: Timestamp, most: u32) -> Result<Vec<Suspicion>, StoreError>;

    /// The hints of a shard and a minute.
    async fn hints(&self, id: &HintsId) -> Result<Vec<Hint>, StoreError>;

    /// Takes them away, unless there are more than the ones that were followed.
    async fn forget_hints(&self, id: &HintsId, followed: usize) -> Result<(), StoreError>;

    /// Stores a probe, unless the connection has one already or was probed after `since`. Whether it was stored.
    async fn suspect(&self, probe: &Probe, since: Timestamp) -> Result<bool, StoreError>;

    /// Claims the probe of a connection if it is due, so that for a while nobody else makes it.
    async fn claim_probe(&self, id: &ConnectionId, claim: &Claim) -> Result<Option<Probe>, StoreError>;

    /// Stores the probe that follows, if the claim still holds.
    async fn reschedule_probe(&self, probe: &Probe, claim: &Claim) -> Result<Written, StoreError>;

    /// Ends the probing, if the claim still holds.
    async fn end_probe(&self, id: &ConnectionId, claim: &Claim, at: Timestamp) -> Result<Written, StoreError>;
}
