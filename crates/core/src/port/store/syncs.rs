//! Runs, and the records that they store. A connection has one active run at a time. The process that works on it has a lease, and
//! every write is conditional on the number of that lease.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::connection::{Company, ConnectionId};
use crate::model::event::Event;
use crate::model::lease::LeaseId;
use crate::model::name::PartnerId;
use crate::model::record::{EntityType, RecordKind};
use crate::model::stored_record::{RecordId, StoredRecord};
use crate::model::sync::notified::Notified;
use crate::model::sync::reconciliation::Totals;
use crate::model::sync::settings::{CheckRule, SyncSettings};
use crate::model::sync::{SyncFailure, SyncGroup, SyncId, SyncKind, SyncRun, SyncStatus};
use crate::model::time::earlier;
use crate::port::accounting::Limits;
use crate::port::store::connections::DueEntry;
use crate::port::store::{StoreError, Written};

/// Stores runs, and the records that they import.
#[async_trait]
pub trait SyncStore: Send + Sync {
    /// The state that a connection's runs share, strongly consistent. A connection without runs has the default.
    async fn state(&self, connection: &ConnectionId) -> Result<SyncState, StoreError>;

    /// The states of several connections, at most a hundred, in their order. `None` if a state cannot be read.
    async fn states(&self, connections: &[ConnectionId]) -> Result<Vec<Option<SyncState>>, StoreError>;

    /// Stores the settings and [`SyncState::notified`] in a state that was read. `Overtaken` if the state is no longer as it was read.
    /// If no run is active, the connection is due at the first time of its schedule after `after`, or when the notified runs are due.
    async fn configure(&self, connection: &ConnectionId, state: &SyncState, after: Timestamp) -> Result<Written, StoreError>;

    /// Stores a new run, and the state in which it is active or queued. `Overtaken` if the state is no longer as it was read.
    async fn begin(&self, sync: &SyncRun, state: &SyncState) -> Result<Written, StoreError>;

    /// One run, strongly consistent.
    async fn sync(&self, partner: &PartnerId, id: &SyncId) -> Result<Option<SyncRun>, StoreError>;

    /// A partner's runs, newest first, from the one after `after`: at most `most`. The list may lag by moments.
    async fn syncs(&self, partner: &PartnerId, after: Option<&SyncId>, most: u32) -> Result<Vec<SyncRun>, StoreError>;

    /// Takes the lease on the connection's active run, with the next number. `None` if there is no active run, if another lease has
    /// not expired, or if the run waits.
    async fn take(&self, connection: &ConnectionId, request: &LeaseRequest) -> Result<Option<SyncLease>, StoreError>;

    /// Stores records, at most [`BATCH_MOST`], with their block of changes and the mark that acknowledges the block before: all or
    /// nothing, and only if the lease holds. The same batch again is stored once. It extends the lease.
    async fn store(&self, lease: &SyncLease, batch: &Batch<'_>) -> Result<Written, StoreError>;

    /// Stores that a page is complete, if the lease holds: the run as it is now, the log of the page, and the mark. It extends the
    /// lease.
    async fn complete_page(
        &self,
        lease: &SyncLease,
        sync: &SyncRun,
        log: &PageLog,
        now: Timestamp,
    ) -> Result<Written, StoreError>;

    /// Extends the lease, if it holds.
    async fn extend(&self, lease: &SyncLease, now: Timestamp) -> Result<Written, StoreError>;

    /// The logs of a run's pages, in order, from the page after `after`: at most `most`.
    async fn pages(&self, partner: &PartnerId, id: &SyncId, after: u32, most: u32) -> Result<Vec<PageLog>, StoreError>;

    /// Stores a run that pauses, and returns the lease, if it holds. The connection is due at `due_at`.
    async fn rest(&self, lease: &SyncLease, sync: &SyncRun, due_at: Timestamp) -> Result<Written, StoreError>;

    /// Makes a connection due whose active run rests. `Overtaken` if it has none, or is due.
    async fn make_due(&self, connection: &ConnectionId, now: Timestamp) -> Result<Written, StoreError>;

    /// Stores the end of a run and its event, all or nothing, if the lease holds. The queued run becomes active, and is due at
    /// once. Without one, the connection is due at the next time of its schedule, or when the notified runs are due. `Busy` if the
    /// state was changed at the same time.
    async fn finish(&self, lease: &SyncLease, finish: &Finish<'_>) -> Result<Written, StoreError>;

    /// Stores the end of active or queued runs, and the state without them, all or nothing. `Overtaken` if the state is no longer
    /// as it was read. It ends the lease on the active run: the process that has it stores nothing more. If no run is left, the
    /// connection is due at the next time of its schedule, or when the notified runs are due.
    async fn stop(
        &self,
        connection: &ConnectionId,
        state: &SyncState,
        stopped: &[StoppedRun],
        now: Timestamp,
    ) -> Result<Written, StoreError>;

    /// Stores a group of runs, or adds runs to it: at most 90 at once. They may be stored already.
    async fn store_group(&self, group: &SyncGroup, parts: &[SyncId]) -> Result<(), StoreError>;

    /// A group of runs, strongly consistent.
    async fn group(&self, partner: &PartnerId, id: &SyncId) -> Result<Option<SyncGroup>, StoreError>;

    /// The runs of a group, newest first, from the one after `after`, strongly consistent.
    async fn parts(
        &self,
        partner: &PartnerId,
        group: &SyncId,
        after: Option<&SyncId>,
        most: u32,
    ) -> Result<Vec<SyncId>, StoreError>;

    /// The connections of one of the [`super::DUE_SHARDS`] shards that have a run that is due, the longest overdue first: at most
    /// `most`. The list may lag by moments.
    async fn due(&self, shard: u8, now: Timestamp, most: u32) -> Result<Vec<DueEntry>, StoreError>;

    /// Counts a request to a platform against its limits for the company and the app, over all processes. `by` is the connection
    /// whose run sends it, one at a time. If a limit is reached, or requests are held back, returns how long to wait; the counts of
    /// the minutes may then include this request, and the day's count does not.
    async fn reserve(
        &self,
        by: &ConnectionId,
        company: &Company,
        limits: Limits,
        now: Timestamp,
    ) -> Result<Option<Duration>, StoreError>;

    /// Holds requests to a platform back until that time, over all processes. A later end stays.
    async fn hold(&self, company: &Company, held: Held, until: Timestamp) -> Result<(), StoreError>;
}

/// Which requests are held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// Those for the company.
    Company,
    /// Those of the company's app, for all companies. They are held back if the platform has a limit for an app.
    App,
}

/// The most records of one batch. One transaction stores them, the state and their block of changes.
pub const BATCH_MOST: usize = 98;

/// The state that a connection's runs share.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncState {
    /// The version, raised by each change.
    pub version: u64,
    /// The run that a process works on, or that a worker is to take up.
    pub active: Option<(SyncKind, SyncId)>,
    /// The run of the other kind that follows it.
    pub queued: Option<(SyncKind, SyncId)>,
    /// What each kind of run knows from earlier runs, in the order of [`SyncKind::ALL`].
    pub baselines: [Baseline; 2],
    /// How the last run of each kind ended, in the order of [`SyncKind::ALL`]. A dry run does not count, nor one that was stopped.
    pub last: [Option<LastRun>; 2],
    /// The settings. Only [`SyncStore::configure`] stores them.
    pub settings: SyncSettings,
    /// The runs that notifications of the platform ask for. Only [`SyncStore::configure`] and [`SyncStore::begin`] store them.
    pub notified: Notified,
    /// When the connection is due: for its active run, or else by its schedule or for its notified runs, whichever is first. Only
    /// read: no write stores this field.
    pub due_at: Option<Timestamp>,
    /// The latest `updated_at` of a record that is known to be stored. Only read: no write stores this field.
    pub records_updated_at: Option<Timestamp>,
    /// The epoch of the connection's last purge: no run begins with a grant of before. No write takes it from here.
    pub purge_epoch: Option<u64>,
}

impl SyncState {
    /// The time until which every time of the schedule has begun its runs, or was skipped, while no run is active.
    pub fn scheduled_until(&self, now: Timestamp) -> Timestamp {
        let before = |due_at| earlier(due_at, Duration::from_millis(1));
        self.due_at.map_or(now, |due_at| before(due_at).min(now))
    }
}

/// What a kind of run knows from earlier runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Baseline {
    /// The company that they read.
    pub company_id: Option<String>,
    /// The time from which on the next run reads changes.
    pub read_from: Option<Timestamp>,
    /// When the last full run was requested.
    pub full_at: Option<Timestamp>,
    /// Their rule for checks.
    pub check_rule: CheckRule,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastRun {
    /// When it ended.
    pub at: Timestamp,
    /// Why it failed.
    pub failure: Option<SyncFailure>,
    /// Whether its reconciliation found a difference between the platform's records and the stored ones.
    pub is_mismatched: bool,
}

/// An attempt to take a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseRequest {
    /// The id of the lease. A repetition with the same id gets the same lease.
    pub id: LeaseId,
    /// Now.
    pub at: Timestamp,
    /// How long the lease lasts after its last write.
    pub life: Duration,
}

/// The right of one process to work on a connection's run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncLease {
    /// The connection.
    pub connection: ConnectionId,
    /// The run.
    pub sync: SyncId,
    /// The number of the lease, raised by each lease of the connection.
    pub number: u64,
    /// How long it lasts after its last write.
    pub life: Duration,
    /// The `updated_at` of the connection's last block of changes, whichever run wrote it.
    pub last_change: Option<Timestamp>,
    /// The last change that the connection's last purge covers: data up to this change counts as removed.
    pub purged_until: Option<Timestamp>,
}

/// Records to store in one transaction.
#[derive(Debug)]
pub struct Batch<'a> {
    /// Their kind: a block of changes has records of one kind.
    pub kind: RecordKind,
    /// The records. Each has `at` as its `updated_at`.
    pub records: &'a [StoredRecord],
    /// The time of the block, later than that of every block before.
    pub at: Timestamp,
    /// The time of the write.
    pub now: Timestamp,
}

/// The log of a page: the state that the run keeps for this page. All logs together are what the run has done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageLog {
    /// The number of the page in the run, from 1.
    pub page: u32,
    /// The records that no earlier page of the run contained.
    pub seen: Vec<RecordId>,
    /// The records that the page contained and that could not be read.
    pub unread: Vec<RecordId>,
    /// The types of records without an id that could not be read. The run deletes no stored record of these types.
    pub nameless: Vec<EntityType>,
    /// The change to the totals of the platform's records.
    pub totals: Totals,
}

/// The end of a run.
#[derive(Debug)]
pub struct Finish<'a> {
    /// The run as it ended.
    pub sync: &'a SyncRun,
    /// What its kind of run knows from now on. `None` leaves that as it is.
    pub baseline: Option<Baseline>,
    /// The event for the partner. A dry or canceled run has none.
    pub event: Option<Event>,
    /// Now.
    pub now: Timestamp,
}

/// The end of a run by a process without its lease: by a disconnect, or by a cancellation.
#[derive(Debug, Clone)]
pub struct StoppedRun {
    /// The run.
    pub sync: SyncId,
    /// [`SyncStatus::Canceled`] or [`SyncStatus::Failed`].
    pub status: SyncStatus,
    /// Why it failed.
    pub failure: Option<SyncFailure>,
    /// The event for the partner.
    pub event: Option<Event>,
}
