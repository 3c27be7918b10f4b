//! A sales invoice.

use counterfoil_core::model::record::{Body, Invoice, Unreadable};

use super::{is_void, times};
use crate::books::entry::{Found, MEMO_MOST, NUMBER_MOST, amount, date, named, receivable};
use crate::object::Object;

pub(super) fn read(object: &Object<'_>) -> Result<Option<Found>, Unreadable> {
    let balance = amount(object, "Balance")?;
    let invoice = Invoice {
        number: object.text_of("DocNumber", NUMBER_MOST),
        date: date(object, "TxnDate")?,
        due_date: object.date("DueDate"),
        total: amount(object, "TotalAmt")?,
        balance,
        currency: object.object("CurrencyRef").currency("value"),
        customer: named(&object.object("CustomerRef"), "value", "name"),
        memo: object.object("CustomerMemo").text_of("value", MEMO_MOST),
        status: receivable(is_void(object), balance),
    };
    let [created_at, changed_at] = times(object);
    Ok(Some(Found { body: Body::Invoice(invoice), created_at, changed_at }))
}
