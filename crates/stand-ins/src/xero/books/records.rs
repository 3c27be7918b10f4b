//! The JSON of records at Xero [xero-oas: `xero_accounting.yaml`; nango-rec: xero/tests].
//!
//! A payment has no mark as a check: its reference is the check's number, as users write it. Another payment has another text as its
//! reference, or none.

use jiff::civil::Date;
use jiff::tz::Offset;
use serde_json::{Value, json};

use super::filter::Literal;
use crate::books::entry::{Entry, number};
use crate::books::list::scattered;
use crate::books::words::TEXTS_FOR_NUMBERS;
use crate::books::{Entity, Method, State};

/// The exchange rate of every other currency.
const CURRENCY_RATE: f64 = 0.8;
/// A refund of a credit note by a vendor. Its reference is a number, like a check's.
const REFUND: &str = "APCREDITPAYMENT";

/// The record's id. Ids have the order of [`Order::Scattered`](crate::books::list::Order::Scattered).
pub(super) fn id(entry: &Entry<'_>) -> String {
    let (first, entity, mark) = (scattered(entry.index), entry.entity as u64, entry.mark());
    format!("{first:08x}-{entity:04x}-4{:03x}-a{:03x}-{:012x}", mark >> 52, mark >> 40 & 0xfff, mark & 0xffff_ffff_ffff)
}

pub(super) fn account_id(id: u64) -> String {
    format!("1e3c4b0d-9b2f-4f7e-8a54-{id:012x}")
}

/// The code of a bank account in the chart of accounts.
pub(super) fn code(id: u64) -> u64 {
    55 + id
}

/// The value of a property for filters.
pub(super) fn value(entry: &Entry<'_>, name: &str) -> Literal {
    match name {
        "Date" => Literal::Date(entry.date()),
        "Status" => Literal::Text(status(entry).to_owned()),
        _ => Literal::Text(kind(entry).to_owned()),
    }
}

pub(super) fn as_json(entry: &Entry<'_>, with_lines: bool) -> Value {
    let mut record = match entry.entity {
        Entity::Purchases => bank_transaction(entry),
        Entity::Payments => payment(entry),
        Entity::Bills | Entity::Invoices => invoice(entry),
    };
    record["Date"] = json!(midnight(entry.date()));
    record["Status"] = json!(status(entry));
    record["UpdatedDateUTC"] = json!(format!("/Date({}+0000)/", entry.changed() * 1_000));
    // In the company's own currency the rate is 1 or, as was recorded, 0.
    let own_rate = if entry.spelling(2) == 0 { 0.0 } else { 1.0 };
    record["CurrencyRate"] = json!(if entry.is_home() { own_rate } else { CURRENCY_RATE });
    if with_lines && entry.entity != Entity::Payments {
        record["LineItems"] = lines(entry);
    }
    record
}

fn bank_transaction(entry: &Entry<'_>) -> Value {
    let account = entry.account();
    let mut record = json!({
        "BankTransactionID": id(entry),
        "Type": kind(entry),
        "BankAccount": {
            "AccountID": account_id(account.id),
            "Code": format!("{:03}", code(account.id)),
            "Name": account.name,
        },
        "Contact": contact(entry),
        "IsReconciled": entry.spelling(3) == 0,
        "HasAttachments": false,
        "DateString": written(entry.date()),
        "LineAmountTypes": "Inclusive",
        "SubTotal": number(entry.cents()),
        "TotalTax": 0,
        "Total": number(entry.cents()),
        "CurrencyCode": entry.currency(),
    });
    if let Some(reference) = reference(entry) {
        record["Reference"] = json!(reference);
    }
    record
}

fn payment(entry: &Entry<'_>) -> Value {
    let (bill, account) = (entry.bill(), entry.account());
    let mut record = json!({
        "PaymentID": id(entry),
        "PaymentType": kind(entry),
        // The account has the bill's currency, so both amounts are equal.
        "Amount": number(entry.cents()),
        "BankAmount": number(entry.cents()),
        "IsReconciled": entry.spelling(3) == 0,
        "HasAccount": true,
        "Account": { "AccountID": account_id(account.id), "Code": format!("{:03}", code(account.id)) },
    });
    if kind(entry) == REFUND {
        record["CreditNote"] = json!({ "Type": "ACCPAYCREDIT", "CreditNoteNumber": format!("CN-{}", entry.index) });
    } else {
        record["Invoice"] = json!({
            "Type": kind(&bill),
            "InvoiceID": id(&bill),
            "InvoiceNumber": invoice_number(&bill),
            "CurrencyCode": entry.currency(),
            "Contact": contact(entry),
        });
    }
    if let Some(reference) = reference(entry) {
        record["Reference"] = json!(reference);
    }
    if let Some(memo) = entry.memo() {
        record["Details"] = json!(memo);
    }
    record
}

fn invoice(entry: &Entry<'_>) -> Value {
    let paid = entry.cents() - entry.balance();
    let paid = if matches!(entry.state(), State::Void | State::Draft) { 0 } else { paid };
    json!({
        "InvoiceID": id(entry),
        "Type": kind(entry),
        "InvoiceNumber": invoice_number(entry),
        "Reference": entry.memo().unwrap_or_default(),
        "Payments": [],
        "Contact": contact(entry),
        "DateString": written(entry.date()),
        "DueDateString": written(entry.due_date()),
        "DueDate": midnight(entry.due_date()),
        "LineAmountTypes": "Exclusive",
        "SubTotal": number(entry.cents()),
        "TotalTax": 0,
        "Total": number(entry.cents()),
        "AmountDue": number(entry.balance()),
        "AmountPaid": number(paid),
        "AmountCredited": 0,
        "CurrencyCode": entry.currency(),
    })
}

/// The record's type; of a payment, its payment type.
fn kind(entry: &Entry<'_>) -> &'static str {
    match (entry.entity, entry.method()) {
        (Entity::Bills, _) => "ACCPAY",
        (Entity::Invoices, _) => "ACCREC",
        (Entity::Purchases, Method::Check | Method::Card) => "SPEND",
        (Entity::Purchases, Method::Cash) => "SPEND-OVERPAYMENT",
        (Entity::Purchases, Method::Transfer) => "SPEND-TRANSFER",
        (Entity::Payments, Method::Cash) => REFUND,
        (Entity::Payments, _) => "ACCPAYPAYMENT",
    }
}

/// The record's status. A payment is never void: it is deleted.
fn status(entry: &Entry<'_>) -> &'static str {
    match (entry.entity, entry.state()) {
        (_, State::Deleted) | (Entity::Payments, State::Void) => "DELETED",
        (_, State::Void) => "VOIDED",
        (Entity::Bills, State::Draft) => ["DRAFT", "SUBMITTED"][usize::from(entry.spelling(2) == 0)],
        (Entity::Invoices, State::Draft) => "DRAFT",
        (Entity::Bills | Entity::Invoices, State::Standing) if entry.balance() == 0 => "PAID",
        _ => "AUTHORISED",
    }
}

fn reference(entry: &Entry<'_>) -> Option<String> {
    // Only spent or received money has a reference.
    if entry.entity == Entity::Purchases && kind(entry) != "SPEND" {
        return None;
    }
    if let Some(number) = entry.number_set() {
        return Some(number.to_owned());
    }
    let (number, spelling) = (entry.running_number(), entry.spelling(8));
    match (entry.method(), spelling) {
        (Method::Check, 0) => Some(format!("CHQ {number}")),
        (Method::Check, 1) => Some(format!("Cheque No. {number}")),
        (Method::Check, 2) => Some(format!("#{number}")),
        (Method::Check, 3) => Some(format!("{number:06}")),
        (Method::Check | Method::Cash, _) => Some(number.to_string()),
        (_, 0) => None,
        (_, 1) => Some(String::new()),
        _ => Some(TEXTS_FOR_NUMBERS[usize::try_from(spelling % 3).expect("below three")].to_owned()),
    }
}

fn invoice_number(entry: &Entry<'_>) -> String {
    let letters = if entry.entity == Entity::Bills { "B" } else { "INV" };
    entry.number_set().map_or_else(|| format!("{letters}-{}", entry.running_number()), str::to_owned)
}

fn contact(entry: &Entry<'_>) -> Value {
    let (party, is_customer) = (entry.party(), u8::from(entry.entity == Entity::Invoices));
    json!({ "ContactID": format!("a2b0c3d4-5e6f-4a1b-8c2{is_customer}-{:012x}", party.id), "Name": party.name })
}

fn lines(entry: &Entry<'_>) -> Value {
    json!([{
        "Description": entry.memo().unwrap_or_default(),
        "UnitAmount": number(entry.cents()),
        "Quantity": 1,
        "LineAmount": number(entry.cents()),
        "TaxType": "NONE",
        "TaxAmount": 0,
        "AccountCode": "300",
    }])
}

fn written(date: Date) -> String {
    format!("{date}T00:00:00")
}

/// A calendar date, at midnight in UTC.
fn midnight(date: Date) -> String {
    let time = Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).expect("a date of our time");
    format!("/Date({}+0000)/", time.as_millisecond())
}
