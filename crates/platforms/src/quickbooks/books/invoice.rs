//! A sales invoice.

use counterfoil_core::model::record::{Body, Invoice, InvoiceStatus, Unreadable};
use rust_decimal::Decimal;

use super::{is_void, times};
use crate::books::entry::{Found, MEMO_MOST, NUMBER_MOST, amount, date, named};
use crate::object::Object;

pub(super) fn read(object: &Object<'_>) -> Result<Option<Found>, Unreadable> {
    let (total, balance) = (amount(object, "TotalAmt")?, amount(object, "Balance")?);
    let invoice = Invoice {
        number: object.text_of("DocNumber", NUMBER_MOST),
        date: date(object, "TxnDate")?,
        due_date: object.date("DueDate"),
        total,
        balance,
        currency: object.object("CurrencyRef").currency("value"),
        customer: named(&object.object("CustomerRef"), "value", "name"),
        memo: object.object("CustomerMemo").text_of("value", MEMO_MOST),
        status: status(is_void(object), total, balance),
    };
    let [created_at, changed_at] = times(object);
    Ok(Some(Found { body: Body::Invoice(invoice), created_at, changed_at }))
}

/// Intuit has no status. An invoice is paid if nothing of a total above zero is due, so one of nothing is not.
fn status(is_void: bool, total: Decimal, balance: Decimal) -> InvoiceStatus {
    match InvoiceStatus::of_receivable(is_void, balance) {
        InvoiceStatus::Paid if total <= Decimal::ZERO => InvoiceStatus::Open,
        status => status,
    }
}
