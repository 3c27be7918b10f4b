//! Reads imported records: by the order of their changes, or by date.

pub mod by_date;
pub mod changed;

use jiff::civil::Date;

use crate::model::platform::PlatformName;
use crate::model::record::{Body, CheckStatus, InvoiceStatus, RecordKind};
use crate::model::stored_record::StoredRecord;

/// Which records are read.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Checks, or invoices.
    pub kind: RecordKind,
    /// Those of this platform.
    pub platform: Option<PlatformName>,
    /// Those with this status.
    pub status: Option<Status>,
    /// The first date.
    pub from: Option<Date>,
    /// The last date.
    pub to: Option<Date>,
}

/// The status of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Of a check.
    Check(CheckStatus),
    /// Of an invoice.
    Invoice(InvoiceStatus),
}

impl Filter {
    fn matches(&self, stored: &StoredRecord) -> bool {
        let (date, status) = match &stored.record.body {
            Body::Check(check) => (check.date, Status::Check(check.status)),
            Body::Invoice(invoice) => (invoice.date, Status::Invoice(invoice.status)),
        };
        self.platform.is_none_or(|platform| platform == stored.platform)
            && self.status.is_none_or(|wanted| wanted == status)
            && self.from.is_none_or(|from| date >= from)
            && self.to.is_none_or(|to| date <= to)
    }
}

/// A page of records.
#[derive(Debug, Clone)]
pub struct Page<Place> {
    /// These; may be fewer than asked for though more follow.
    pub records: Vec<StoredRecord>,
    /// Where to go on; `None` at the end.
    pub next: Option<Place>,
}
