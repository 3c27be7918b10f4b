//! Runs of imports, and what they write. A connection has one run under way at a time; the process that works on it has its lease, and
//! every write names the lease's number.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::model::connection::{Company, ConnectionId};
use crate::model::event::Event;
use crate::model::name::PartnerId;
use crate::model::record::{EntityType, RecordKind};
use crate::model::stored_record::{RecordId, StoredRecord};
use crate::model::sync::reconciliation::Totals;
use crate::model::sync::settings::{CheckRule, SyncSettings};
use crate::model::sync::{SyncFailure, SyncGroup, SyncId, SyncKind, SyncRun, SyncStatus};
use crate::port::accounting::Limits;
use crate::port::store::connections::DueEntry;
use crate::port::store::{StoreError, Written};

/// Runs and their writes.
#[async_trait]
pub trait SyncStore: Send + Sync {
    /// What a connection's runs have in common; strongly consistent. One without runs has the default.
    async fn state(&self, connection: &ConnectionId) -> Result<SyncState, StoreError>;

    /// The same of several connections, at most a hundred; `None` for one whose row cannot be read.
    async fn states(&self, connections: &[ConnectionId]) -> Result<Vec<Option<SyncState>>, StoreError>;

    /// Stores the settings of a state that was read; `Overtaken` where the state is not as it was read. If no run is under way, the
    /// connection is due at the first time of its schedule after `now`.
    async fn configure(&self, connection: &ConnectionId, state: &SyncState, now: Timestamp) -> Result<Written, StoreError>;

    /// Stores a new run and the state in which it is active or queued; `Overtaken` where the state is not as it was read.
    async fn begin(&self, sync: &SyncRun, state: &SyncState) -> Result<Written, StoreError>;

    /// One run, strongly consistent.
    async fn sync(&self, partner: &PartnerId, id: &SyncId) -> Result<Option<SyncRun>, StoreError>;

    /// A partner's runs, newest first, beginning after `after`; the list may lag by moments.
    async fn syncs(&self, partner: &PartnerId, after: Option<&SyncId>, most: u32) -> Result<Vec<SyncRun>, StoreError>;

    /// Takes the lease on the connection's active run: one with the next number, if there is none or it is over, and the run does not
    /// wait.
    async fn take(&self, connection: &ConnectionId, taking: &Taking) -> Result<Option<SyncLease>, StoreError>;

    /// Stores records, at most [`BATCH_MOST`], all or nothing, if the lease still holds: their block of changes, and the mark that
    /// acknowledges the block before. The same batch again is stored once. It extends the lease.
    async fn store(&self, lease: &SyncLease, batch: &Batch<'_>) -> Result<Written, StoreError>;

    /// Stores that a page is done, if the lease still holds: the run as it is now, what the page brought, and the mark. It extends the
    /// lease.
    async fn turn(&self, lease: &SyncLease, sync: &SyncRun, log: &PageLog, now: Timestamp) -> Result<Written, StoreError>;

    /// Extends the lease, if it still holds.
    async fn extend(&self, lease: &SyncLease, now: Timestamp) -> Result<Written, StoreError>;

    /// What the pages of a run brought, in their order, beginning after page `after`.
    async fn pages(&self, partner: &PartnerId, id: &SyncId, after: u32, most: u32) -> Result<Vec<PageLog>, StoreError>;

    /// Stores a run that waits and gives the lease back, if it still holds; the connection is due at `due_at`.
    async fn rest(&self, lease: &SyncLease, sync: &SyncRun, due_at: Timestamp) -> Result<Written, StoreError>;

    /// Stores the end of a run, with its event, all or nothing, if the lease still holds. The queued run is active
    /// and due at once. Without one, the connection is due at the next time of its schedule.
    async fn finish(&self, lease: &SyncLease, finish: &Finish<'_>) -> Result<Written, StoreError>;

    /// Stores the end of runs that were active or queued, and the state without them, all or nothing; `Overtaken` where the state is
    /// not as it was read. The lease ends with it: the process that has it stores nothing more. Without a run, the connection is due
    /// at the next time of its schedule.
    async fn stop(
        &self,
        connection: &ConnectionId,
        state: &SyncState,
        stopped: &[Stopped],
        now: Timestamp,
    ) -> Result<Written, StoreError>;

    /// Stores what one request asked of several connections, and later of more: at most 90 parts at once, each of which may be
    /// stored already.
    async fn store_group(&self, group: &SyncGroup, parts: &[SyncId]) -> Result<(), StoreError>;

    /// What one request asked of several connections, strongly consistent.
    async fn group(&self, partner: &PartnerId, id: &SyncId) -> Result<Option<SyncGroup>, StoreError>;

    /// The runs of a group by their ids, beginning after `after`; strongly consistent.
    async fn parts(
        &self,
        partner: &PartnerId,
        group: &SyncId,
        after: Option<&SyncId>,
        most: u32,
    ) -> Result<Vec<SyncId>, StoreError>;

    /// The connections of one of [`super::DUE_SHARDS`] with a run that is due, longest overdue first; may lag by moments.
    async fn due(&self, shard: u8, now: Timestamp, most: u32) -> Result<Vec<DueEntry>, StoreError>;

    /// Counts requests to a platform against its limits for the company and the app, over all processes. Where one is reached, it
    /// says how long to wait until then; what a minute has counted by then is lost with it, and the day's count stays as it was.
    async fn reserve(
        &self,
        company: &Company,
        limits: Limits,
        requests: u32,
        now: Timestamp,
    ) -> Result<Option<Duration>, StoreError>;
}

/// The most records of one batch: with the state and the block they are one transaction.
pub const BATCH_MOST: usize = 98;

/// What a connection's runs have in common.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncState {
    /// Rises with each change.
    pub version: u64,
    /// The run that is under way, or that a worker is to take up.
    pub active: Option<(SyncKind, SyncId)>,
    /// The run of the other kind that comes after it.
    pub queued: Option<(SyncKind, SyncId)>,
    /// What each kind of run knows from the runs before.
    pub known: [Known; 2],
    /// The settings. Only [`SyncStore::configure`] stores them.
    pub settings: SyncSettings,
    /// The time at which the connection is due: for its run, or without one by its schedule. No write takes it from here.
    pub due_at: Option<Timestamp>,
    /// The latest `updated_at` of a record that is known to be stored. No write takes it from here.
    pub records_updated_at: Option<Timestamp>,
    /// The epoch of the connection's last purge: no run begins with a grant of before. No write takes it from here.
    pub purge_epoch: Option<u64>,
}

/// What a kind of run knows from the runs before, by its place in [`SyncKind::ALL`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// Of which company.
    pub company_id: Option<String>,
    /// From when on the next run reads.
    pub read_from: Option<Timestamp>,
    /// When the last full run was asked for.
    pub full_at: Option<Timestamp>,
    /// The rule for checks of the run before.
    pub check_rule: CheckRule,
}

/// An attempt to take a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taking {
    /// Names the attempt, never used twice: the same again is the same lease.
    pub id: String,
    /// Now.
    pub at: Timestamp,
    /// How long the lease lasts without a write.
    pub life: Duration,
}

/// The right of one process to work on a connection's run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncLease {
    /// Of which connection.
    pub connection: ConnectionId,
    /// The run.
    pub sync: SyncId,
    /// Rises with each lease of the connection.
    pub number: u64,
    /// How long it lasts without a write.
    pub life: Duration,
    /// The `updated_at` of the last block that was written, by whichever run.
    pub last_change: Option<Timestamp>,
    /// The last change that the connection's last purge covers: what is stored of until then counts as removed.
    pub purged_until: Option<Timestamp>,
}

/// Records to be stored at once.
#[derive(Debug)]
pub struct Batch<'a> {
    /// Of one kind: a block of changes is.
    pub kind: RecordKind,
    /// Each with `at` as its `updated_at`.
    pub records: &'a [StoredRecord],
    /// Later than that of every block before.
    pub at: Timestamp,
    /// Now, by the clock.
    pub now: Timestamp,
}

/// What a page brought: the sum of a run's pages is what the run has done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageLog {
    /// Which page of the run, from 1.
    pub page: u32,
    /// The records that it showed for the first time in the run.
    pub seen: Vec<RecordId>,
    /// Those that are stored and could not be read.
    pub unread: Vec<RecordId>,
    /// The types of which it had a record that could not be read and has no id: nothing that is stored of these is deleted.
    pub nameless: Vec<EntityType>,
    /// What came over the wire: the platform's side.
    pub totals: Totals,
}

/// The end of a run.
#[derive(Debug)]
pub struct Finish<'a> {
    /// The run as it ended.
    pub sync: &'a SyncRun,
    /// What its kind of run knows from now on.
    pub known: Option<Known>,
    /// The event for the partner; a dry or a canceled run has none.
    pub event: Option<Event>,
    /// Now.
    pub now: Timestamp,
}

/// The end of a run without its lease: by a disconnect, or by a cancellation.
#[derive(Debug, Clone)]
pub struct Stopped {
    /// Which.
    pub sync: SyncId,
    /// [`SyncStatus::Canceled`] or [`SyncStatus::Failed`].
    pub status: SyncStatus,
    /// Why it failed.
    pub failure: Option<SyncFailure>,
    /// The event for the partner.
    pub event: Option<Event>,
}
