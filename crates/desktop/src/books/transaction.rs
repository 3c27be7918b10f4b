//! One transaction.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::currency;
use crate::qbxml::Element;
use crate::resource::{Resource, decimal, subtotal};

/// A transaction with the fields that checks, bills and sales invoices share. A value that is missing or cannot be read is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction<'a> {
    /// Its id.
    pub id: Option<&'a str>,
    /// Its number: of a check, of the vendor's bill, of the invoice.
    pub number: Option<&'a str>,
    /// Its date.
    pub date: Option<Date>,
    /// When a bill or an invoice is due.
    pub due_date: Option<Date>,
    /// The whole amount, with taxes.
    pub amount: Option<Decimal>,
    /// What of a bill or an invoice is still to be paid. `None` for checks.
    pub due: Option<Decimal>,
    /// The currency in ISO 4217; `None` if the company has one currency only, or for a name that is not known.
    pub currency: Option<&'static str>,
    /// The payee, the vendor or the customer.
    pub party: Party<'a>,
    /// The bank account of a check.
    pub bank_account: Party<'a>,
    /// The memo; of an invoice the message to the customer.
    pub memo: Option<&'a str>,
    /// Whether it is void.
    pub is_void: bool,
    /// The bills that a payment pays.
    pub pays: Vec<Paid<'a>>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    pub changed_at: Option<Timestamp>,
}

/// The id and the name of another object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Party<'a> {
    /// Its id.
    pub id: Option<&'a str>,
    /// Its full name.
    pub name: Option<&'a str>,
}

/// A bill that a payment pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paid<'a> {
    /// The bill's id.
    pub id: &'a str,
    /// The amount that is paid.
    pub amount: Option<Decimal>,
}

impl<'a> Transaction<'a> {
    /// Reads an element such as `CheckRet`. `None` if the resource is no transaction.
    pub fn read(resource: Resource, element: &'a Element) -> Option<Self> {
        let (party, bank_account) = match resource {
            Resource::Check => ("PayeeEntityRef", "AccountRef"),
            Resource::BillCheckPayment => ("PayeeEntityRef", "BankAccountRef"),
            Resource::Bill => ("VendorRef", ""),
            Resource::Invoice => ("CustomerRef", ""),
            Resource::Account | Resource::Customer | Resource::Vendor => return None,
        };
        let amount = amount(resource, element);
        let memo = text(element, "Memo");
        let is_noted = memo.is_some_and(|memo| memo.trim_start().get(..5).is_some_and(|memo| memo.eq_ignore_ascii_case("VOID:")));
        Some(Self {
            id: text(element, "TxnID"),
            number: text(element, "RefNumber"),
            date: date(element, "TxnDate"),
            due_date: date(element, "DueDate"),
            amount,
            due: due(resource, element, amount),
            currency: self::party(element, "CurrencyRef").name.and_then(currency::code),
            party: self::party(element, party),
            bank_account: self::party(element, bank_account),
            memo: if matches!(resource, Resource::Invoice) { self::party(element, "CustomerMsgRef").name } else { memo },
            is_void: is_noted && amount.is_some_and(|amount| amount.is_zero()),
            pays: pays(element),
            created_at: time(element, "TimeCreated"),
            changed_at: time(element, "TimeModified"),
        })
    }
}

fn amount(resource: Resource, element: &Element) -> Option<Decimal> {
    match resource {
        Resource::Bill => decimal(element, "AmountDue"),
        Resource::Invoice => {
            let tax = element.child("SalesTaxTotal").map_or(Some(Decimal::ZERO), |_| decimal(element, "SalesTaxTotal"));
            let subtotal = text(element, "Subtotal").map_or_else(|| subtotal(element), |_| decimal(element, "Subtotal"));
            subtotal?.checked_add(tax?)
        }
        _ => decimal(element, "Amount"),
    }
}

fn due(resource: Resource, element: &Element, amount: Option<Decimal>) -> Option<Decimal> {
    match resource {
        Resource::Bill if text(element, "IsPaid") == Some("true") => Some(Decimal::ZERO),
        Resource::Bill => {
            let mut linked = element.children("LinkedTxn").filter(|linked| text(linked, "LinkType") != Some("QUANTYPE"));
            linked.try_fold(amount?, |due, linked| due.checked_add(decimal(linked, "Amount")?))
        }
        Resource::Invoice => decimal(element, "BalanceRemaining"),
        _ => None,
    }
}

fn pays(element: &Element) -> Vec<Paid<'_>> {
    let bills = element.children("AppliedToTxnRet").filter(|applied| text(applied, "TxnType") == Some("Bill"));
    bills.filter_map(|bill| Some(Paid { id: text(bill, "TxnID")?, amount: decimal(bill, "Amount") })).collect()
}

fn party<'a>(element: &'a Element, name: &str) -> Party<'a> {
    element.child(name).map_or_else(Party::default, |party| Party { id: text(party, "ListID"), name: text(party, "FullName") })
}

pub(super) fn text<'a>(element: &'a Element, name: &str) -> Option<&'a str> {
    element.text_of(name).map(str::trim).filter(|text| !text.is_empty())
}

fn date(element: &Element, name: &str) -> Option<Date> {
    text(element, name)?.parse().ok()
}

/// A time with its offset. A time without one cannot be placed, because only the computer knows its time zone.
pub(super) fn time(element: &Element, name: &str) -> Option<Timestamp> {
    text(element, name)?.parse().ok()
}
