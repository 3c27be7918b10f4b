//! The runs of imports: parameters, progress and results.

pub mod counts;
pub mod notified;
pub mod reconciliation;
pub mod settings;

use std::time::Duration;

use jiff::Timestamp;
use strum::{EnumString, IntoStaticStr};

use crate::model::connection::{Company, ConnectionId};
use crate::model::name::{CompanyKey, PartnerId};
use crate::model::platform::PlatformName;
use crate::model::record::{EntityType, RecordKey, Unreadable};
use crate::model::sync::counts::Counts;
use crate::model::sync::reconciliation::Reconciliation;
use crate::model::sync::settings::CheckRule;

/// The id of a run: `sync_…`. Ids sort by time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SyncId(String);

impl SyncId {
    /// An id that was just made, or that a row has.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Parses an id from a URL: `sync_` and at most 60 letters, digits, `-` or `_`. `None` if it is malformed.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("sync_")?;
        let fits = (1..=60).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        fits.then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which records a run imports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, EnumString, IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum SyncKind {
    /// Issued checks.
    Sync,
    /// Sales invoices, and open payables as checks to be issued.
    ImportInvoices,
}

impl SyncKind {
    /// Both kinds. Arrays are indexed by this order.
    pub const ALL: [Self; 2] = [Self::Sync, Self::ImportInvoices];
}

/// Whether a run reads everything or only changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumString, IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum Mode {
    /// Everything. The run finds deleted records, and its reconciliation covers all records.
    Full,
    /// The records that changed since the last run.
    Incremental,
}

/// What started a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumString, IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum Trigger {
    /// A request of the partner.
    Api,
    /// The connection's schedule.
    Schedule,
    /// The command line.
    Command,
    /// A notification of the platform.
    Platform,
}

/// The status of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumString, IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum SyncStatus {
    /// It waits for another run of its connection, or for a worker.
    Queued,
    /// It is reading.
    Running,
    /// It waits until a limit of the platform resets, or before it repeats a failed request.
    Waiting,
    /// It has ended and has read everything.
    Completed,
    /// It has ended with a failure.
    Failed,
    /// The partner ended it.
    Canceled,
}

impl SyncStatus {
    /// Whether the run has ended.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Canceled)
    }
}

/// Why a run failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumString, IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum SyncFailure {
    /// The customer must consent again.
    ReauthorizationRequired,
    /// The grant no longer reaches the company.
    CompanyGone,
    /// A scope or a permission is missing.
    AccessDenied,
    /// The platform failed in many tries in a row, or rejected a request.
    PlatformUnavailable,
    /// A daily limit of the platform was reached for several days without a page in between.
    DailyLimit,
    /// Too many records could not be read.
    TooManyErrors,
    /// The connection was disconnected, or switched to another company.
    Disconnected,
    /// The Web Connector of QuickBooks Desktop did not fetch a request. A run first waits for it.
    NotActive,
}

impl SyncFailure {
    /// Whether only the customer can remove the cause. Then no alarm is raised.
    pub const fn is_the_customers(self) -> bool {
        matches!(
            self,
            Self::ReauthorizationRequired | Self::CompanyGone | Self::AccessDenied | Self::Disconnected | Self::NotActive
        )
    }

    /// A sentence for people.
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::ReauthorizationRequired => "The customer must consent again.",
            Self::CompanyGone => "The platform no longer gives access to this company.",
            Self::AccessDenied => "A scope or a permission is missing at the platform.",
            Self::PlatformUnavailable => "The platform failed in many tries in a row, or rejected the request.",
            Self::DailyLimit => "The platform's daily limit was reached on several days in a row.",
            Self::TooManyErrors => "More than half of the records could not be read.",
            Self::Disconnected => "The connection was disconnected, or was switched to another company.",
            Self::NotActive => "The QuickBooks Web Connector does not run, or QuickBooks does not answer it.",
        }
    }
}

/// Which records a run reads, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOptions {
    /// Which records.
    pub kind: SyncKind,
    /// The time, by the platform's clock, from which the run reads at least all changes. `None` reads everything.
    pub since: Option<Timestamp>,
    /// Which records count as checks, if the platform has no type for them.
    pub check_rule: CheckRule,
    /// Whether records keep the platform's own JSON.
    pub keeps_source: bool,
}

/// A position in a platform's books: JSON whose form only the platform's reader knows, at most 4 KB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub String);

/// A run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncRun {
    /// The run's id.
    pub id: SyncId,
    /// The connection that it imports from.
    pub connection: ConnectionId,
    /// The connection's epoch when the run was asked for; 0 in a row of an earlier version.
    pub epoch: u64,
    /// The company.
    pub company: Company,
    /// The company's name.
    pub company_name: String,
    /// What the run reads.
    pub options: ReadOptions,
    /// What started the run.
    pub trigger: Trigger,
    /// Whether the run only counts and writes no record.
    pub is_dry: bool,
    /// The import of several connections that it is a part of.
    pub parent: Option<SyncId>,
    /// The status.
    pub status: SyncStatus,
    /// Why it failed, or what it waits for: only [`SyncFailure::NotActive`].
    pub failure: Option<SyncFailure>,
    /// The position of the next page; `None` before the first page.
    pub cursor: Option<Cursor>,
    /// How many records it stored, changed and could not read.
    pub counts: Counts,
    /// Some of the records that could not be read, at most [`ERROR_SAMPLES_MOST`].
    pub error_samples: Vec<ErrorSample>,
    /// The types of records that it left out, because the company's plan or the grant does not include them.
    pub left_out: Vec<EntityType>,
    /// How many pages it has read.
    pub pages: u32,
    /// How many of the records in the platform's lists it has read. 0 while their number is not known.
    pub records_read: u64,
    /// How many records there are in these lists, if the platform says it.
    pub records_total: Option<u64>,
    /// How many requests it has made to the platform.
    pub requests: u32,
    /// How many requests for a page failed in a row.
    pub failures: u32,
    /// When it was requested.
    pub created_at: Timestamp,
    /// When it requested its first page, by the platform's clock if that is known. The next run reads changes from this time.
    pub read_from: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// When it continues, while it waits.
    pub resumes_at: Option<Timestamp>,
    /// The reconciliation, once it has read everything.
    pub reconciliation: Option<Reconciliation>,
}

impl SyncRun {
    /// Whether it reads everything or only changes.
    pub fn mode(&self) -> Mode {
        if self.options.since.is_some() { Mode::Incremental } else { Mode::Full }
    }

    /// The part of the records that it has read, in whole percents from 0 to 100, if the platform says how many there are.
    pub fn percent(&self) -> Option<u64> {
        let total = self.records_total?;
        Some(self.records_read.min(total).saturating_mul(100).checked_div(total).unwrap_or(100))
    }
}

/// An import of several connections by one request. Each connection has a run of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncGroup {
    /// The id, which is the `parent` of its runs.
    pub id: SyncId,
    /// The partner.
    pub partner: PartnerId,
    /// The platform of the connections.
    pub platform: PlatformName,
    /// Which records the runs import.
    pub kind: SyncKind,
    /// When it was requested.
    pub created_at: Timestamp,
    /// The number of its runs.
    pub count: u32,
    /// Connections that were left out, at most a hundred.
    pub skipped: Vec<Skipped>,
}

/// A connection that an import of several connections leaves out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its company key.
    pub company_key: CompanyKey,
    /// The code of the error that an import of it alone answers.
    pub reason: String,
}

/// A record that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorSample {
    /// The key of the record, or only its type if the id could not be read.
    pub key: Result<RecordKey, EntityType>,
    /// What could not be read.
    pub reason: Unreadable,
}

/// The largest number of unreadable records that a run names.
pub const ERROR_SAMPLES_MOST: usize = 20;

/// A run fails if it has more unreadable records than this, and they are more than half of the records that it has read.
pub const ERRORS_MOST: u64 = 1_000;

/// How far before the start of the previous run the next one begins to read, because a change may appear late in a platform's lists.
pub const OVERLAP: Duration = Duration::from_secs(300);
