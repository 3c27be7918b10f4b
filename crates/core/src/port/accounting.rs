//! What is asked of a platform's books: pages of records. A platform says where a run begins, and from each place what is there
//! and where to go on.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::connection::Company;
use crate::model::record::{EntityType, Record, RecordKey, Unreadable};
use crate::model::secret::Secret;
use crate::model::sync::{Cursor, Scope, SyncKind};

/// The books of a platform.
#[async_trait]
pub trait Accounting: Send + Sync {
    /// What it takes of requests.
    fn limits(&self) -> Limits;

    /// The types of the records of a kind of run. A full run has read every record of these, and whatever is stored of them and
    /// was not read is deleted.
    fn entity_types(&self, kind: SyncKind) -> &'static [EntityType];

    /// Whether an incremental run finds deleted records. Where not, only a full run does.
    fn tells_deleted(&self) -> bool;

    /// Where a run begins.
    fn first(&self, scope: &Scope) -> Cursor;

    /// The page at a place, within one request where that can be.
    ///
    /// # Errors
    /// What the answer means for the run.
    async fn page(&self, ask: Ask<'_>) -> Result<Page, ReadFailure>;
}

/// A request for a page.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// A valid access token.
    pub access_token: &'a Secret,
    /// The company, as the connection has it.
    pub company: &'a Company,
    /// What the run reads.
    pub scope: &'a Scope,
    /// Where it is: from [`Accounting::first`], or from the page before.
    pub cursor: &'a Cursor,
    /// How long all requests of it may take.
    pub time: Duration,
}

/// A page.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// What is on it.
    pub entries: Vec<Entry>,
    /// Where to go on; `None` after the last one.
    pub next: Option<Cursor>,
    /// How many requests it took.
    pub requests: u32,
    /// How many records the platform says that there are in all, where it says so.
    pub total: Option<u64>,
    /// When it was, by the platform's clock, where it says so.
    pub as_of: Option<Timestamp>,
    /// How many requests the platform says that are left until its limit resets, where it says so.
    pub left: Option<RequestsLeft>,
}

/// How many requests are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestsLeft {
    /// So many.
    pub requests: u64,
    /// Until then there are no more.
    pub resets_in: Duration,
}

/// One thing on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A record.
    Record(Box<Record>),
    /// Something that is deleted there, or is no check or invoice: whatever is stored of it is deleted.
    Absent(RecordKey),
    /// A record that could not be read.
    Unreadable {
        /// Its type.
        entity_type: EntityType,
        /// Its id, where that could be read: what is stored of it stays as it is.
        external_id: Option<String>,
        /// What could not be read.
        reason: Unreadable,
    },
}

/// What a platform takes of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For one company in a minute, over everybody.
    pub company_per_minute: u32,
    /// For one company in a day (UTC), where it has such a limit.
    pub company_per_day: Option<u32>,
    /// For one app over all companies in a minute, where it has such a limit.
    pub app_per_minute: Option<u32>,
}

/// Why there is no page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadFailure {
    /// The token is not taken: a refreshed one may be.
    Unauthorized,
    /// The company is not connected (any more).
    CompanyGone,
    /// A scope or a permission is missing.
    AccessDenied,
    /// Too many requests.
    Limited {
        /// How long to wait.
        retry_after: Duration,
        /// Whether a daily limit is reached.
        is_daily: bool,
    },
    /// No answer, a fault, or one that could not be read: another try may help.
    Unavailable {
        /// How long the platform asks to wait.
        retry_after: Option<Duration>,
    },
    /// The platform says that the request is wrong: a fault of ours.
    Rejected {
        /// Its code or status, for the log.
        code: String,
    },
}
