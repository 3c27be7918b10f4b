//! Reads entries in tests.

use counterfoil_core::model::record::{Body, Check, Invoice, Named, Record, Unreadable};
use counterfoil_core::port::accounting::Entry;

pub(crate) fn record(entry: Option<Entry>) -> Record {
    match entry {
        Some(Entry::Record(record)) => *record,
        other => panic!("no record: {other:?}"),
    }
}

pub(crate) fn check(entry: Option<Entry>) -> Check {
    match record(entry).body {
        Body::Check(check) => check,
        Body::Invoice(invoice) => panic!("no check: {invoice:?}"),
    }
}

pub(crate) fn invoice(entry: Option<Entry>) -> Invoice {
    match record(entry).body {
        Body::Invoice(invoice) => invoice,
        Body::Check(check) => panic!("no invoice: {check:?}"),
    }
}

pub(crate) fn is_absent(entry: Option<&Entry>) -> bool {
    matches!(entry, Some(Entry::Absent(_)))
}

pub(crate) fn reason(entry: Option<&Entry>) -> Option<Unreadable> {
    match entry {
        Some(Entry::Unreadable { reason, .. }) => Some(*reason),
        _ => None,
    }
}

pub(crate) fn named(id: &str, name: &str) -> Named {
    Named { id: Some(id.to_owned()), name: Some(name.to_owned()) }
}
