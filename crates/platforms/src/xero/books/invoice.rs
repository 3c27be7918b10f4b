//! Sales invoices (`ACCREC`) and payables (`ACCPAY`), which are one type at Xero. A payable counts once it is authorised.

use counterfoil_core::model::record::{Body, Check, CheckStatus, Invoice, InvoiceStatus, Named, Unreadable};

use super::value;
use crate::books::entry::{Found, MEMO_MOST, NUMBER_MOST, amount, named};
use crate::object::Object;

pub(super) fn read(object: &Object<'_>) -> Result<Option<Found>, Unreadable> {
    let text = |name| object.text(name).unwrap_or_default();
    let body = match (text("Type").as_str(), text("Status").as_str()) {
        ("ACCREC", "DRAFT" | "DELETED") | ("ACCPAY", "DRAFT" | "SUBMITTED" | "DELETED") => None,
        ("ACCREC", status) => Some(sale(object, status)?),
        ("ACCPAY", status) => Some(bill(object, status)?),
        _ => None,
    };
    Ok(body.map(|body| Found { body, created_at: None, changed_at: value::time(object, "UpdatedDateUTC") }))
}

fn sale(object: &Object<'_>, status: &str) -> Result<Body, Unreadable> {
    let balance = amount(object, "AmountDue")?;
    Ok(Body::Invoice(Invoice {
        number: object.text_of("InvoiceNumber", NUMBER_MOST),
        date: value::day(object, "DateString", "Date").ok_or(Unreadable::DateUnreadable)?,
        due_date: value::day(object, "DueDateString", "DueDate"),
        total: amount(object, "Total")?,
        balance,
        currency: object.currency("CurrencyCode"),
        customer: named(&object.object("Contact"), "ContactID", "Name"),
        memo: object.text_of("Reference", MEMO_MOST),
        status: InvoiceStatus::of_receivable(status == "VOIDED", balance),
    }))
}

fn bill(object: &Object<'_>, status: &str) -> Result<Body, Unreadable> {
    let due = amount(object, "AmountDue")?;
    Ok(Body::Check(Check {
        number: object.text_of("InvoiceNumber", NUMBER_MOST),
        date: value::day(object, "DateString", "Date").ok_or(Unreadable::DateUnreadable)?,
        amount: due,
        currency: object.currency("CurrencyCode"),
        payee: named(&object.object("Contact"), "ContactID", "Name"),
        memo: object.text_of("Reference", MEMO_MOST),
        bank_account: Named::default(),
        status: CheckStatus::of_payable(status == "VOIDED", due),
        pays: Vec::new(),
        due_date: value::day(object, "DueDateString", "DueDate"),
    }))
}
