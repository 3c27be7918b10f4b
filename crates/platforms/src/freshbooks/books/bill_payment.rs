//! The payment of a bill. It is a check if its type says so. Its note may be the check's number.

use std::collections::BTreeSet;

use counterfoil_core::model::record::{Body, Check, CheckStatus, EntityType, Named, Paid, RecordKey, Unreadable};

use super::is_deleted;
use super::vendors::Vendors;
use crate::books::check_number::check_number;
use crate::books::entry::{Found, MEMO_MOST, amount, date};
use crate::object::Object;

pub(super) fn read(object: &Object<'_>, vendors: &Vendors) -> Result<Option<Found>, Unreadable> {
    if !is_check(object) {
        return Ok(None);
    }
    let money = object.object("amount");
    let amount = amount(&money, "amount")?;
    let bill = object.id("billid");
    let check = Check {
        number: object.text("note").as_deref().and_then(check_number).map(str::to_owned),
        date: date(object, "paid_date")?,
        amount,
        currency: money.currency("code"),
        payee: bill.as_deref().map(|bill| vendors.of_bill(bill)).unwrap_or_default(),
        memo: object.text_of("note", MEMO_MOST),
        bank_account: Named::default(),
        status: CheckStatus::Issued,
        pays: bill.map(|bill| pays(bill, amount)).into_iter().collect(),
        due_date: None,
    };
    Ok(Some(Found { body: Body::Check(check), created_at: None, changed_at: None }))
}

/// The bills that are paid by the checks among these payments.
pub(super) fn bills(payments: &[&str]) -> BTreeSet<String> {
    let payments = payments.iter().filter_map(|json| Object::parse(json));
    payments.filter(is_check).filter_map(|payment| payment.id("billid")).collect()
}

fn is_check(object: &Object<'_>) -> bool {
    !is_deleted(object) && object.text("payment_type").is_some_and(|kind| kind.trim().eq_ignore_ascii_case("Check"))
}

fn pays(bill: String, amount: rust_decimal::Decimal) -> Paid {
    Paid { key: RecordKey { entity_type: EntityType::Bill, external_id: bill }, amount: Some(amount) }
}
