//! The payment of a bill. It is a check if the connection's rule says so. Its amounts in the bank's and in the bill's currency are never
//! mixed.

use counterfoil_core::model::record::{Body, Check, CheckStatus, EntityType, Named, Paid, RecordKey, Unreadable};
use counterfoil_core::model::sync::ReadOptions;
use rust_decimal::Decimal;

use super::accounts::Accounts;
use super::{Taken, taken, value};
use crate::books::entry::{Found, MEMO_MOST, amount, named};
use crate::object::Object;

/// Whether it pays a bill and the rule accepts it as a check.
pub(super) fn may_be_check(json: &str, options: &ReadOptions) -> bool {
    Object::parse(json).is_some_and(|object| pays_bill(&object) && taken(&object, options).is_some())
}

pub(super) fn read(object: &Object<'_>, options: &ReadOptions, accounts: &Accounts) -> Result<Option<Found>, Unreadable> {
    let Some(Taken { number, is_void }) = taken(object, options).filter(|_| pays_bill(object)) else { return Ok(None) };
    let invoice = object.object("Invoice");
    let (amount, currency) = money(object, &invoice, accounts)?;
    let check = Check {
        number,
        date: value::day(object, "DateString", "Date").ok_or(Unreadable::DateUnreadable)?,
        amount,
        currency,
        payee: named(&invoice.object("Contact"), "ContactID", "Name"),
        memo: object.text_of("Details", MEMO_MOST),
        bank_account: bank_account(object, accounts),
        status: if is_void { CheckStatus::Void } else { CheckStatus::Issued },
        pays: pays(object, &invoice),
        due_date: None,
    };
    Ok(Some(Found { body: Body::Check(check), created_at: None, changed_at: value::time(object, "UpdatedDateUTC") }))
}

fn pays_bill(object: &Object<'_>) -> bool {
    object.text("PaymentType").is_some_and(|kind| kind == "ACCPAYPAYMENT")
}

fn money(object: &Object<'_>, invoice: &Object<'_>, accounts: &Accounts) -> Result<(Decimal, Option<String>), Unreadable> {
    let account = object.object("Account").id("AccountID");
    let currency = account.and_then(|id| accounts.get(&id)?.currency.clone());
    match (currency, object.amount("BankAmount")) {
        (Some(currency), Some(amount)) => Ok((amount, Some(currency))),
        _ => Ok((amount(object, "Amount")?, invoice.currency("CurrencyCode"))),
    }
}

fn bank_account(object: &Object<'_>, accounts: &Accounts) -> Named {
    let Named { id, name } = named(&object.object("Account"), "AccountID", "Name");
    let known = id.as_deref().and_then(|id| accounts.get(id)?.name.clone());
    Named { id, name: name.or(known) }
}

fn pays(object: &Object<'_>, invoice: &Object<'_>) -> Vec<Paid> {
    let key = invoice.id("InvoiceID").map(|external_id| RecordKey { entity_type: EntityType::Invoice, external_id });
    key.map(|key| Paid { key, amount: object.amount("Amount") }).into_iter().collect()
}
