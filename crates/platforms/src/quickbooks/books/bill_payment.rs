//! The payment of bills. It is a check if its `PayType` says so.

use counterfoil_core::model::record::{Body, Check, CheckStatus, EntityType, Paid, RecordKey, Unreadable};

use super::{is_void, times};
use crate::books::entry::{Found, MEMO_MOST, NUMBER_MOST, PAYS_MOST, amount, date, named};
use crate::object::Object;

pub(super) fn read(object: &Object<'_>) -> Result<Option<Found>, Unreadable> {
    if !object.text("PayType").is_some_and(|kind| kind.eq_ignore_ascii_case("Check")) {
        return Ok(None);
    }
    let check = Check {
        number: object.text_of("DocNumber", NUMBER_MOST),
        date: date(object, "TxnDate")?,
        amount: amount(object, "TotalAmt")?,
        currency: object.object("CurrencyRef").currency("value"),
        payee: named(&object.object("VendorRef"), "value", "name"),
        memo: object.text_of("PrivateNote", MEMO_MOST),
        bank_account: named(&object.object("CheckPayment").object("BankAccountRef"), "value", "name"),
        status: if is_void(object) { CheckStatus::Void } else { CheckStatus::Issued },
        pays: pays(object),
        due_date: None,
    };
    let [created_at, changed_at] = times(object);
    Ok(Some(Found { body: Body::Check(check), created_at, changed_at }))
}

/// The bills that it pays. It may also pay credits. A line's amount is that of a bill only if the line has no other link.
fn pays(object: &Object<'_>) -> Vec<Paid> {
    let lines = object.list("Line").unwrap_or_default().into_iter().filter_map(Object::parse);
    let paid = lines.flat_map(|line| {
        let linked = line.list("LinkedTxn").unwrap_or_default();
        let amount = line.amount("Amount").filter(|_| linked.len() == 1);
        let bills = linked.into_iter().filter_map(|linked| bill(&Object::parse(linked)?));
        bills.map(move |key| Paid { key, amount }).collect::<Vec<_>>()
    });
    paid.take(PAYS_MOST).collect()
}

fn bill(linked: &Object<'_>) -> Option<RecordKey> {
    let is_bill = linked.text("TxnType").is_some_and(|kind| kind.eq_ignore_ascii_case("Bill"));
    let external_id = linked.id("TxnId").filter(|_| is_bill)?;
    Some(RecordKey { entity_type: EntityType::Bill, external_id })
}
