//! A sales invoice, in any state but draft.

use counterfoil_core::model::record::{Body, Invoice, InvoiceStatus, Unreadable};

use super::{is_void, status, times};
use crate::books::entry::{Found, MEMO_MOST, NUMBER_MOST, amount, date, named};
use crate::object::Object;

pub(super) fn read(object: &Object<'_>) -> Result<Option<Found>, Unreadable> {
    let status = status(object);
    if status == "draft" {
        return Ok(None);
    }
    let balance = amount(object, "balance")?;
    let invoice = Invoice {
        number: object.text_of("invoice_number", NUMBER_MOST),
        date: date(object, "date")?,
        due_date: object.date("due_date"),
        total: amount(object, "total")?,
        balance,
        currency: object.currency("currency_code"),
        customer: named(object, "customer_id", "customer_name"),
        memo: object.text_of("reference_number", MEMO_MOST),
        status: InvoiceStatus::of_receivable(is_void(&status), balance),
    };
    let [created_at, changed_at] = times(object);
    Ok(Some(Found { body: Body::Invoice(invoice), created_at, changed_at }))
}
