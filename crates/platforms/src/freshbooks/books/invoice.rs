//! A sales invoice, in any state but draft. There is no void state: a void invoice is deleted.

use counterfoil_core::model::record::{Body, Invoice, InvoiceStatus, Named, Unreadable};

use super::{eastern, is_deleted};
use crate::books::entry::{Found, MEMO_MOST, NUMBER_MOST, amount, date, named};
use crate::object::Object;

pub(super) fn read(object: &Object<'_>) -> Result<Option<Found>, Unreadable> {
    if is_deleted(object) || is_draft(object) {
        return Ok(None);
    }
    let money = object.object("amount");
    let balance = amount(&object.object("outstanding"), "amount")?;
    let invoice = Invoice {
        number: object.text_of("invoice_number", NUMBER_MOST),
        date: date(object, "create_date")?,
        due_date: object.date("due_date"),
        total: amount(&money, "amount")?,
        balance,
        currency: money.currency("code").or_else(|| object.currency("currency_code")),
        customer: customer(object),
        memo: object.text_of("notes", MEMO_MOST),
        status: InvoiceStatus::of_receivable(false, balance),
    };
    let [created_at, changed_at] = ["created_at", "updated"].map(|name| eastern::time(object, name));
    Ok(Some(Found { body: Body::Invoice(invoice), created_at, changed_at }))
}

/// Whether it is a draft, by the text or else by the number: 1 is a draft.
fn is_draft(object: &Object<'_>) -> bool {
    match object.text("v3_status") {
        Some(status) => status.eq_ignore_ascii_case("draft"),
        None => object.text("status").is_some_and(|status| status == "1" || status.eq_ignore_ascii_case("draft")),
    }
}

/// The customer: an organisation, or else a person.
fn customer(object: &Object<'_>) -> Named {
    let organization = named(object, "customerid", "organization");
    let person = || {
        let names: Vec<_> = ["fname", "lname"].into_iter().filter_map(|name| named(object, "customerid", name).name).collect();
        (!names.is_empty()).then(|| names.join(" "))
    };
    Named { id: organization.id, name: organization.name.or_else(person) }
}
