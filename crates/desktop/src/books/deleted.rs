//! Deleted transactions.

use jiff::Timestamp;

use super::transaction::{text, time};
use crate::qbxml::Element;
use crate::resource::Resource;

/// The name of the query's answer.
pub const RESPONSE: &str = "TxnDeletedQueryRs";

/// A transaction that was deleted in QuickBooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deleted<'a> {
    /// What it was.
    pub resource: Resource,
    /// Its id.
    pub id: &'a str,
    /// When it was deleted; `None` if QuickBooks does not say it with an offset.
    pub deleted_at: Option<Timestamp>,
}

/// The query for the transactions of these resources that were deleted since a time. It has no pages. Resources that are no transactions are
/// left out.
pub fn query(resources: &[Resource], since: Option<Timestamp>) -> Element {
    let transactions = resources.iter().filter(|resource| resource.is_transaction());
    let query =
        transactions.fold(Element::new("TxnDeletedQueryRq"), |query, resource| query.with_text("TxnDelType", resource.qbxml()));
    let Some(since) = since else { return query };
    let since = format!("{}+00:00", since.max(Timestamp::UNIX_EPOCH).strftime("%Y-%m-%dT%H:%M:%S"));
    query.with(Element::new("DeletedDateRangeFilter").with_text("FromDeletedDate", since))
}

impl<'a> Deleted<'a> {
    /// Reads an element `TxnDeletedRet`. `None` without an id, or for a type that is no resource.
    pub fn read(element: &'a Element) -> Option<Self> {
        let word = text(element, "TxnDelType")?;
        let all: [Resource; 4] = [Resource::Bill, Resource::BillCheckPayment, Resource::Check, Resource::Invoice];
        let resource = all.into_iter().find(|resource| resource.qbxml() == word)?;
        Some(Self { resource, id: text(element, "TxnID")?, deleted_at: time(element, "TimeDeleted") })
    }
}
