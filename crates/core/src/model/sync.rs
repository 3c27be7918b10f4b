//! Runs of an import: what one was asked for, how far it is, and what it has done.

pub mod counts;
pub mod reconciliation;

use std::time::Duration;

use jiff::Timestamp;
use strum::{EnumString, IntoStaticStr};

use crate::model::connection::{Company, ConnectionId};
use crate::model::name::{CompanyKey, PartnerId};
use crate::model::platform::PlatformName;
use crate::model::record::{EntityType, RecordKey, Unreadable};
use crate::model::sync::counts::Counts;
use crate::model::sync::reconciliation::Reconciliation;

/// Names a run: `sync_…`; it orders them by time too.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SyncId(String);

impl SyncId {
    /// One that is new, or out of a row.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Reads one from a URL: `sync_` and at most 60 letters, digits, `-` or `_`.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("sync_")?;
        let fits = (1..=60).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        fits.then(|| Self(text.to_owned()))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Which records a run imports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum SyncKind {
    /// Issued checks.
    Sync,
    /// Sales invoices, and open payables as checks to be issued.
    ImportInvoices,
}

impl SyncKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Sync, Self::ImportInvoices];
}

/// How much a run reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Mode {
    /// Everything: it finds what was deleted, and its reconciliation is of all records.
    Full,
    /// What changed.
    Incremental,
}

/// What began a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Trigger {
    /// A request of the partner.
    Api,
    /// The connection's schedule.
    Schedule,
    /// The command line.
    Command,
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum SyncStatus {
    /// It waits for another run of its connection, or for a worker.
    Queued,
    /// It is under way.
    Running,
    /// It waits for a limit of the platform.
    Waiting,
    /// It has read everything.
    Completed,
    /// It ended before that.
    Failed,
    /// Somebody ended it.
    Canceled,
}

impl SyncStatus {
    /// Whether nothing more happens.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Canceled)
    }
}

/// Why a run failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum SyncFailure {
    /// The customer must consent again.
    ReauthorizationRequired,
    /// The platform gives this company no more.
    CompanyGone,
    /// A scope or a permission is missing.
    AccessDenied,
    /// The platform failed again and again.
    PlatformUnavailable,
    /// A daily limit of the platform was reached again and again.
    DailyLimit,
    /// Too many records could not be read.
    TooManyErrors,
    /// The connection was disconnected, or switched to another company.
    Disconnected,
}

/// What counts as a check at a platform that has no such type (Xero).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum CheckRule {
    /// A reference that looks like a check's number: 1 to 12 digits, alone or behind a word for check.
    #[default]
    NumberLike,
    /// Every spend.
    AllSpend,
    /// A reference that begins so.
    Prefix(String),
}

/// What a run is to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Which records.
    pub kind: SyncKind,
    /// From when on, by the platform's clock; a platform reads at least what changed since. `None` reads all.
    pub since: Option<Timestamp>,
    /// What counts as a check, where the platform does not say it.
    pub check_rule: CheckRule,
    /// Whether records keep the platform's own JSON.
    pub keeps_source: bool,
}

/// A place in a platform's books: its own JSON, of at most 4 KB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub String);

/// A run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncRun {
    /// Which.
    pub id: SyncId,
    /// Of which connection.
    pub connection: ConnectionId,
    /// Of which company of it.
    pub company: Company,
    /// That company's name.
    pub company_name: String,
    /// What it reads.
    pub scope: Scope,
    /// What began it.
    pub trigger: Trigger,
    /// Whether it writes no record.
    pub is_dry: bool,
    /// The run over several connections that it is a part of.
    pub parent: Option<SyncId>,
    /// How it stands.
    pub status: SyncStatus,
    /// Why it failed.
    pub failure: Option<SyncFailure>,
    /// Where it goes on; `None` before its first page.
    pub cursor: Option<Cursor>,
    /// What it has done.
    pub counts: Counts,
    /// Some of the records that could not be read, at most [`ERROR_SAMPLES_MOST`].
    pub error_samples: Vec<ErrorSample>,
    /// How many pages it has read.
    pub pages: u32,
    /// How many records the platform says that there are, where it says so.
    pub records_total: Option<u64>,
    /// How many requests it has made to the platform.
    pub requests: u32,
    /// How many times in a row it got no page.
    pub failures: u32,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When its first page was asked for, by the platform's clock where that is known: the next run reads from here on.
    pub read_from: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// When it goes on, while it waits.
    pub resumes_at: Option<Timestamp>,
    /// How both sides compare, once it has read everything.
    pub reconciliation: Option<Reconciliation>,
}

impl SyncRun {
    /// How much it reads.
    pub fn mode(&self) -> Mode {
        if self.scope.since.is_some() { Mode::Incremental } else { Mode::Full }
    }
}

/// The runs that one request asked of several connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncGroup {
    /// Which: the parent of its runs.
    pub id: SyncId,
    /// Whose.
    pub partner: PartnerId,
    /// Of the connections to which platform.
    pub platform: PlatformName,
    /// What they read.
    pub kind: SyncKind,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// How many runs it has.
    pub count: u32,
    /// The connections that were left out: they need consent. At most a hundred are named.
    pub skipped: Vec<CompanyKey>,
}

/// A record that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorSample {
    /// Which, as far as that could be read.
    pub key: Result<RecordKey, EntityType>,
    /// What could not be read.
    pub reason: Unreadable,
}

/// How many records that could not be read a run names.
pub const ERROR_SAMPLES_MOST: usize = 20;

/// A run with more of these fails, if they are also more than half of what it has read.
pub const ERRORS_MOST: u64 = 1_000;

/// By how much the next run reads from before the last one began: a change may show up late.
pub const OVERLAP: Duration = Duration::from_secs(300);
