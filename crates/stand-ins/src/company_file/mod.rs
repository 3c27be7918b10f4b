//! QuickBooks Desktop with one company file, as the Web Connector reaches it through the QuickBooks SDK. It answers qbXML documents, and
//! is strict where QuickBooks is: the order of elements, `onError`, the qbXML version, iterators of one session, one request at a time.
//! The sources are Intuit's `qbxmlops130` schema and the Web Connector's programmer's guide.
//!
//! The records follow from a seed, so that 100,000 checks need no memory. Filters really filter. A test switches [`Fault`]s on.

mod add;
mod answer;
mod change;
mod deleted;
mod document;
mod filter;
mod grammar;
mod host;
mod lists;
mod query;
mod reference;
mod render;
mod rules;
mod session;
mod status;
mod txn;
mod writer;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

pub use session::{Outcome, Session};

use txn::Txn;

/// The name of the company in the file.
pub const COMPANY_NAME: &str = "Larkspur Roofing LLC";
/// The path of the file.
pub const PATH: &str = r"C:\Users\Public\Documents\Intuit\QuickBooks\Company Files\Larkspur Roofing LLC.QBW";
/// The newest qbXML that this QuickBooks knows: major and minor version.
pub const NEWEST_QBXML: (u8, u8) = (16, 0);

/// The other company file, which is open under [`Fault::OtherCompany`].
const OTHER_COMPANY: (&str, &str) =
    ("Fernwood Bakery", r"C:\Users\Public\Documents\Intuit\QuickBooks\Company Files\Fernwood Bakery.QBW");
/// The largest number of records of a kind.
const MAX_RECORDS: u64 = 10_000_000;
/// The largest number of checks that can be added.
const MAX_ADDED: usize = 10_000;
/// The largest number of faults that wait.
const MAX_FAULTS: usize = 100;

/// What the company file has at first. Vendors, customers and accounts are always the same.
#[derive(Clone, Copy, Debug)]
pub struct Contents {
    /// What amounts, names and dates follow from.
    pub seed: u64,
    /// The number of checks, at most ten million, as for the others.
    pub checks: u64,
    /// The number of checks that pay a bill; at most the number of bills.
    pub bill_payments: u64,
    /// The number of bills.
    pub bills: u64,
    /// The number of invoices.
    pub invoices: u64,
    /// Whether some vendors and customers have another currency than the company.
    pub multicurrency: bool,
    /// The end of the two years over which the records are spread, in Unix seconds.
    pub until: i64,
}

impl Contents {
    /// This number of checks, and others in proportion.
    pub fn of_checks(checks: u64) -> Self {
        let checks = checks.min(MAX_RECORDS);
        let some = (checks / 4).max(3);
        Self {
            seed: 1,
            checks,
            bill_payments: some,
            bills: some * 2,
            invoices: some * 2,
            multicurrency: false,
            until: 1_782_853_200,
        }
    }
}

/// What goes wrong next.
#[derive(Clone, Debug)]
pub enum Fault {
    /// QuickBooks cannot be opened.
    Open(Failure),
    /// A request fails as a whole.
    Request(Failure),
    /// A dialog is open in QuickBooks, so that it cannot be opened.
    ModalDialog,
    /// Another company file than this one is open.
    OtherCompany,
    /// The request is processed, and the Web Connector ends before it reports the answer.
    LostAnswer,
    /// The answer comes after this time.
    Slow(Duration),
    /// The answer ends in the middle.
    BrokenAnswer,
}

impl Fault {
    fn is_at_opening(&self) -> bool {
        matches!(self, Self::Open(_) | Self::ModalDialog | Self::OtherCompany)
    }
}

/// The error of the QuickBooks SDK for a whole call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The `HRESULT`, such as `0x80040400`.
    pub hresult: String,
    /// QuickBooks' text.
    pub message: String,
}

impl Failure {
    /// An error of the SDK.
    pub fn new(hresult: &str, message: &str) -> Self {
        Self { hresult: hresult.to_owned(), message: message.to_owned() }
    }
}

/// Why the stamp of an application was refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("this application has another FileID in this company file")]
pub struct OtherFileId;

/// The company file.
pub struct CompanyFile {
    contents: Contents,
    state: Mutex<State>,
    /// Held while a request is processed, since QuickBooks processes one at a time.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    added: Vec<Txn>,
    deleted: Vec<deleted::Deleted>,
    /// By `TxnID`.
    changes: BTreeMap<String, change::Change>,
    /// The `FileID` of each application, by its `OwnerID` in upper case: QuickBooks does not regard the case.
    stamps: BTreeMap<String, String>,
    faults: Vec<Fault>,
    processed: u64,
}

impl CompanyFile {
    /// A company file that no application has used.
    pub fn new(contents: Contents) -> Arc<Self> {
        let bill_payments = contents.bill_payments.min(contents.bills);
        let state = State { deleted: deleted::at_first(contents.until), ..State::default() };
        Arc::new(Self {
            contents: Contents { bill_payments, ..contents },
            state: Mutex::new(state),
            turn: tokio::sync::Mutex::default(),
        })
    }

    /// Opens QuickBooks with the company file of this path, or the one that is open if the path is empty.
    ///
    /// # Errors
    /// What the SDK reports, such as `0x8004040A` if it is another path.
    pub fn open(self: &Arc<Self>, path: &str) -> Result<Session, Failure> {
        match self.take_fault(Fault::is_at_opening) {
            Some(Fault::Open(failure)) => Err(failure),
            Some(Fault::ModalDialog) => Err(Failure::new(
                "0x80040414",
                "A modal dialog box is showing in the QuickBooks user interface. Your application cannot access QuickBooks until the \
                 user dismisses the dialog box.",
            )),
            Some(_) if path.is_empty() => Ok(Session::new(Arc::clone(self), true)),
            None if path.is_empty() || path.eq_ignore_ascii_case(PATH) => Ok(Session::new(Arc::clone(self), false)),
            _ => Err(Failure::new(
                "0x8004040A",
                "A QuickBooks company data file is already open and it is different from the one requested.",
            )),
        }
    }

    /// Adds a fault, which applies once, after the earlier ones.
    ///
    /// # Panics
    /// If a hundred faults wait.
    pub fn fail_next(&self, fault: Fault) {
        let mut state = self.state();
        assert!(state.faults.len() < MAX_FAULTS, "at most {MAX_FAULTS} faults wait");
        state.faults.push(fault);
    }

    /// Writes the stamp of an application, as the Web Connector does when it adds one.
    ///
    /// # Errors
    /// If the file has another `FileID` of this application.
    pub fn stamp(&self, owner_id: &str, file_id: &str) -> Result<(), OtherFileId> {
        let mut state = self.state();
        let known = state.stamps.entry(owner_id.to_ascii_uppercase()).or_insert_with(|| file_id.to_owned());
        if known.eq_ignore_ascii_case(file_id) { Ok(()) } else { Err(OtherFileId) }
    }

    /// Removes the stamp of an application, as the Web Connector does when it removes one.
    pub fn remove_stamp(&self, owner_id: &str) {
        self.state().stamps.remove(&owner_id.to_ascii_uppercase());
    }

    /// The number of documents that were processed.
    pub fn processed(&self) -> u64 {
        self.state().processed
    }

    /// The `TxnID` of the check with this index: 0 is the oldest. `None` if there is none.
    pub fn check_id(&self, index: u64) -> Option<String> {
        self.txn(txn::Kind::Check, index).map(|check| check.id)
    }

    /// Deletes a check. False if there is none with this `TxnID`, or it was deleted before.
    pub fn delete_check(&self, txn_id: &str) -> bool {
        self.delete_check_at(txn_id, self.contents.until + 60)
    }

    fn take_fault(&self, applies: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let mut state = self.state();
        let place = state.faults.iter().position(applies)?;
        Some(state.faults.remove(place))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder panics")
    }
}
