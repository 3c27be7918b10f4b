//! The transactions. One is made from the seed and its index whenever it is needed.

use jiff::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::lists::{self, ACCOUNTS_PAYABLE, ACCOUNTS_RECEIVABLE};
use super::reference::Reference;
use super::writer::OFFSET;
use super::{COMPANY_NAME, CompanyFile};
use crate::books::Entity;
use crate::books::draw::{Draw, What};
use crate::books::words::{MEMOS, TEXTS_FOR_NUMBERS};

/// The time over which the records are spread, in seconds: two years.
const SPAN_SECONDS: i64 = 730 * 86_400;
/// The longest time between a record's creation and its change, in seconds.
const MAX_CHANGE_SECONDS: u64 = 5 * 86_400;
/// The number of the first check.
const FIRST_CHECK_NUMBER: u64 = 1_001;
/// The days between a bill or an invoice and its due date.
const DUE_DAYS: i64 = 30;

/// A kind of transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Check,
    BillPaymentCheck,
    Bill,
    Invoice,
}

impl Kind {
    pub(super) fn of_query(name: &str) -> Option<Self> {
        match name {
            "CheckQuery" => Some(Self::Check),
            "BillPaymentCheckQuery" => Some(Self::BillPaymentCheck),
            "BillQuery" => Some(Self::Bill),
            "InvoiceQuery" => Some(Self::Invoice),
            _ => None,
        }
    }

    /// The name of a record in an answer, without `Ret`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Check => "Check",
            Self::BillPaymentCheck => "BillPaymentCheck",
            Self::Bill => "Bill",
            Self::Invoice => "Invoice",
        }
    }

    fn entity(self) -> Entity {
        match self {
            Self::Check => Entity::Purchases,
            Self::BillPaymentCheck => Entity::Payments,
            Self::Bill => Entity::Bills,
            Self::Invoice => Entity::Invoices,
        }
    }
}

/// A line of a transaction, for an account.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) account: Option<Reference>,
    pub(super) cents: i64,
    pub(super) memo: Option<String>,
}

/// A transaction.
#[derive(Clone, Debug)]
pub(super) struct Txn {
    pub(super) index: u64,
    pub(super) id: String,
    pub(super) created: i64,
    pub(super) modified: i64,
    pub(super) date: Date,
    /// The vendor or the customer.
    pub(super) party: Option<Reference>,
    /// The bank account, or the account of receivables or payables.
    pub(super) account: Reference,
    pub(super) ref_number: Option<String>,
    pub(super) cents: i64,
    /// What is still due, of a bill or an invoice, in hundredths.
    pub(super) balance: i64,
    pub(super) memo: Option<String>,
    pub(super) external_guid: Option<String>,
    pub(super) is_foreign: bool,
    pub(super) lines: Vec<Line>,
}

impl Txn {
    pub(super) fn due_date(&self) -> Date {
        self.date.saturating_add(DUE_DAYS.days())
    }
}

impl CompanyFile {
    /// The number of transactions, deleted ones included.
    pub(super) fn size(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Check => self.contents.checks + self.state().added.len() as u64,
            _ => self.first_size(kind),
        }
    }

    fn first_size(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Check => self.contents.checks,
            Kind::BillPaymentCheck => self.contents.bill_payments,
            Kind::Bill => self.contents.bills,
            Kind::Invoice => self.contents.invoices,
        }
    }

    /// The transaction with this index; `None` if there is none, or it is deleted.
    pub(super) fn txn(&self, kind: Kind, index: u64) -> Option<Txn> {
        let first = self.first_size(kind);
        let txn = if index < first {
            self.drawn(kind, index)
        } else {
            let added = self.state().added.get(usize::try_from(index - first).ok()?)?.clone();
            (kind == Kind::Check).then_some(added)?
        };
        let state = self.state();
        if state.deleted.iter().any(|deleted| deleted.txn_id == txn.id) {
            return None;
        }
        let change = state.changes.get(&txn.id).cloned();
        Some(match change {
            Some(change) => change.on(txn),
            None => txn,
        })
    }

    /// The transaction with this `TxnID`.
    pub(super) fn find(&self, kind: Kind, id: &str) -> Option<Txn> {
        let number = u64::from_str_radix(id.split_once('-')?.0, 16).ok()?;
        let index = number.checked_sub(FIRST_TXN_ID)? / 4;
        self.txn(kind, index).filter(|txn| txn.id == id)
    }

    /// A transaction as it is from the start.
    fn drawn(&self, kind: Kind, index: u64) -> Txn {
        let draw = Draw::of_company(self.contents.seed, COMPANY_NAME).of_record(kind.entity(), index);
        // A payment has the vendor and the amount of the bill with its index.
        let of_bill = if kind == Kind::BillPaymentCheck { self.draw_of(Kind::Bill, index) } else { draw };
        let created = self.spread(kind, index);
        let is_changed = draw.below(What::Change, 4) == 0;
        let later = i64::try_from(draw.below(What::Id, MAX_CHANGE_SECONDS)).expect("at most five days");
        let modified = if is_changed { (created + later).min(self.contents.until) } else { created };
        let parties = if kind == Kind::Invoice { lists::customers() } else { lists::vendors() };
        let party = usize::try_from(of_bill.below(What::Payee, parties.len() as u64)).expect("below a length");
        let amount = amount(of_bill);
        let is_void = kind == Kind::Check && draw.below(What::State, 40) == 0;
        let memo = (draw.below(What::Memo, 5) > 0).then(|| draw.pick(What::Memo, &MEMOS).1.to_owned());
        let cents = if is_void { 0 } else { amount };
        Txn {
            index,
            id: id(kind, index, created),
            created,
            modified,
            date: day(created),
            is_foreign: self.contents.multicurrency && lists::is_foreign(party),
            party: Some(parties[party].clone()),
            account: account(kind, draw),
            ref_number: ref_number(kind, index, draw),
            cents,
            balance: self.balance(kind, index, amount, draw),
            memo: if is_void { Some(format!("VOID: {}", memo.unwrap_or_default())) } else { memo },
            external_guid: None,
            lines: lines(cents, draw),
        }
    }

    fn draw_of(&self, kind: Kind, index: u64) -> Draw {
        Draw::of_company(self.contents.seed, COMPANY_NAME).of_record(kind.entity(), index)
    }

    fn spread(&self, kind: Kind, index: u64) -> i64 {
        let size = i64::try_from(self.first_size(kind)).expect("at most ten million").max(1);
        self.contents.until - SPAN_SECONDS + i64::try_from(index).expect("at most ten million") * SPAN_SECONDS / size
    }

    fn balance(&self, kind: Kind, index: u64, cents: i64, draw: Draw) -> i64 {
        match kind {
            Kind::Bill if index < self.contents.bill_payments => 0,
            Kind::Invoice if draw.below(What::Paid, 12) < 7 => 0,
            _ => cents,
        }
    }
}

/// The number in the id of the first transaction.
const FIRST_TXN_ID: u64 = 0x1000;

/// A `TxnID`: a hexadecimal number, and the time of creation.
pub(super) fn id(kind: Kind, index: u64, created: i64) -> String {
    format!("{:X}-{created}", FIRST_TXN_ID + index * 4 + kind as u64)
}

pub(super) fn day(unix_seconds: i64) -> Date {
    OFFSET.to_datetime(Timestamp::from_second(unix_seconds).unwrap_or_default()).date()
}

/// The amount in hundredths.
fn amount(draw: Draw) -> i64 {
    let most = draw.pick(What::Cents, &[5_000, 40_000, 150_000, 980_000]).1;
    800 + i64::try_from(draw.below(What::Amount, most)).expect("small")
}

fn account(kind: Kind, draw: Draw) -> Reference {
    match kind {
        Kind::Check | Kind::BillPaymentCheck => lists::banks()[usize::from(draw.below(What::Method, 9) == 0)].clone(),
        Kind::Bill => lists::account(ACCOUNTS_PAYABLE),
        Kind::Invoice => lists::account(ACCOUNTS_RECEIVABLE),
    }
}

/// The number as users type it: of a check it may be missing, because it is to be printed, or be another text.
fn ref_number(kind: Kind, index: u64, draw: Draw) -> Option<String> {
    let number = FIRST_CHECK_NUMBER + index;
    match (kind, draw.below(What::Number, 24)) {
        (Kind::Check | Kind::BillPaymentCheck, 0 | 1) => None,
        (Kind::Check, 2) => Some(draw.pick(What::Spelling, &TEXTS_FOR_NUMBERS).1.to_owned()),
        (Kind::Check, _) => Some(number.to_string()),
        (Kind::BillPaymentCheck, _) => Some((number + 50_000).to_string()),
        (Kind::Bill, _) => Some(format!("B-{number}")),
        (Kind::Invoice, _) => Some(format!("INV-{number}")),
    }
}

/// One line, or two with the amount between them.
fn lines(cents: i64, draw: Draw) -> Vec<Line> {
    let expenses = lists::expenses();
    let line = |what, cents, memo: Option<&str>| {
        let place = usize::try_from(draw.below(what, expenses.len() as u64)).expect("below a length");
        Line { account: Some(expenses[place].clone()), cents, memo: memo.map(str::to_owned) }
    };
    if draw.below(What::Spelling, 3) == 0 {
        vec![line(What::Method, cents / 2, Some("First half")), line(What::State, cents - cents / 2, None)]
    } else {
        vec![line(What::Method, cents, None)]
    }
}
