//! Audit rows, and counts of what has no rows of its own.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::model::audit::{Action, Audit, AuditEntry, Refusal};
use crate::model::connection::ConnectionId;
use crate::model::name::PartnerId;
use crate::port::store::StoreError;

/// The number of counters that a partner's counts of a day are spread over.
pub const COUNTERS: u8 = 16;

/// Audit rows that are not part of another write, reads of all rows, and counts.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Stores a row. If there is one with its id, that one stays.
    async fn note(&self, audit: &Audit) -> Result<(), StoreError>;

    /// Counts a refusal in the row of its partner, action, reason and day. If the table's answer is lost, it may be counted twice.
    async fn count(&self, refusal: &Refusal) -> Result<(), StoreError>;

    /// A page of a connection's rows, strongly consistent.
    async fn of_connection(&self, id: &ConnectionId, query: &AuditQuery) -> Result<AuditPage, StoreError>;

    /// A page of all rows of a partner, those of its connections too. The list may lag by moments. Rows that were written before the list
    /// existed are not in it.
    async fn of_partner(&self, partner: &PartnerId, query: &AuditQuery) -> Result<AuditPage, StoreError>;

    /// Adds to a partner's counts of a day. If the table's answer is lost, they may be added twice.
    async fn add_counts(&self, counts: &DayCounts) -> Result<(), StoreError>;

    /// A partner's counts by day, at most `most` days of those between `from` and `to`: the first ones in this order.
    async fn counts(&self, partner: &PartnerId, days: (Date, Date), order: Order, most: u32) -> Result<ByDay, StoreError>;
}

/// The numbers of each day, by what was counted.
pub type ByDay = BTreeMap<Date, BTreeMap<String, u64>>;

/// Numbers to add to a partner's counts of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayCounts {
    /// The partner.
    pub partner: PartnerId,
    /// The day, in UTC.
    pub day: Date,
    /// Which of the [`COUNTERS`] to add to.
    pub counter: u8,
    /// The numbers, by what was counted.
    pub numbers: BTreeMap<String, u32>,
    /// When the counter's row expires.
    pub expires_at: Timestamp,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The newest row first.
    NewestFirst,
    /// The oldest row first.
    OldestFirst,
}

/// The rows of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditQuery {
    /// Only rows from this time on.
    pub since: Option<Timestamp>,
    /// Only rows until this time, which is included.
    pub until: Option<Timestamp>,
    /// Only rows of this action.
    pub action: Option<Action>,
    /// The order.
    pub order: Order,
    /// Only rows behind the one at this place.
    pub after: Option<String>,
    /// The largest number of rows.
    pub most: u32,
}

/// A page of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// The rows. With a filter there may be fewer than asked for, even none, before the end of the list.
    pub entries: Vec<AuditEntry>,
    /// The place behind which the next page begins; `None` at the end of the list.
    pub next: Option<String>,
}
