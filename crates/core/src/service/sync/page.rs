//! Processes one page of a run: stores the records that are new or changed, counts all of them, and stores the run's progress.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::record::{EntityType, Record, RecordKey, RecordKind, Unreadable};
use crate::model::stored_record::{Earlier, RecordId, StoredRecord};
use crate::model::sync::counts::RecordOutcome;
use crate::model::sync::reconciliation::Totals;
use crate::model::sync::{ERROR_SAMPLES_MOST, ErrorSample};
use crate::port::accounting::{Entry, Page, Progress};
use crate::port::store::records::SOURCE_LONGEST;
use crate::port::store::syncs::{BATCH_MOST, PageLog};

use crate::service::sync::compare::{Comparison, RunPage, absent, compare};
use crate::service::sync::marks::Mark;
use crate::service::sync::run::{Run, RunError};

/// How many records are compared at once: they fill ten batches where all of them are new.
const COMPARED_AT_ONCE: usize = 10 * BATCH_MOST;

/// What a page contains about one record. If a page contains it twice, the last entry counts.
enum Shown {
    Record(Box<Record>),
    Absent,
}

impl Run<'_> {
    /// Processes a page that was requested at `asked_at`.
    pub(crate) async fn take_page(&mut self, page: Page, asked_at: Timestamp) -> Result<(), RunError> {
        let mut log = PageLog { page: self.sync.pages + 1, ..PageLog::default() };
        let mut shown = BTreeMap::new();
        for entry in page.entries {
            match entry {
                Entry::Record(mut record) => {
                    record.source = record.source.filter(|source| source.len() <= SOURCE_LONGEST);
                    let id = self.id_of(record.body.kind(), &record.key);
                    shown.insert(id, Shown::Record(record));
                }
                Entry::Absent(key) => {
                    for kind in KINDS {
                        shown.insert(self.id_of(kind, &key), Shown::Absent);
                    }
                }
                Entry::Unreadable { entity_type, external_id, reason } => {
                    self.note_unreadable(&mut log, entity_type, external_id, reason);
                }
            }
        }
        let mut shown: Vec<_> = shown.into_iter().collect();
        while !shown.is_empty() {
            let rest = shown.split_off(shown.len().min(COMPARED_AT_ONCE));
            self.take_records(&mut log, std::mem::replace(&mut shown, rest)).await?;
        }
        if self.sync.pages == 0 {
            // The earlier of our time and the platform's. The next run reads what changes from then on.
            self.sync.read_from = Some(page.as_of.map_or(asked_at, |at| at.min(asked_at)));
        }
        self.sync.left_out.extend(page.left_out.filter(|of| !self.sync.left_out.contains(of)));
        self.sync.pages += 1;
        self.sync.cursor = page.next;
        if let Some(Progress { read, total }) = page.progress {
            (self.sync.records_read, self.sync.records_total) = (read, Some(total));
        }
        self.sync.failures = 0;
        self.complete_page(log).await
    }

    async fn take_records(&mut self, log: &mut PageLog, shown: Vec<(RecordId, Shown)>) -> Result<(), RunError> {
        let ids: Vec<_> = shown.iter().map(|(id, _)| *id).collect();
        let stored = self.stored(&ids).await?;
        let mut changed = Vec::new();
        for ((id, shown), stored) in shown.into_iter().zip(stored) {
            changed.extend(self.take_record(log, id, shown, stored));
        }
        self.store(changed).await
    }

    /// Counts a record: once in a run, in its last form. Returns the record if it must be stored, because it differs from the
    /// stored one.
    fn take_record(&mut self, log: &mut PageLog, id: RecordId, shown: Shown, stored: Option<StoredRecord>) -> Option<Changed> {
        let sync = self.sync.id.clone();
        let run_page = RunPage { sync: &sync, page: log.page };
        let earlier = stored.as_ref().filter(|_| self.marks.has(&id, Mark::Seen)).map(|stored| earlier(stored, run_page));
        let totals = match &shown {
            Shown::Record(record) => Totals::of(&record.body),
            Shown::Absent => Totals::default(),
        };
        let comparison = match (shown, &stored) {
            (Shown::Record(record), stored) => compare(stored.as_ref(), record, run_page),
            (Shown::Absent, Some(stored)) => absent(stored, run_page),
            (Shown::Absent, None) => Comparison::Pass,
        };
        let outcome = match (&comparison, &earlier) {
            (Comparison::Pass, _) => return None,
            // Two pages of a dry run contain it, and the first stored nothing to compare the second with. The first counts.
            _ if self.sync.is_dry && self.marks.has(&id, Mark::Seen) => return None,
            (Comparison::Store(_, outcome), Some(earlier)) => after(earlier.outcome, *outcome),
            (Comparison::Keep(RecordOutcome::Unchanged), Some(earlier)) => earlier.outcome,
            (Comparison::Store(_, outcome) | Comparison::Keep(outcome), _) => *outcome,
        };
        let counts = &mut self.sync.counts;
        if let Some(earlier) = &earlier {
            counts.of(id.kind()).uncount(earlier.outcome);
            log.totals.subtract(&earlier.totals);
        } else {
            counts.seen += 1;
            log.seen.push(id);
        }
        counts.of(id.kind()).count(outcome);
        log.totals.merge(&totals);
        match comparison {
            Comparison::Store(record, _) => Some(Changed { id, stored, record, outcome, earlier }),
            Comparison::Keep(_) | Comparison::Pass => None,
        }
    }

    fn note_unreadable(&mut self, log: &mut PageLog, entity_type: EntityType, external_id: Option<String>, reason: Unreadable) {
        let key = external_id.map(|external_id| RecordKey { entity_type, external_id });
        if let Some(key) = &key {
            let ids = KINDS.map(|kind| self.id_of(kind, key));
            if ids.iter().any(|id| self.marks.has(id, Mark::Unread) || log.unread.contains(id)) {
                return;
            }
            log.unread.extend(ids);
        } else {
            log.nameless.push(entity_type);
        }
        self.sync.counts.errors += 1;
        if self.sync.error_samples.len() < ERROR_SAMPLES_MOST {
            self.sync.error_samples.push(ErrorSample { key: key.ok_or(entity_type), reason });
        }
    }

    pub(crate) fn id_of(&self, kind: RecordKind, key: &RecordKey) -> RecordId {
        let company = &self.sync.company;
        RecordId::of(&self.sync.connection, company.platform, &company.company_id, kind, key)
    }
}

const KINDS: [RecordKind; 2] = [RecordKind::Check, RecordKind::Invoice];

/// What the run had counted for a record before this page.
fn earlier(stored: &StoredRecord, run_page: RunPage<'_>) -> Earlier {
    match &stored.earlier {
        // This same page changed it before the process was killed.
        Some(earlier) if stored.sync == *run_page.sync && stored.page == run_page.page => earlier.clone(),
        _ => {
            let outcome = if stored.sync == *run_page.sync { stored.outcome } else { RecordOutcome::Unchanged };
            Earlier { outcome, totals: Totals::of(&stored.record.body) }
        }
    }
}

/// What a record counts as after two changes in one run.
fn after(earlier: RecordOutcome, outcome: RecordOutcome) -> RecordOutcome {
    if earlier == RecordOutcome::Imported { earlier } else { outcome }
}

/// A record to store.
pub(crate) struct Changed {
    pub(crate) id: RecordId,
    /// The stored record, if there is one.
    pub(crate) stored: Option<StoredRecord>,
    /// The record in its new form.
    pub(crate) record: Box<Record>,
    /// What the change counts as.
    pub(crate) outcome: RecordOutcome,
    /// What the run had counted for it before this page.
    pub(crate) earlier: Option<Earlier>,
}
