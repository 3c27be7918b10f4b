//! The payment of bills. It is a check if its mode says so, or if it was printed as one.

use counterfoil_core::model::record::{Body, Check, CheckStatus, EntityType, Paid, RecordKey, Unreadable};

use super::{is_pending, is_void, status, times};
use crate::books::entry::{Found, MEMO_MOST, NUMBER_MOST, PAYS_MOST, amount, date, named};
use crate::object::Object;

pub(super) fn read(object: &Object<'_>) -> Result<Option<Found>, Unreadable> {
    let status = status(object);
    if !is_check(object) || is_pending(&status) {
        return Ok(None);
    }
    let printed = object.object("check_details");
    let number = printed.text_of("check_number", NUMBER_MOST).or_else(|| object.text_of("reference_number", NUMBER_MOST));
    let memo = object.text_of("description", MEMO_MOST).or_else(|| printed.text_of("memo", MEMO_MOST));
    let check = Check {
        number,
        date: date(object, "date")?,
        amount: amount(object, "amount")?,
        currency: object.currency("currency_code"),
        payee: named(object, "vendor_id", "vendor_name"),
        memo,
        bank_account: named(object, "paid_through_account_id", "paid_through_account_name"),
        status: if is_void(&status) { CheckStatus::Void } else { CheckStatus::Issued },
        pays: pays(object),
        due_date: None,
    };
    let [created_at, changed_at] = times(object);
    Ok(Some(Found { body: Body::Check(check), created_at, changed_at }))
}

fn is_check(object: &Object<'_>) -> bool {
    let mode = object.text("payment_mode").unwrap_or_default();
    let mode = mode.trim();
    mode.eq_ignore_ascii_case("check")
        || mode.eq_ignore_ascii_case("cheque")
        || object.flag("is_paid_via_print_check").unwrap_or_default()
}

/// The bills that it pays, if the answer has their ids. A list has only their numbers.
fn pays(object: &Object<'_>) -> Vec<Paid> {
    let bills = object.list("bills").unwrap_or_default();
    let paid = bills.into_iter().filter_map(|json| {
        let bill = Object::parse(json)?;
        let key = RecordKey { entity_type: EntityType::Bill, external_id: bill.id("bill_id")? };
        Some(Paid { key, amount: bill.amount("amount_applied") })
    });
    paid.take(PAYS_MOST).collect()
}
