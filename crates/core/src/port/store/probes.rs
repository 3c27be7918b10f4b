//! Probes and hints.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::connection::ConnectionId;
use crate::model::probe::{AccessAnswer, Asking, DueProbe, Hint, HintsId, Probe};
use crate::port::store::revocations::Claim;
use crate::port::store::{StoreError, Written};

/// Hints that a company was disconnected at its platform, and probes of connections (T-7).
#[async_trait]
pub trait ProbeStore: Send + Sync {
    /// Stores a hint. The write is the same for a known and an unknown company. If the minute has too many hints, this one is dropped.
    async fn note_hint(&self, hint: &Hint, at: Timestamp) -> Result<(), StoreError>;

    /// At most `most` due items of one of [`DUE_SHARDS`], the longest overdue first. The index may lag by moments.
    async fn due_probes(&self, shard: u8, now: Timestamp, most: u32) -> Result<Vec<DueProbe>, StoreError>;

    /// The hints of a shard and a minute.
    async fn hints(&self, id: &HintsId) -> Result<Vec<Hint>, StoreError>;

    /// Deletes them, unless there are more than the `followed` that were processed.
    async fn forget_hints(&self, id: &HintsId, followed: usize) -> Result<(), StoreError>;

    /// Stores a probe, unless the connection has one or was probed after `since`. Returns whether it was stored.
    async fn suspect(&self, probe: &Probe, since: Timestamp) -> Result<bool, StoreError>;

    /// Claims the probe of a connection if it is due. Until the claim ends, nobody else can claim it.
    async fn claim_probe(&self, id: &ConnectionId, claim: &Claim) -> Result<Option<Probe>, StoreError>;

    /// Replaces the probe by the next one, if the claim still holds.
    async fn reschedule_probe(&self, probe: &Probe, claim: &Claim) -> Result<Written, StoreError>;

    /// Notes that a caller has the platform asked for a connection's company at `at`, unless another did after `since`.
    async fn begin_asking(&self, id: &ConnectionId, at: Timestamp, since: Timestamp) -> Result<Asking, StoreError>;

    /// Stores the answer to the request of `at`, unless a later one has begun.
    async fn note_answer(&self, id: &ConnectionId, at: Timestamp, answer: AccessAnswer) -> Result<(), StoreError>;

    /// Marks the probe as finished, if the claim still holds.
    async fn end_probe(&self, id: &ConnectionId, claim: &Claim, at: Timestamp) -> Result<Written, StoreError>;
}
