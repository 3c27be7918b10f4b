//! A payable: a check that is to be issued until no amount is due.

use counterfoil_core::model::record::{Body, Check, CheckStatus, Named, Unreadable};

use super::{is_pending, is_void, status, times};
use crate::books::entry::{Found, MEMO_MOST, NUMBER_MOST, amount, date, named};
use crate::object::Object;

pub(super) fn read(object: &Object<'_>) -> Result<Option<Found>, Unreadable> {
    let status = status(object);
    if is_pending(&status) {
        return Ok(None);
    }
    let due = amount(object, "balance")?;
    let check = Check {
        number: object.text_of("bill_number", NUMBER_MOST),
        date: date(object, "date")?,
        amount: due,
        currency: object.currency("currency_code"),
        payee: named(object, "vendor_id", "vendor_name"),
        memo: object.text_of("reference_number", MEMO_MOST),
        bank_account: Named::default(),
        status: CheckStatus::of_payable(is_void(&status), due),
        pays: Vec::new(),
        due_date: object.date("due_date"),
    };
    let [created_at, changed_at] = times(object);
    Ok(Some(Found { body: Body::Check(check), created_at, changed_at }))
}
