//! The books of companies, of any size. No record is stored: its fields follow from the company's seed, the entity and the record's index.
//! Changes by control requests are applied to them. A platform turns an [`Entry`] into its own JSON.
//!
//! | Entity | `QuickBooks` | Xero | Zoho | `FreshBooks` |
//! |---|---|---|---|---|
//! | `purchases` | Purchase | `BankTransaction` | | |
//! | `payments` | `BillPayment` | Payment | vendorpayment | `bill_payment` |
//! | `bills` | Bill | Invoice, `ACCPAY` | bill | bill |
//! | `invoices` | Invoice | Invoice, `ACCREC` | invoice | invoice |
//!
//! Records are in the order of their indexes: without edits, none is dated or changed before the one with the previous index. So a late page
//! needs no sorting, and the changes since a time are found without reading other records.

pub(crate) mod account;
pub(crate) mod draw;
pub(crate) mod entry;
pub(crate) mod list;
pub(crate) mod mangle;
pub(crate) mod plan;
pub(crate) mod shelf;
pub(crate) mod traffic;
mod truth;
pub(crate) mod words;

use serde::{Deserialize, Serialize};

/// A kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Entity {
    /// Payments without a bill.
    Purchases,
    /// Payments of bills.
    Payments,
    Bills,
    /// Sales invoices.
    Invoices,
}

/// The method of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Method {
    Check,
    Card,
    Cash,
    Transfer,
}

/// The state of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Standing,
    /// The record is a draft: see `Bookkeeper::has_drafts`.
    Draft,
    /// The record is void. On a platform without this state it is shown as deleted.
    Void,
    Deleted,
}

/// A company's books before any change.
#[derive(Clone, Copy)]
pub(crate) struct Profile {
    /// Its own currency, and up to two others.
    pub(crate) currencies: &'static [&'static str],
    /// The entities that the platform serves, with the number of records.
    pub(crate) sizes: &'static [(Entity, u64)],
    /// Whether every record says that it changed in 2008, as those of Xero's Demo Company do.
    pub(crate) changed_long_ago: bool,
}
