//! What a run has done, in numbers.

use crate::model::record::RecordKind;

/// The numbers of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Of checks.
    pub checks: Tally,
    /// Of invoices.
    pub invoices: Tally,
    /// How many records could not be read.
    pub errors: u64,
    /// How many records the platform gave, each counted once.
    pub seen: u64,
}

/// The numbers of one kind of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Stored for the first time.
    pub imported: u64,
    /// Changed, the void and the deleted ones among them.
    pub updated: u64,
    /// Of these, how many became void.
    pub voided: u64,
    /// Of these, how many were deleted.
    pub deleted: u64,
    /// As they were.
    pub unchanged: u64,
}

/// What a run did with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Deed {
    /// Stored it for the first time.
    Imported,
    /// Changed it.
    Updated,
    /// Changed it to void.
    Voided,
    /// Changed it to deleted.
    Deleted,
    /// Left it as it was.
    Unchanged,
}

impl Counts {
    /// The numbers of one kind.
    pub fn of(&mut self, kind: RecordKind) -> &mut Tally {
        match kind {
            RecordKind::Check => &mut self.checks,
            RecordKind::Invoice => &mut self.invoices,
        }
    }
}

impl Tally {
    /// Counts one.
    pub fn count(&mut self, deed: Deed) {
        self.numbers_of(deed).into_iter().for_each(|number| *number += 1);
    }

    /// Takes one back that was counted.
    pub fn uncount(&mut self, deed: Deed) {
        self.numbers_of(deed).into_iter().for_each(|number| *number = number.saturating_sub(1));
    }

    fn numbers_of(&mut self, deed: Deed) -> Vec<&mut u64> {
        match deed {
            Deed::Imported => vec![&mut self.imported],
            Deed::Updated => vec![&mut self.updated],
            Deed::Voided => vec![&mut self.updated, &mut self.voided],
            Deed::Deleted => vec![&mut self.updated, &mut self.deleted],
            Deed::Unchanged => vec![&mut self.unchanged],
        }
    }
}
