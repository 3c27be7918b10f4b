//! A run that this process works on: the records that it has seen, their totals, and the writes under its lease.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::record::{EntityType, RecordKind};
use crate::model::stored_record::StoredRecord;
use crate::model::sync::reconciliation::Totals;
use crate::model::sync::{SyncRun, SyncStatus};
use crate::model::time::later;
use crate::port::store::syncs::{Batch, PageLog, SyncLease};
use crate::port::store::{StoreError, Written};
use crate::{App, Error};

use crate::service::optimistic::Tries;
use crate::service::sync::batches::batches;
use crate::service::sync::marks::{Mark, Marks};
use crate::service::sync::page::Changed;
use crate::service::sync::stored::page_logs;

/// A run, and the lease of this process on it.
pub(crate) struct Run<'a> {
    pub(crate) app: &'a Arc<App>,
    pub(crate) lease: SyncLease,
    pub(crate) sync: SyncRun,
    /// The run as it was when its last complete page was stored.
    pub(crate) checkpoint: SyncRun,
    /// The records that its pages have shown, and that it has read from the table.
    pub(crate) marks: Marks,
    /// The types of the records without an id that could not be read.
    pub(crate) nameless: HashSet<EntityType>,
    /// The totals of the platform's records.
    pub(crate) platform: Totals,
}

/// Why this process stops working on the run.
#[derive(Debug)]
pub(crate) enum RunError {
    /// Another process has the lease, or the run was ended. Nothing more is written.
    LeaseLost,
    /// An error of the table, or of something else that the run needs.
    Other(Error),
}

impl<E: Into<Error>> From<E> for RunError {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

impl<'a> Run<'a> {
    /// Continues a run after its last complete page.
    pub(crate) async fn resume(app: &'a Arc<App>, lease: SyncLease, sync: SyncRun) -> Result<Self, Error> {
        let mut run = Self {
            app,
            lease,
            checkpoint: sync.clone(),
            sync,
            marks: Marks::new(),
            nameless: HashSet::new(),
            platform: Totals::default(),
        };
        run.sync.status = SyncStatus::Running;
        run.sync.resumes_at = None;
        run.sync.failure = None;
        let mut after = 0;
        while after < run.sync.pages {
            for log in page_logs(app, &run.sync, after).await? {
                after = log.page;
                run.add_log(&log);
            }
        }
        Ok(run)
    }

    /// Adds the log of a page to what the run has seen.
    pub(crate) fn add_log(&mut self, log: &PageLog) {
        for (ids, mark) in [(&log.seen, Mark::Seen), (&log.unread, Mark::Unread)] {
            for id in ids {
                self.marks.mark(id, mark);
            }
        }
        self.nameless.extend(&log.nameless);
        self.platform.merge(&log.totals);
    }

    /// Stores records in batches of at most [`BATCH_MOST`]. A dry run stores none.
    pub(crate) async fn store(&mut self, changed: Vec<Changed>) -> Result<(), RunError> {
        if self.sync.is_dry {
            return Ok(());
        }
        for kind in [RecordKind::Check, RecordKind::Invoice] {
            let of_kind: Vec<_> = changed.iter().filter(|changed| changed.id.kind() == kind).collect();
            for part in batches(&of_kind) {
                let at = self.next_change();
                let records: Vec<_> = part.iter().map(|changed| self.row(changed, at)).collect();
                let mut tries = Tries::new(self.app, "records could not be stored");
                loop {
                    tries.next().await?;
                    let batch = Batch { kind, records: &records, at, now: self.app.now() };
                    if held(self.app.syncs.store(&self.lease, &batch).await)? {
                        break;
                    }
                }
                self.lease.last_change = Some(at);
            }
        }
        Ok(())
    }

    /// Stores that a page is complete.
    pub(crate) async fn complete_page(&mut self, log: PageLog) -> Result<(), RunError> {
        let mut tries = Tries::new(self.app, "a page could not be stored");
        loop {
            tries.next().await?;
            if held(self.app.syncs.complete_page(&self.lease, &self.sync, &log, self.app.now()).await)? {
                self.checkpoint = self.sync.clone();
                self.add_log(&log);
                return Ok(());
            }
        }
    }

    /// Extends the lease.
    pub(crate) async fn extend(&self) -> Result<(), RunError> {
        let mut tries = Tries::new(self.app, "a lease could not be extended");
        loop {
            tries.next().await?;
            if held(self.app.syncs.extend(&self.lease, self.app.now()).await)? {
                return Ok(());
            }
        }
    }

    /// Stores that the run is due again at that time, and returns the lease.
    pub(crate) async fn release(&self, due_at: Timestamp) -> Result<(), RunError> {
        let mut tries = Tries::new(self.app, "a lease could not be returned");
        loop {
            tries.next().await?;
            if held(self.app.syncs.rest(&self.lease, &self.sync, due_at).await)? {
                return Ok(());
            }
        }
    }

    /// A time for the next change that is later than those of all changes before, also of changes by a process whose clock is ahead.
    fn next_change(&self) -> Timestamp {
        let now = Timestamp::from_millisecond(self.app.now().as_millisecond()).unwrap_or(Timestamp::MAX);
        self.lease.last_change.map_or(now, |last| now.max(later(last, Duration::from_millis(1))))
    }

    fn row(&self, changed: &Changed, at: Timestamp) -> StoredRecord {
        let Changed { id, stored, record, outcome, earlier } = changed;
        StoredRecord {
            id: *id,
            connection: self.sync.connection.clone(),
            platform: self.sync.company.platform,
            company_id: self.sync.company.company_id.clone(),
            record: record.as_ref().clone(),
            imported_at: stored.as_ref().map_or(at, |stored| stored.imported_at),
            updated_at: at,
            sync: self.sync.id.clone(),
            outcome: *outcome,
            page: self.sync.pages + 1,
            earlier: earlier.clone(),
        }
    }
}

/// Whether a write under the lease succeeded. `false` if it conflicted with another write, so that it must be tried again.
pub(crate) fn held(written: Result<Written, StoreError>) -> Result<bool, RunError> {
    match written {
        Ok(Written::Stored) => Ok(true),
        Ok(Written::Overtaken) => Err(RunError::LeaseLost),
        Err(StoreError::Busy(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
