//! The books of companies, of any size: no record is stored. What a record says follows from the company's seed, the entity and
//! the record's index; what a control request changed is put over it. A platform turns an [`Entry`] into its own JSON.
//!
//! | Entity | `QuickBooks` | Xero | Zoho | `FreshBooks` |
//! |---|---|---|---|---|
//! | `purchases` | Purchase | `BankTransaction` | | |
//! | `payments` | `BillPayment` | Payment | vendorpayment | `bill_payment` |
//! | `bills` | Bill | Invoice, `ACCPAY` | bill | bill |
//! | `invoices` | Invoice | Invoice, `ACCREC` | invoice | invoice |
//!
//! Records come in the order of their indexes: none is dated or changed before the one of the index before, edits aside. So a page
//! far behind costs no sorting, and what changed since a time is found without looking at what did not.

pub(crate) mod account;
mod draw;
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
    /// Money that left without a bill.
    Purchases,
    /// Money that paid a bill.
    Payments,
    Bills,
    /// What the company sold.
    Invoices,
}

/// How money left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Method {
    Check,
    Card,
    Cash,
    Transfer,
}

/// What has become of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Standing,
    /// Not issued yet, or no longer: see `Bookkeeper::has_drafts`.
    Draft,
    /// Where a platform has no such state, the record is shown as a deleted one.
    Void,
    Deleted,
}

/// What a company's books are like before anything is set.
#[derive(Clone, Copy)]
pub(crate) struct Profile {
    /// Its own currency, and up to two others.
    pub(crate) currencies: &'static [&'static str],
    /// The entities that the platform serves, and how many records there are.
    pub(crate) sizes: &'static [(Entity, u64)],
    /// Whether every record says that it changed in 2008, as those of Xero's Demo Company do.
    pub(crate) changed_long_ago: bool,
}
