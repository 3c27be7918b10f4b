//! Compares the totals of the platform's records with those of the stored records. A full run first marks the records as deleted
//! that the platform no longer has.

use std::time::Duration;

use jiff::Timestamp;

use crate::Error;
use crate::model::record::{EntityType, RecordKind};
use crate::model::stored_record::{RecordId, StoredRecord};
use crate::model::sync::reconciliation::{Covers, Reconciliation, Totals};
use crate::model::sync::{Mode, SyncKind};
use crate::model::time::later;

use crate::service::sync::books::Books;
use crate::service::sync::compare::{Comparison, RunPage, absent};
use crate::service::sync::marks::Mark;
use crate::service::sync::page::Changed;
use crate::service::sync::run::{Run, RunError};
use crate::service::sync::stored::page_logs;

/// How many records are compared at once.
const COMPARED_AT_ONCE: usize = 1_000;
/// How many blocks of changes are read at once: about as many records.
const BLOCKS_AT_ONCE: u32 = 10;
/// The time that is kept for storing the end of the run.
const ENDING_TIME: Duration = Duration::from_secs(4);

impl Run<'_> {
    /// The totals of both sides. `None` if the time is over first.
    pub(crate) async fn reconcile(&mut self, ends_at: Duration) -> Result<Option<Reconciliation>, RunError> {
        let until = ends_at.saturating_sub(ENDING_TIME);
        let before = self.sync.counts;
        let (covers, stored) = match self.sync.mode() {
            Mode::Full => (Covers::All, self.all_stored(until).await?),
            Mode::Incremental => (Covers::Changed, self.changed_stored(until).await?),
        };
        if stored.is_none() {
            // The next try starts again, and counts again.
            self.sync.counts = before;
        }
        Ok(stored.map(|stored| Reconciliation { covers, platform: self.platform.clone(), stored }.bounded()))
    }

    /// Adds up all stored records of the company, and marks those as deleted that the run has not seen.
    async fn all_stored(&mut self, until: Duration) -> Result<Option<Totals>, RunError> {
        let books = Books::of(self.app, &self.sync.connection, &self.sync.company).await?;
        let accounting = books.accounting().ok_or_else(|| Error::Internal("a run of a platform without books".to_owned()))?;
        let types = accounting.entity_types(self.sync.options.kind);
        let mut stored = Totals::default();
        for kind in kinds(self.sync.options.kind) {
            let mut from = Timestamp::UNIX_EPOCH;
            loop {
                let blocks = self.app.records.changes(&self.sync.connection, *kind, from, BLOCKS_AT_ONCE).await?;
                let Some(last) = blocks.last() else { break };
                from = later(last.at, Duration::from_millis(1));
                // A record is in the block of each of its changes, and compared once.
                let ids = blocks.into_iter().flat_map(|block| block.ids);
                let ids: Vec<_> = ids.filter(|id| self.marks.mark(id, Mark::Compared)).collect();
                for part in ids.chunks(COMPARED_AT_ONCE) {
                    self.add_or_delete(part, types, &mut stored).await?;
                }
                if !self.has_time(until).await? {
                    return Ok(None);
                }
            }
        }
        Ok(Some(stored))
    }

    async fn add_or_delete(&mut self, ids: &[RecordId], types: &[EntityType], stored: &mut Totals) -> Result<(), RunError> {
        let sync = self.sync.id.clone();
        let run_page = RunPage { sync: &sync, page: self.sync.pages + 1 };
        let mut deleted = Vec::new();
        for record in self.stored(ids).await?.into_iter().flatten() {
            if !self.is_of_run(&record, types) {
                continue;
            }
            if self.marks.has(&record.id, Mark::Seen) {
                stored.add(&record.record.body, 1);
            } else if self.marks.has(&record.id, Mark::Unread) {
                // It is on neither side.
            } else if self.nameless.contains(&record.record.key.entity_type) {
                // It may be the record whose id could not be read, or one that the platform no longer has. The run cannot say that both
                // sides are equal.
                stored.add(&record.record.body, 1);
            } else {
                match absent(&record, run_page) {
                    Comparison::Store(shown, outcome) => {
                        self.sync.counts.of(record.id.kind()).count(outcome);
                        deleted.push(Changed { id: record.id, stored: Some(record), record: shown, outcome, earlier: None });
                    }
                    Comparison::Keep(outcome) => self.sync.counts.of(record.id.kind()).count(outcome),
                    Comparison::Pass => {}
                }
            }
        }
        self.store(deleted).await
    }

    /// Adds up the stored form of the records that the run has seen.
    async fn changed_stored(&mut self, until: Duration) -> Result<Option<Totals>, RunError> {
        let mut stored = Totals::default();
        let mut after = 0;
        while after < self.sync.pages {
            let logs = page_logs(self.app, &self.sync, after).await?;
            after = logs.last().map_or(self.sync.pages, |log| log.page);
            let seen: Vec<_> = logs.into_iter().flat_map(|log| log.seen).collect();
            for part in seen.chunks(COMPARED_AT_ONCE) {
                for record in self.stored(part).await?.into_iter().flatten() {
                    stored.add(&record.record.body, 1);
                }
            }
            if !self.has_time(until).await? {
                return Ok(None);
            }
        }
        Ok(Some(stored))
    }

    /// Whether there is time left. Extends the lease, because no write extends it while records are only read.
    async fn has_time(&self, until: Duration) -> Result<bool, RunError> {
        self.extend().await?;
        Ok(self.app.clock.elapsed() < until)
    }

    fn is_of_run(&self, record: &StoredRecord, types: &[EntityType]) -> bool {
        let company = &self.sync.company;
        record.platform == company.platform
            && record.company_id == company.company_id
            && types.contains(&record.record.key.entity_type)
            // What the run could not read stays as it is, and is on neither side.
            && !self.sync.left_out.contains(&record.record.key.entity_type)
    }
}

/// The kinds of records that a kind of run stores.
fn kinds(kind: SyncKind) -> &'static [RecordKind] {
    match kind {
        SyncKind::Sync => &[RecordKind::Check],
        SyncKind::ImportInvoices => &[RecordKind::Check, RecordKind::Invoice],
    }
}
