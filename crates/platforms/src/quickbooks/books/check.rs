//! The fields that bill payments and purchases share.

use counterfoil_core::model::record::{Body, Check, CheckStatus, Named, Paid, Unreadable};

use super::{is_void, times};
use crate::books::entry::{Found, MEMO_MOST, NUMBER_MOST, amount, date};
use crate::object::Object;

/// Reads a check. Its payee, bank account and bills are in other fields of each kind, so the caller gives them.
pub(super) fn read(object: &Object<'_>, payee: Named, bank_account: Named, pays: Vec<Paid>) -> Result<Found, Unreadable> {
    let check = Check {
        number: object.text_of("DocNumber", NUMBER_MOST),
        date: date(object, "TxnDate")?,
        amount: amount(object, "TotalAmt")?,
        currency: object.object("CurrencyRef").currency("value"),
        payee,
        memo: object.text_of("PrivateNote", MEMO_MOST),
        bank_account,
        status: if is_void(object) { CheckStatus::Void } else { CheckStatus::Issued },
        pays,
        due_date: None,
    };
    let [created_at, changed_at] = times(object);
    Ok(Found { body: Body::Check(check), created_at, changed_at })
}

/// Whether the field says that it was paid by check.
pub(super) fn is_by_check(object: &Object<'_>, field: &str) -> bool {
    object.text(field).is_some_and(|kind| kind.eq_ignore_ascii_case("Check"))
}
