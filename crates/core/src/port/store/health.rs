//! Figures of a partner's integrations, and the standing of its connections. Lists and sums may lag by moments.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::connection::ConnectionId;
use crate::model::health::{Figure, Problem, Standing};
use crate::model::name::{CompanyKey, PartnerId};
use crate::model::platform::{Environment, PlatformName};
use crate::port::store::{StoreError, Written};

/// Stores what the health of a partner's integrations is made of.
#[async_trait]
pub trait HealthStore: Send + Sync {
    /// Adds to a partner's figures of a slot. If the table's answer is lost, they may be added twice.
    async fn add_figures(&self, figures: &Figures) -> Result<(), StoreError>;

    /// A partner's totals, in one request: the figures of the slots from `since` on, and the numbers of connections.
    async fn totals(&self, partner: &PartnerId, since: Timestamp) -> Result<HealthTotals, StoreError>;

    /// A partner's connections that need somebody, the latest problem first: at most `most`. One request.
    async fn attention(&self, partner: &PartnerId, most: u32) -> Result<Vec<Attention>, StoreError>;

    /// The standing of a connection as it was last stored, strongly consistent.
    async fn standing(&self, connection: &ConnectionId) -> Result<Option<StoredStanding>, StoreError>;

    /// Replaces the standing that was read, with the partner's numbers of connections: both or nothing. `Overtaken` if another
    /// one was stored since.
    async fn replace_standing(&self, replaced: &ReplacedStanding<'_>) -> Result<Written, StoreError>;

    /// Where the recount of all connections goes on.
    async fn recount(&self) -> Result<Recount, StoreError>;

    /// Stores it.
    async fn save_recount(&self, recount: &Recount) -> Result<(), StoreError>;

    /// The partner whose id follows `after`; `None` behind the last.
    async fn partner_after(&self, after: Option<&PartnerId>) -> Result<Option<PartnerId>, StoreError>;

    /// A partner's connections, by company key, from behind `after` on: at most `most`; and where the next page begins.
    async fn connections_after(
        &self,
        partner: &PartnerId,
        after: Option<&CompanyKey>,
        most: u32,
    ) -> Result<(Vec<ConnectionId>, Option<CompanyKey>), StoreError>;
}

/// Figures to add to those of a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// The partner.
    pub partner: PartnerId,
    /// The beginning of the slot.
    pub slot: Timestamp,
    /// The numbers, by [`Figure::name`].
    pub numbers: BTreeMap<String, u32>,
}

/// A partner's totals.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HealthTotals {
    /// The figures of each slot.
    pub slots: BTreeMap<Timestamp, BTreeMap<Figure, u64>>,
    /// The numbers of connections.
    pub connections: BTreeMap<PlatformName, Connections>,
}

/// The numbers of a partner's connections to a platform, by status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Connections {
    /// Those that work.
    pub active: u64,
    /// Those whose customer must consent again.
    pub needs_reauthorization: u64,
    /// Those that were disconnected.
    pub disconnected: u64,
}

/// A connection that needs somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attention {
    /// Its key.
    pub company_key: CompanyKey,
    /// Its platform.
    pub platform: PlatformName,
    /// The platform's environment.
    pub environment: Environment,
    /// Why.
    pub problem: Problem,
}

/// A standing in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredStanding {
    /// The number of its write.
    pub version: u64,
    /// The standing.
    pub standing: Standing,
}

/// Where the recount of all connections goes on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recount {
    /// The partner whose connections are next; `None` before the first.
    pub partner: Option<PartnerId>,
    /// The last of its connections that was counted.
    pub after: Option<CompanyKey>,
    /// When the next round begins; `None` while one is under way.
    pub begins_at: Option<Timestamp>,
}

/// The replacement of a standing.
pub struct ReplacedStanding<'a> {
    /// The connection.
    pub connection: &'a ConnectionId,
    /// The standing that was read.
    pub before: Option<StoredStanding>,
    /// The new one.
    pub standing: Standing,
    /// When it was found: the place of its problem in the list.
    pub at: Timestamp,
    /// The id of this write. A repetition with the same id is stored once.
    pub id: String,
}
