//! Deleted transactions, and `TxnDeletedQuery`.

use super::CompanyFile;
use super::filter::TimeRange;
use super::status::Status;
use super::txn::{self, Kind, Txn};
use super::writer::Writer;
use crate::xml::Element;

/// A transaction that was deleted.
#[derive(Clone, Debug)]
pub(super) struct Deleted {
    kind: Kind,
    pub(super) txn_id: String,
    created: i64,
    at: i64,
    ref_number: Option<String>,
}

impl Deleted {
    /// A check that was deleted at this time.
    pub(super) fn of(check: &Txn, deleted: i64) -> Self {
        let (txn_id, ref_number) = (check.id.clone(), check.ref_number.clone());
        Self { kind: Kind::Check, txn_id, created: check.created, at: deleted, ref_number }
    }
}

/// Two checks and a bill that were deleted in the last month of the books.
pub(super) fn at_first(until: i64) -> Vec<Deleted> {
    let day = 86_400;
    let some = [(Kind::Check, 30, 20, "880"), (Kind::Check, 12, 3, "881"), (Kind::Bill, 9, 8, "B-77")];
    let deleted = |(kind, created, deleted, number): (Kind, i64, i64, &str)| {
        let created = until - created * day;
        Deleted {
            kind,
            txn_id: txn::id(kind, 0xF_0000_0000, created),
            created,
            at: until - deleted * day,
            ref_number: Some(number.to_owned()),
        }
    };
    some.into_iter().map(deleted).collect()
}

impl CompanyFile {
    /// Answers `TxnDeletedQuery`.
    pub(super) fn deleted(&self, request: &Element, wanted: &[&str]) -> (Status, Vec<String>) {
        let kinds: Vec<_> = request.children_named("TxnDelType").map(|kind| kind.text.as_str()).collect();
        let range =
            request.child("DeletedDateRangeFilter").map(|range| TimeRange::read(range, "FromDeletedDate", "ToDeletedDate"));
        let state = self.state();
        let matching = state
            .deleted
            .iter()
            .filter(|deleted| kinds.contains(&deleted.kind.name()) && range.as_ref().is_none_or(|range| range.has(deleted.at)));
        let records: Vec<_> = matching.map(|deleted| deleted.record(wanted)).collect();
        (if records.is_empty() { Status::none_found() } else { Status::ok() }, records)
    }
}

impl Deleted {
    fn record(&self, wanted: &[&str]) -> String {
        let mut out = Writer::of(wanted);
        out.leaf("TxnDelType", self.kind.name());
        out.leaf("TxnID", &self.txn_id);
        out.time("TimeCreated", self.created);
        out.time("TimeDeleted", self.at);
        out.leaf_if("RefNumber", self.ref_number.as_ref());
        out.into_text()
    }
}
