//! Connections as they are stored.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::connection::{Company, Connection, ConnectionId, Freshness, Status};
use crate::model::lease::Lease;
use crate::model::name::{CompanyKey, PartnerId};
use crate::model::platform::PlatformName;
use crate::port::store::{StoreError, Written};

/// Connections, and nothing of their tokens. Every read of one is strongly consistent; lists may lag by moments.
#[async_trait]
pub trait ConnectionStore: Send + Sync {
    /// One connection, in one read.
    async fn read(&self, id: &ConnectionId) -> Result<Option<Connection>, StoreError>;

    /// One connection and its lease, in one request.
    async fn look(&self, id: &ConnectionId) -> Result<Option<(Connection, Option<Lease>)>, StoreError>;

    /// A page of a partner's connections, by company key.
    async fn list(&self, partner: &PartnerId, query: &ListQuery) -> Result<Page, StoreError>;

    /// The connections of one of [`DUE_SHARDS`] that are due, the longest overdue first. Reading starts after `after`.
    async fn due(&self, shard: u8, now: Timestamp, after: Option<&DueEntry>, most: u32) -> Result<Vec<DueEntry>, StoreError>;

    /// A page of what holds a company, at most `most` (1 to 100) entries of it, beginning behind `after`; strongly consistent.
    /// A row that cannot be read is an error: nobody may take it for none.
    async fn holders(&self, company: &Company, after: Option<&str>, most: u32) -> Result<Holders, StoreError>;

    /// How many connections of a partner there are to a company, counted up to `most`; strongly consistent.
    async fn tally(&self, company: &Company, partner: &PartnerId, most: u32) -> Result<Tally, StoreError>;

    /// Stores what a partner may set; a due time only while the grant that it was worked out for is there and alive.
    async fn change(&self, id: &ConnectionId, settable: &Settable) -> Result<Written, StoreError>;
}

/// What a partner may set on a connection, and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settable {
    /// Its name.
    pub company_name: String,
    /// How fresh its token is kept.
    pub freshness: Freshness,
    /// When a worker should come next for the grant of that epoch; `None` leaves that as it is.
    pub due: Option<(u64, Option<Timestamp>)>,
    /// When it is changed.
    pub at: Timestamp,
}

/// How many connections of a partner there are to a company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// The number.
    pub connections: u32,
    /// Rises with each connection that is made without a key. The write that adds one is conditional on the version that was counted.
    pub version: u64,
}

/// A connection that a worker has something to do for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueEntry {
    /// Which.
    pub connection: ConnectionId,
    /// Since when.
    pub since: Timestamp,
}

/// Which connections to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Only keys that begin so.
    pub prefix: String,
    /// Only this platform.
    pub platform: Option<PlatformName>,
    /// Only these.
    pub status: Option<Status>,
    /// Only keys after this one.
    pub after: Option<CompanyKey>,
    /// At most so many, 1 to 100.
    pub limit: u32,
}

/// A page of what holds a company.
#[derive(Default)]
pub struct Holders {
    /// Connections to it, dead ones among them.
    pub connections: Vec<Connection>,
    /// Consents that may become connections to it.
    pub consents: Vec<Holding>,
    /// Where the next page starts; `None` on the last page.
    pub next: Option<String>,
}

/// The entry of a consent under a company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Its flow, as text.
    pub flow: String,
    /// Until when it holds the company, while that is yet to be confirmed or chosen; `None` while it waits for our code's exchange,
    /// which ends by a write of its own.
    pub until: Option<Timestamp>,
}

/// A page of connections.
pub struct Page {
    /// Those that match; may be fewer than the limit though more follow.
    pub connections: Vec<Connection>,
    /// Where the next page starts; `None` on the last page.
    pub next: Option<CompanyKey>,
}
