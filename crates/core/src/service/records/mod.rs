//! Reads imported records, by the order of their changes or by date.

pub mod by_date;
pub mod changed;

use jiff::civil::Date;

use crate::model::platform::PlatformName;
use crate::model::record::{Body, CheckStatus, InvoiceStatus, RecordKind};
use crate::model::stored_record::StoredRecord;

/// The records to read.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Checks or invoices.
    pub kind: RecordKind,
    /// Only those of this platform.
    pub platform: Option<PlatformName>,
    /// Only those with this status.
    pub status: Option<RecordStatus>,
    /// The first date, inclusive.
    pub from: Option<Date>,
    /// The last date, inclusive.
    pub to: Option<Date>,
}

/// The status of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordStatus {
    /// The status of a check.
    Check(CheckStatus),
    /// The status of an invoice.
    Invoice(InvoiceStatus),
}

impl Filter {
    fn matches(&self, stored: &StoredRecord) -> bool {
        let (date, status) = match &stored.record.body {
            Body::Check(check) => (check.date, RecordStatus::Check(check.status)),
            Body::Invoice(invoice) => (invoice.date, RecordStatus::Invoice(invoice.status)),
        };
        self.platform.is_none_or(|platform| platform == stored.platform)
            && self.status.is_none_or(|wanted| wanted == status)
            && self.from.is_none_or(|from| date >= from)
            && self.to.is_none_or(|to| date <= to)
    }
}

/// A page of records.
#[derive(Debug, Clone)]
pub struct RecordPage<Place> {
    /// The records. There may be fewer than the limit although more follow.
    pub records: Vec<StoredRecord>,
    /// The position of the next page; `None` on the last page.
    pub next: Option<Place>,
}
