//! Money spent directly. It is a check if the connection's rule says so.

use counterfoil_core::model::record::{Body, Check, CheckStatus, Unreadable};
use counterfoil_core::model::sync::ReadOptions;

use super::{Taken, taken, value};
use crate::books::entry::{Found, MEMO_MOST, amount, named};
use crate::object::Object;

pub(super) fn read(object: &Object<'_>, options: &ReadOptions) -> Result<Option<Found>, Unreadable> {
    let is_spent =
        object.text("Type").is_some_and(|kind| matches!(kind.as_str(), "SPEND" | "SPEND-PREPAYMENT" | "SPEND-OVERPAYMENT"));
    let Some(Taken { number, is_void }) = taken(object, options).filter(|_| is_spent) else { return Ok(None) };
    let line = object.list("LineItems").and_then(|lines| Object::parse(lines.first()?));
    let check = Check {
        number,
        date: value::day(object, "DateString", "Date").ok_or(Unreadable::DateUnreadable)?,
        amount: amount(object, "Total")?,
        currency: object.currency("CurrencyCode"),
        payee: named(&object.object("Contact"), "ContactID", "Name"),
        memo: line.and_then(|line| line.text_of("Description", MEMO_MOST)),
        bank_account: named(&object.object("BankAccount"), "AccountID", "Name"),
        status: if is_void { CheckStatus::Void } else { CheckStatus::Issued },
        pays: Vec::new(),
        due_date: None,
    };
    Ok(Some(Found { body: Body::Check(check), created_at: None, changed_at: value::time(object, "UpdatedDateUTC") }))
}
