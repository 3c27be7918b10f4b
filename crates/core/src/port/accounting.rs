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
    /// The limits on requests; `None` if there are none.
    fn limits(&self) -> Option<Limits>;

    /// The types of the records that a run of this kind reads. After a full run, stored records of these types that it did not see
    /// become deleted.
    fn entity_types(&self, kind: SyncKind) -> &'static [EntityType];

    /// The cursor of a run's first page.
    fn first(&self, options: &ReadOptions) -> Cursor;

    /// Reads the page at a cursor, with one request if the platform allows that. Each request is admitted first.
    ///
    /// # Errors
    /// [`ReadFailure`] says what the answer means for the run.
    async fn page(&self, page_request: PageRequest<'_>) -> Result<Page, ReadFailure>;
}

/// A request for a page.
#[derive(Clone, Copy)]
pub struct PageRequest<'a> {
    /// A valid access token; empty for a platform without tokens.
    pub access_token: &'a Secret,
    /// The company of the connection.
    pub company: &'a Company,
    /// Which records the run reads, and how.
    pub options: &'a ReadOptions,
    /// The cursor of the page: from [`Accounting::first`], or from the page before.
    pub cursor: &'a Cursor,
    /// The time for all requests of the page.
    pub time: Duration,
    /// Admits each request.
    pub admit: &'a dyn Admit,
}

/// Counts the requests of a page, and holds them back where a limit is reached.
#[async_trait]
pub trait Admit: Send + Sync {
    /// Admits one request. A reader calls this before each request that it sends.
    ///
    /// # Errors
    /// [`ReadFailure::Held`] if the request must not be sent now.
    async fn admit(&self) -> Result<(), ReadFailure>;
}

/// A page of a platform's books.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The records and deletions on the page.
    pub entries: Vec<Entry>,
    /// The cursor of the next page; `None` after the last one.
    pub next: Option<Cursor>,
    /// How far the run is, if the platform says how many records there are.
    pub progress: Option<Progress>,
    /// The platform's time when it answered, if it says it.
    pub as_of: Option<Timestamp>,
    /// The requests that remain until the platform's limit resets, if it says it.
    pub left: Option<RequestsLeft>,
    /// A type of records that the run leaves out, because the company's plan or the grant does not include it.
    pub left_out: Option<EntityType>,
}

/// How far a run is in the platform's lists, which may also have records that are no checks or invoices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The number of records up to the end of the page.
    pub read: u64,
    /// The number of all records.
    pub total: u64,
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

/// A platform's limits on requests, each over all processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests a minute for one company.
    pub company_per_minute: u32,
    /// Requests a day (UTC) for one company, if there is such a limit.
    pub company_per_day: Option<u32>,
    /// Requests a minute for one app over all companies, if there is such a limit.
    pub app_per_minute: Option<u32>,
    /// Requests a second for one company, if there is such a limit.
    pub company_per_second: Option<u32>,
    /// Simultaneous requests for one company, if there is such a limit; at most 16.
    pub company_at_once: Option<u8>,
}

/// A limit for which a platform refuses a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The company's requests in a minute or less.
    Minute,
    /// The company's requests in a day.
    Day,
    /// The app's requests for all companies.
    App,
    /// The company's simultaneous requests. Only the run that was refused waits.
    Simultaneous,
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
        /// The limit.
        limit: Limit,
    },
    /// [`Admit`] held a request back. Nothing was sent.
    Held,
    /// The Web Connector of QuickBooks Desktop did not fetch the request. Its next sign-in makes the run due.
    NotActive,
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
