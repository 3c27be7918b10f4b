//! What an import reads: checks, bills that are to be paid, sales invoices, and what was deleted. The fields are those that the platforms'
//! books have in common.
//!
//! - Voiding a transaction keeps it with the amount zero (Intuit, `TxnVoid`). QuickBooks puts `VOID:` before its memo.
//! - A list never has deleted transactions. `TxnDeletedQueryRq` names them.
//! - A bill has no field for the amount that is due, although one is called so: `AmountDue` is the whole amount. `OpenAmount` may be
//!   missing, or that of all bills of the vendor (Conductor's OpenAPI document, `qbd_bill`). So the amount is computed as Conductor
//!   advises: `AmountDue` and the amounts of the linked transactions, which are negative.

mod currency;
mod deleted;
mod entry;
mod place;
mod reader;
mod transaction;

use jiff::Timestamp;

pub use self::currency::code as currency_code;
pub use self::deleted::{Deleted, RESPONSE as DELETED_RESPONSE, query as deleted_query};
pub use self::reader::Books;
pub use self::transaction::{Paid, Party, Transaction};
use crate::resource::{ListRequest, Resource};

/// The list of the transactions that changed since a time; of all without a time. Objects of QuickBooks's lists, such as vendors, are read
/// whole too.
///
/// The lines of checks, bills and invoices are left out, because an import has none. What a payment of bills pays is among its lines.
pub fn request(resource: Resource, since: Option<Timestamp>) -> ListRequest {
    let since = since.map(|since| ("updatedAfter", since.max(Timestamp::UNIX_EPOCH).to_string()));
    let lines = resource.is_transaction() && !matches!(resource, Resource::BillCheckPayment);
    let lines = lines.then(|| ("includeLineItems", "false".to_owned()));
    let linked = matches!(resource, Resource::Bill).then(|| ("includeLinkedTransactions", "true".to_owned()));
    let pairs: Vec<_> = [since, lines, linked].into_iter().flatten().map(|(name, value)| (name.to_owned(), value)).collect();
    ListRequest::parse(resource, &pairs).expect("the list has these parameters")
}
