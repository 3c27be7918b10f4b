//! The counts of a run.

use crate::model::record::RecordKind;

/// How many records a run stored, changed and could not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Counts of checks.
    pub checks: Tally,
    /// Counts of invoices.
    pub invoices: Tally,
    /// Records that could not be read.
    pub errors: u64,
    /// Records that the platform sent. Each counts once, even if it was on several pages.
    pub seen: u64,
}

/// The counts of one kind of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Records that were stored for the first time.
    pub imported: u64,
    /// Records that were changed, including voided and deleted ones.
    pub updated: u64,
    /// Changed records that became void.
    pub voided: u64,
    /// Changed records that became deleted.
    pub deleted: u64,
    /// Records that had not changed.
    pub unchanged: u64,
}

/// What a run did with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum RecordOutcome {
    /// It stored the record for the first time.
    Imported,
    /// It changed the record.
    Updated,
    /// It changed the record to void.
    Voided,
    /// It changed the record to deleted.
    Deleted,
    /// It found the record unchanged.
    Unchanged,
}

impl Counts {
    /// The counts of one kind of record.
    pub fn of(&mut self, kind: RecordKind) -> &mut Tally {
        match kind {
            RecordKind::Check => &mut self.checks,
            RecordKind::Invoice => &mut self.invoices,
        }
    }
}

impl Tally {
    /// Counts one record.
    pub fn count(&mut self, outcome: RecordOutcome) {
        self.numbers_of(outcome).into_iter().for_each(|number| *number += 1);
    }

    /// Removes one record that was counted.
    pub fn uncount(&mut self, outcome: RecordOutcome) {
        self.numbers_of(outcome).into_iter().for_each(|number| *number = number.saturating_sub(1));
    }

    fn numbers_of(&mut self, outcome: RecordOutcome) -> Vec<&mut u64> {
        match outcome {
            RecordOutcome::Imported => vec![&mut self.imported],
            RecordOutcome::Updated => vec![&mut self.updated],
            RecordOutcome::Voided => vec![&mut self.updated, &mut self.voided],
            RecordOutcome::Deleted => vec![&mut self.updated, &mut self.deleted],
            RecordOutcome::Unchanged => vec![&mut self.unchanged],
        }
    }
}
