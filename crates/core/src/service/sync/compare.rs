//! Decides how to store and to count a record that a page contains, by comparing it with the stored one. Pure: the same page again
//! gives the same result.

use crate::model::record::{Body, CheckStatus, InvoiceStatus, Record};
use crate::model::stored_record::StoredRecord;
use crate::model::sync::SyncId;
use crate::model::sync::counts::RecordOutcome;

/// The page of a run that contains a record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunPage<'a> {
    /// The run.
    pub(crate) sync: &'a SyncId,
    /// The number of the page in the run, from 1.
    pub(crate) page: u32,
}

/// What to do with a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// Store it in this form, and count it.
    Store(Box<Record>, RecordOutcome),
    /// Keep the stored record as it is, and count it.
    Keep(RecordOutcome),
    /// Neither store nor count it: it was paid or deleted before this run.
    Pass,
}

/// Decides about a record that the platform returned.
pub(crate) fn compare(stored: Option<&StoredRecord>, shown: Box<Record>, page: RunPage<'_>) -> Comparison {
    let Some(stored) = stored else {
        return if is_over(&shown.body) { Comparison::Pass } else { Comparison::Store(shown, RecordOutcome::Imported) };
    };
    let shown = keeping_the_amount(shown, &stored.record);
    if *shown == stored.record {
        return Comparison::Keep(if is_of(stored, page) { stored.outcome } else { RecordOutcome::Unchanged });
    }
    let outcome = outcome_of(&stored.record.body, &shown.body);
    // This same page stored it before the process was killed. It counts once.
    let outcome =
        if is_of(stored, page) && stored.outcome == RecordOutcome::Imported { RecordOutcome::Imported } else { outcome };
    Comparison::Store(shown, outcome)
}

/// Decides about a stored record that the platform no longer returns.
pub(crate) fn absent(stored: &StoredRecord, page: RunPage<'_>) -> Comparison {
    if is_deleted(&stored.record.body) {
        return if is_of(stored, page) { Comparison::Keep(stored.outcome) } else { Comparison::Pass };
    }
    let mut record = Box::new(stored.record.clone());
    match &mut record.body {
        Body::Check(check) => check.status = CheckStatus::Deleted,
        Body::Invoice(invoice) => invoice.status = InvoiceStatus::Deleted,
    }
    Comparison::Store(record, RecordOutcome::Deleted)
}

fn is_of(stored: &StoredRecord, page: RunPage<'_>) -> bool {
    stored.sync == *page.sync && stored.page == page.page
}

/// Whether it is a paid payable or a deleted record. These are of use only to a partner who has seen the record before.
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

/// The record with the stored amount, if it is void: some platforms set the amount of a void record to zero.
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

fn outcome_of(before: &Body, after: &Body) -> RecordOutcome {
    if is_void(after) && !is_void(before) {
        RecordOutcome::Voided
    } else if is_deleted(after) && !is_deleted(before) {
        RecordOutcome::Deleted
    } else {
        RecordOutcome::Updated
    }
}
