//! A tally as an attribute of a run and of its event.

use counterfoil_core::model::sync::counts::Tally;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct TallyRow {
    imported: u64,
    updated: u64,
    voided: u64,
    deleted: u64,
    unchanged: u64,
}

impl From<Tally> for TallyRow {
    fn from(Tally { imported, updated, voided, deleted, unchanged }: Tally) -> Self {
        Self { imported, updated, voided, deleted, unchanged }
    }
}

impl From<TallyRow> for Tally {
    fn from(TallyRow { imported, updated, voided, deleted, unchanged }: TallyRow) -> Self {
        Self { imported, updated, voided, deleted, unchanged }
    }
}
