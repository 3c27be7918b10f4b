//! The payment of bills. It is a check if its `PayType` says so.

use counterfoil_core::model::record::{EntityType, Paid, RecordKey, Unreadable};

use super::check;
use crate::books::entry::{Found, PAYS_MOST, named};
use crate::object::Object;

pub(super) fn read(object: &Object<'_>) -> Result<Option<Found>, Unreadable> {
    if !check::is_by_check(object, "PayType") {
        return Ok(None);
    }
    let payee = named(&object.object("VendorRef"), "value", "name");
    let bank_account = named(&object.object("CheckPayment").object("BankAccountRef"), "value", "name");
    check::read(object, payee, bank_account, pays(object)).map(Some)
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
