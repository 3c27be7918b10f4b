//! A payable: a check that is to be issued until no amount is due.

use counterfoil_core::model::record::{Body, Check, CheckStatus, Named, Unreadable};

use super::{eastern, is_deleted, vendors};
use crate::books::entry::{Found, MEMO_MOST, NUMBER_MOST, amount, date};
use crate::object::Object;

pub(super) fn read(object: &Object<'_>) -> Result<Option<Found>, Unreadable> {
    if is_deleted(object) {
        return Ok(None);
    }
    let money = object.object("outstanding");
    let due = amount(&money, "amount")?;
    let check = Check {
        number: object.text_of("bill_number", NUMBER_MOST),
        date: date(object, "issue_date")?,
        amount: due,
        currency: money.currency("code").or_else(|| object.currency("currency_code")),
        payee: vendors::of_bill(object),
        memo: object.text_of("overall_description", MEMO_MOST),
        bank_account: Named::default(),
        status: CheckStatus::of_payable(false, due),
        pays: Vec::new(),
        due_date: object.date("due_date"),
    };
    let [created_at, changed_at] = ["created_at", "updated_at"].map(|name| eastern::time_of_utc(object, name));
    Ok(Some(Found { body: Body::Check(check), created_at, changed_at }))
}
