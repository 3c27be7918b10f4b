//! What becomes of a record that a page shows, by what is stored of it. Pure: the same page again comes to the same.

use crate::model::record::{Body, CheckStatus, InvoiceStatus, Record};
use crate::model::stored_record::StoredRecord;
use crate::model::sync::SyncId;
use crate::model::sync::counts::Deed;

/// The page of a run that shows records.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Showing<'a> {
    /// The run.
    pub(crate) sync: &'a SyncId,
    /// Which of its pages.
    pub(crate) page: u32,
}

/// What becomes of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// It is stored like this.
    Store(Box<Record>, Deed),
    /// What is stored stays as it is, which counts so.
    Keep(Deed),
    /// It is not stored, and does not count: it was over before it was first seen.
    Pass,
}

/// What becomes of a record that the platform shows.
pub(crate) fn compare(stored: Option<&StoredRecord>, shown: Box<Record>, showing: Showing<'_>) -> Comparison {
    let Some(stored) = stored else {
        return if is_over(&shown.body) { Comparison::Pass } else { Comparison::Store(shown, Deed::Imported) };
    };
    let shown = keeping_the_amount(shown, &stored.record);
    if *shown == stored.record {
        return Comparison::Keep(if is_of(stored, showing) { stored.deed } else { Deed::Unchanged });
    }
    let deed = deed(&stored.record.body, &shown.body);
    // It was stored by this very page, before a kill: it counts once.
    let deed = if is_of(stored, showing) && stored.deed == Deed::Imported { Deed::Imported } else { deed };
    Comparison::Store(shown, deed)
}

/// What becomes of a record that the platform shows no more.
pub(crate) fn absent(stored: &StoredRecord, showing: Showing<'_>) -> Comparison {
    if is_deleted(&stored.record.body) {
        return if is_of(stored, showing) { Comparison::Keep(stored.deed) } else { Comparison::Pass };
    }
    let mut record = Box::new(stored.record.clone());
    match &mut record.body {
        Body::Check(check) => check.status = CheckStatus::Deleted,
        Body::Invoice(invoice) => invoice.status = InvoiceStatus::Deleted,
    }
    Comparison::Store(record, Deed::Deleted)
}

fn is_of(stored: &StoredRecord, showing: Showing<'_>) -> bool {
    stored.sync == *showing.sync && stored.page == showing.page
}

/// A payable that is paid, or a record that is deleted: of use only to a partner who has seen it before.
fn is_over(body: &Body) -> bool {
    matches!(body, Body::Check(check) if check.status == CheckStatus::Closed) || is_deleted(body)
}

fn is_deleted(body: &Body) -> bool {
    match body {
        Body::Check(check) => check.status == CheckStatus::Deleted,
        Body::Invoice(invoice) => invoice.status == InvoiceStatus::Deleted,
    }
}

fn is_void(body: &Body) -> bool {
    match body {
        Body::Check(check) => check.status == CheckStatus::Void,
        Body::Invoice(invoice) => invoice.status == InvoiceStatus::Void,
    }
}

/// A void record has lost its amount at some platforms: it keeps the one that is known.
fn keeping_the_amount(mut shown: Box<Record>, stored: &Record) -> Box<Record> {
    if is_void(&shown.body) {
        match (&mut shown.body, &stored.body) {
            (Body::Check(shown), Body::Check(stored)) if shown.amount.is_zero() => shown.amount = stored.amount,
            (Body::Invoice(shown), Body::Invoice(stored)) if shown.total.is_zero() => shown.total = stored.total,
            _ => {}
        }
    }
    shown
}

fn deed(before: &Body, after: &Body) -> Deed {
    if is_void(after) && !is_void(before) {
        Deed::Voided
    } else if is_deleted(after) && !is_deleted(before) {
        Deed::Deleted
    } else {
        Deed::Updated
    }
}
