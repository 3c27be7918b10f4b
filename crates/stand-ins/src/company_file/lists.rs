//! The lists: accounts, vendors and customers. They are the same in every company file.

use std::sync::LazyLock;

use super::reference::Reference;
use crate::books::words::{CUSTOMERS, VENDORS};

/// The time at which the lists were made, in Unix seconds.
pub(super) const CREATED: i64 = 1_551_700_800;
/// The numbers of the first account, vendor and customer.
const FIRST_IDS: (usize, usize, usize) = (0x8000_0001, 0x8000_0100, 0x8000_0200);

/// The name of the account of what the company owes.
pub(super) const ACCOUNTS_PAYABLE: &str = "Accounts Payable";
/// The name of the account of what customers owe.
pub(super) const ACCOUNTS_RECEIVABLE: &str = "Accounts Receivable";
/// The currencies: the company's own, and another.
pub(super) const CURRENCIES: [(&str, &str); 2] =
    [("80000301-1551700800", "US Dollar"), ("80000302-1551700800", "Canadian Dollar")];

/// An account: its full name, type, number, and whether it is used.
pub(super) const ACCOUNTS: [(&str, &str, &str, bool); 15] = [
    ("Operating Checking", "Bank", "1010", true),
    ("Payroll Checking", "Bank", "1020", true),
    ("Old Savings", "Bank", "1030", false),
    (ACCOUNTS_RECEIVABLE, "AccountsReceivable", "1200", true),
    ("Undeposited Funds", "OtherCurrentAsset", "1499", true),
    (ACCOUNTS_PAYABLE, "AccountsPayable", "2000", true),
    ("Business Visa", "CreditCard", "2100", true),
    ("Opening Balance Equity", "Equity", "3000", true),
    ("Roofing Income", "Income", "4000", true),
    ("Job Materials", "CostOfGoodsSold", "5000", true),
    ("Rent", "Expense", "6100", true),
    ("Utilities", "Expense", "6200", true),
    ("Utilities:Gas & Electric", "Expense", "6210", true),
    ("Office Supplies", "Expense", "6300", true),
    ("Repairs", "Expense", "6400", true),
];

/// A list element that is not an account.
pub(super) struct Person {
    pub(super) reference: Reference,
    pub(super) is_active: bool,
    /// The customer of a job.
    pub(super) parent: Option<usize>,
}

static ACCOUNT_REFERENCES: LazyLock<Vec<Reference>> =
    LazyLock::new(|| ACCOUNTS.iter().enumerate().map(|(place, account)| reference(FIRST_IDS.0 + place, account.0)).collect());
static VENDOR_REFERENCES: LazyLock<Vec<Reference>> =
    LazyLock::new(|| VENDORS.iter().enumerate().map(|(place, name)| reference(FIRST_IDS.1 + place, name)).collect());
static CUSTOMER_REFERENCES: LazyLock<Vec<Reference>> = LazyLock::new(|| {
    // The first three customers have a job each.
    let jobs = CUSTOMERS.iter().take(3).map(|name| format!("{name}:North wing"));
    let names = CUSTOMERS.iter().map(|name| (*name).to_owned()).chain(jobs);
    names.enumerate().map(|(place, name)| reference(FIRST_IDS.2 + place, &name)).collect()
});

fn reference(number: usize, full_name: &str) -> Reference {
    Reference { list_id: format!("{number:X}-{CREATED}"), full_name: full_name.to_owned() }
}

pub(super) fn accounts() -> &'static [Reference] {
    &ACCOUNT_REFERENCES
}

pub(super) fn vendors() -> &'static [Reference] {
    &VENDOR_REFERENCES
}

/// The customers, and behind them their jobs.
pub(super) fn customers() -> &'static [Reference] {
    &CUSTOMER_REFERENCES
}

pub(super) fn currencies() -> Vec<Reference> {
    CURRENCIES.iter().map(|(id, name)| Reference { list_id: (*id).to_owned(), full_name: (*name).to_owned() }).collect()
}

/// The account of this name.
pub(super) fn account(name: &str) -> Reference {
    accounts().iter().find(|account| account.full_name == name).expect("a known account").clone()
}

/// The bank accounts that are used.
pub(super) fn banks() -> &'static [Reference] {
    &accounts()[..2]
}

/// The accounts of expenses.
pub(super) fn expenses() -> &'static [Reference] {
    &accounts()[9..]
}

/// Whether the vendor or the customer at this place has the other currency, if there are two.
pub(super) fn is_foreign(place: usize) -> bool {
    place % 7 == 3
}

/// The vendors or the customers, with what a list query shows of them. The last vendor is not active.
pub(super) fn people(are_customers: bool) -> Vec<Person> {
    let (references, roots) = if are_customers { (customers(), CUSTOMERS.len()) } else { (vendors(), VENDORS.len()) };
    let person = |(place, reference): (usize, &Reference)| Person {
        reference: reference.clone(),
        is_active: are_customers || place + 1 < roots,
        parent: place.checked_sub(roots),
    };
    references.iter().enumerate().map(person).collect()
}

/// The time of the last change of the list element at this place, in Unix seconds.
pub(super) fn modified(place: usize) -> i64 {
    CREATED + i64::try_from(place).expect("a short list") * 86_400
}
