//! The sweep: how far each partner's events were checked for missing deliveries. Reads may lag by moments, which is harmless: a sweep checks
//! only what is older, and a check that is repeated changes nothing.

use async_trait::async_trait;

use crate::model::name::PartnerId;
use crate::model::webhook::endpoint::Endpoints;
use crate::port::store::{StoreError, Written};

/// The state of the sweep.
#[async_trait]
pub trait SweepStore: Send + Sync {
    /// The partners that have endpoints, by id, after `after`: at most `most`.
    async fn partners_with_endpoints(&self, after: Option<&PartnerId>, most: u32) -> Result<Vec<PartnerId>, StoreError>;

    /// A partner's endpoints, and how far its events were swept, in one request.
    async fn endpoints_and_sweep(&self, partner: &PartnerId) -> Result<(Endpoints, PartnerSweep), StoreError>;

    /// Stores how far a partner's events were swept. `Overtaken` if the stored place is no longer `seen_to`, because another sweep goes on.
    async fn save_sweep(&self, partner: &PartnerId, seen_to: Option<&str>, sweep: &PartnerSweep) -> Result<Written, StoreError>;

    /// The partner that the last sweep began with last, if its time was over before all were begun.
    async fn sweep_ended_at(&self) -> Result<Option<PartnerId>, StoreError>;

    /// Stores it.
    async fn set_sweep_ended_at(&self, partner: Option<&PartnerId>) -> Result<(), StoreError>;
}

/// How far a partner's events were swept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PartnerSweep {
    /// The last event of those that were checked.
    pub to: Option<String>,
    /// The events up to there that this version cannot read, in the order of their ids. A later version can.
    pub unread: Vec<String>,
}
