//! A payable: a check that is to be issued until no amount is due.

use counterfoil_core::model::record::{Body, Check, CheckStatus, Named, Unreadable};

use super::{is_void, times};
use crate::books::entry::{Found, MEMO_MOST, NUMBER_MOST, amount, date, named};
use crate::object::Object;

pub(super) fn read(object: &Object<'_>) -> Result<Option<Found>, Unreadable> {
    let due = amount(object, "Balance")?;
    let check = Check {
        number: object.text_of("DocNumber", NUMBER_MOST),
        date: date(object, "TxnDate")?,
        amount: due,
        currency: object.object("CurrencyRef").currency("value"),
        payee: named(&object.object("VendorRef"), "value", "name"),
        memo: object.text_of("PrivateNote", MEMO_MOST),
        bank_account: Named::default(),
        status: CheckStatus::of_payable(is_void(object), due),
        pays: Vec::new(),
        due_date: object.date("DueDate"),
    };
    let [created_at, changed_at] = times(object);
    Ok(Some(Found { body: Body::Check(check), created_at, changed_at }))
}
