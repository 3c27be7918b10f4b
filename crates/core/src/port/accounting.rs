//! The trait that reads a platform's books, page by page. A cursor says where a page begins; each page has the cursor of the next one.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::connection::Company;
use crate::model::record::{EntityType, Record, RecordKey, Unreadable};
use crate::model::secret::Secret;
use crate::model::sync::{Cursor, ReadOptions, SyncKind};

/// The books of a platform.
#[async_trait]
pub trait Accounting: Send + Sync {
    /// The platform's limits on requests.
    fn limits(&self) -> Limits;

    /// The types of the records that a run of this kind reads. After a full run, stored records of these types that it did not see
    /// become deleted.
    fn entity_types(&self, kind: SyncKind) -> &'static [EntityType];

    /// The cursor of a run's first page.
    fn first(&self, options: &ReadOptions) -> Cursor;

    /// Reads the page at a cursor, with one request if the platform allows that.
    ///
    /// # Errors
    /// [`ReadFailure`] says what the answer means for the run.
    async fn page(&self, page_request: PageRequest<'_>) -> Result<Page, ReadFailure>;
}

/// A request for a page.
#[derive(Clone, Copy)]
pub struct PageRequest<'a> {
    /// A valid access token.
    pub access_token: &'a Secret,
    /// The company of the connection.
    pub company: &'a Company,
    /// Which records the run reads, and how.
    pub options: &'a ReadOptions,
    /// The cursor of the page: from [`Accounting::first`], or from the page before.
    pub cursor: &'a Cursor,
    /// The time for all requests of the page.
    pub time: Duration,
}

/// A page of a platform's books.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The records and deletions on the page.
    pub entries: Vec<Entry>,
    /// The cursor of the next page; `None` after the last one.
    pub next: Option<Cursor>,
    /// The number of requests that it took.
    pub requests: u32,
    /// How many records there are in all, if the platform says it.
    pub total: Option<u64>,
    /// The platform's time when it answered, if it says it.
    pub as_of: Option<Timestamp>,
    /// The requests that remain until the platform's limit resets, if it says it.
    pub left: Option<RequestsLeft>,
}

/// The requests that remain until a limit resets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestsLeft {
    /// The number of requests.
    pub requests: u64,
    /// The time until the limit resets.
    pub resets_in: Duration,
}

/// One entry of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A record.
    Record(Box<Record>),
    /// A record that is deleted at the platform, or is no check or invoice. A stored record of this key becomes deleted.
    Absent(RecordKey),
    /// A record that could not be read.
    Unreadable {
        /// Its type.
        entity_type: EntityType,
        /// Its id, if it could be read. The stored record of this id does not change.
        external_id: Option<String>,
        /// What could not be read.
        reason: Unreadable,
    },
}

/// A platform's limits on requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests a minute for one company, over all apps and processes.
    pub company_per_minute: u32,
    /// Requests a day (UTC) for one company, if there is such a limit.
    pub company_per_day: Option<u32>,
    /// Requests a minute for one app over all companies, if there is such a limit.
    pub app_per_minute: Option<u32>,
}

/// Why a page could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadFailure {
    /// The platform refused the token. A refreshed token may be accepted.
    Unauthorized,
    /// The grant does not reach the company any more.
    CompanyGone,
    /// A scope or a permission is missing.
    AccessDenied,
    /// The platform refused the request because of a limit.
    Limited {
        /// How long to wait.
        retry_after: Duration,
        /// Whether a daily limit is reached.
        is_daily: bool,
    },
    /// There was no answer, an error of the platform, or an unreadable answer. Another try may succeed.
    Unavailable {
        /// How long the platform asks to wait.
        retry_after: Option<Duration>,
    },
    /// The platform says that the request is wrong. This is an error of Counterfoil's.
    Rejected {
        /// The platform's code or status, for the log.
        code: String,
    },
}
