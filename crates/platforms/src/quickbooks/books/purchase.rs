//! Money spent directly. It is a check if its `PaymentType` says so.

use counterfoil_core::model::record::{Body, Check, CheckStatus, Unreadable};

use super::{is_void, times};
use crate::books::entry::{Found, MEMO_MOST, NUMBER_MOST, amount, date, named};
use crate::object::Object;

pub(super) fn read(object: &Object<'_>) -> Result<Option<Found>, Unreadable> {
    if !object.text("PaymentType").is_some_and(|kind| kind.eq_ignore_ascii_case("Check")) {
        return Ok(None);
    }
    let check = Check {
        number: object.text_of("DocNumber", NUMBER_MOST),
        date: date(object, "TxnDate")?,
        amount: amount(object, "TotalAmt")?,
        currency: object.object("CurrencyRef").currency("value"),
        payee: named(&object.object("EntityRef"), "value", "name"),
        memo: object.text_of("PrivateNote", MEMO_MOST),
        bank_account: named(&object.object("AccountRef"), "value", "name"),
        status: if is_void(object) { CheckStatus::Void } else { CheckStatus::Issued },
        pays: Vec::new(),
        due_date: None,
    };
    let [created_at, changed_at] = times(object);
    Ok(Some(Found { body: Body::Check(check), created_at, changed_at }))
}
