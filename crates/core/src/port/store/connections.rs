//! Connections in the table.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::connection::{Company, Connection, ConnectionId, Freshness, Status};
use crate::model::lease::Lease;
use crate::model::name::{CompanyKey, PartnerId};
use crate::model::platform::PlatformName;
use crate::port::store::{StoreError, Written};

/// Reads of connections, and writes that touch no token. A read of one connection is strongly consistent; lists may lag by moments.
#[async_trait]
pub trait ConnectionStore: Send + Sync {
    /// One connection.
    async fn read(&self, id: &ConnectionId) -> Result<Option<Connection>, StoreError>;

    /// One connection and its lease, in one request.
    async fn read_with_lease(&self, id: &ConnectionId) -> Result<Option<(Connection, Option<Lease>)>, StoreError>;

    /// A page of a partner's connections, by company key.
    async fn list(&self, partner: &PartnerId, query: &ListQuery) -> Result<ConnectionPage, StoreError>;

    /// The connections of one of [`DUE_SHARDS`] that are due, the longest overdue first. Reading starts after `after`.
    async fn due(&self, shard: u8, now: Timestamp, after: Option<&DueEntry>, most: u32) -> Result<Vec<DueEntry>, StoreError>;

    /// A page of the entries of a company, at most `most` (1 to 100), after `after`. Strongly consistent. A row that cannot
    /// be read is an error, because a caller would otherwise revoke a grant that it protects.
    async fn company_entries(&self, company: &Company, after: Option<&str>, most: u32) -> Result<CompanyEntries, StoreError>;

    /// The number of a partner's connections to a company, counted up to `most`. Strongly consistent.
    async fn tally(&self, company: &Company, partner: &PartnerId, most: u32) -> Result<Tally, StoreError>;

    /// Stores a partner's settings. A due time is stored only if the grant of its epoch is still active.
    async fn change(&self, id: &ConnectionId, settable: &Settable) -> Result<Written, StoreError>;
}

/// A partner's settings of a connection, and the due time that follows from them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settable {
    /// The connection's name.
    pub company_name: String,
    /// How fresh its token is kept.
    pub freshness: Freshness,
    /// The next due time of the grant of an epoch; `None` keeps the stored one.
    pub due: Option<(u64, Option<Timestamp>)>,
    /// The time of the change.
    pub at: Timestamp,
}

/// The number of a partner's connections to a company.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// The number.
    pub connections: u32,
    /// Rises with each connection that is created without a key. The write of such a connection is conditional on it.
    pub version: u64,
}

/// A connection that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueEntry {
    /// The connection.
    pub connection: ConnectionId,
    /// The time since which it is due.
    pub since: Timestamp,
}

/// Which connections to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Only company keys with this prefix.
    pub prefix: String,
    /// Only this platform.
    pub platform: Option<PlatformName>,
    /// Only this status.
    pub status: Option<Status>,
    /// Only company keys after this one.
    pub after: Option<CompanyKey>,
    /// The largest number of connections, 1 to 100.
    pub limit: u32,
}

/// A page of the entries of a company: connections to it, and consents that may become connections to it.
#[derive(Default)]
pub struct CompanyEntries {
    /// Connections to the company, including those with a dead grant.
    pub connections: Vec<Connection>,
    /// Consents that may become connections to the company.
    pub consents: Vec<ConsentEntry>,
    /// Where the next page starts; `None` on the last page.
    pub next: Option<String>,
}

/// The entry of a consent under a company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentEntry {
    /// The id of its flow.
    pub flow: String,
    /// The end of the entry, if the company is not confirmed or chosen yet. `None` while the consent waits for the exchange of our
    /// code: another write deletes that entry.
    pub until: Option<Timestamp>,
}

/// A page of connections.
pub struct ConnectionPage {
    /// The connections that match. There may be fewer than the limit although more follow.
    pub connections: Vec<Connection>,
    /// Where the next page starts; `None` on the last page.
    pub next: Option<CompanyKey>,
}
