//! From a transaction to an entry of a page.

use counterfoil_core::model::record::{
    Body, Check, CheckStatus, EntityType, Invoice, InvoiceStatus, MEMO_MOST, NAME_MOST, NUMBER_MOST, Named, PAYS_MOST, Paid,
    Record, RecordKey, Unreadable,
};
use counterfoil_core::port::accounting::Entry;
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::deleted::Deleted;
use super::transaction::{Party, Transaction};
use crate::qbxml::Element;
use crate::resource::Resource;

/// Amounts are below this number.
const AMOUNT_LIMIT: Decimal = Decimal::from_parts(2_764_472_320, 232_830, 0, false, 0);
/// The largest number of digits behind the point.
const FRACTION_MOST: u32 = 6;
/// The longest id.
const ID_LONGEST: usize = 64;

/// The type of the records of a resource; `None` if its objects are no records.
pub(super) const fn entity_type(resource: Resource) -> Option<EntityType> {
    match resource {
        Resource::Check => Some(EntityType::Check),
        Resource::BillCheckPayment => Some(EntityType::BillPaymentCheck),
        Resource::Bill => Some(EntityType::Bill),
        Resource::Invoice => Some(EntityType::Invoice),
        Resource::Account | Resource::Customer | Resource::Vendor => None,
    }
}

/// Reads an object of a list. `None` if the resource is no transaction.
pub(super) fn entry(resource: Resource, object: &Element, keeps_source: bool) -> Option<Entry> {
    let (entity_type, transaction) = (entity_type(resource)?, Transaction::read(resource, object)?);
    let external_id = transaction.id.filter(|id| is_id(id)).map(str::to_owned);
    let body = body(resource, &transaction);
    let (reason, external_id) = match (body, external_id) {
        (Ok(body), Some(external_id)) => {
            let key = RecordKey { entity_type, external_id };
            let source = keeps_source.then(|| resource.read(object).ok()).flatten().map(|value| value.to_string());
            let Transaction { created_at, changed_at, .. } = transaction;
            return Some(Entry::Record(Box::new(Record { key, body, created_at, changed_at, source })));
        }
        (Ok(_), None) => (Unreadable::IdUnreadable, None),
        (Err(reason), external_id) => (reason, external_id),
    };
    Some(Entry::Unreadable { entity_type, external_id, reason })
}

/// The record that was deleted. `None` without an id that a record could have.
pub(super) fn absent(deleted: Deleted<'_>) -> Option<Entry> {
    let external_id = Some(deleted.id).filter(|id| is_id(id))?.to_owned();
    Some(Entry::Absent(RecordKey { entity_type: entity_type(deleted.resource)?, external_id }))
}

fn body(resource: Resource, read: &Transaction<'_>) -> Result<Body, Unreadable> {
    let (whole, date) = (amount(read.amount)?, date(read.date)?);
    let (number, memo) = (cut(read.number, NUMBER_MOST), cut(read.memo, MEMO_MOST));
    let currency = read.currency.map(str::to_owned);
    if resource == Resource::Invoice {
        let balance = amount(read.due)?;
        let status = InvoiceStatus::of_receivable(read.is_void, balance);
        let (due_date, customer) = (read.due_date.filter(|date| is_date(*date)), named(read.party));
        return Ok(Body::Invoice(Invoice { number, date, due_date, total: whole, balance, currency, customer, memo, status }));
    }
    let (amount, status) = match resource {
        Resource::Bill => {
            let due = amount(read.due)?;
            (due, CheckStatus::of_payable(read.is_void, due))
        }
        _ => (whole, if read.is_void { CheckStatus::Void } else { CheckStatus::Issued }),
    };
    let pays = read.pays.iter().filter(|paid| is_id(paid.id)).take(PAYS_MOST);
    let paid = |id: &str, amount| Paid { key: RecordKey { entity_type: EntityType::Bill, external_id: id.to_owned() }, amount };
    Ok(Body::Check(Check {
        number,
        date,
        amount,
        currency,
        payee: named(read.party),
        memo,
        bank_account: named(read.bank_account),
        status,
        pays: pays.map(|bill| paid(bill.id, bill.amount.and_then(bounded))).collect(),
        due_date: read.due_date.filter(|date| is_date(*date)),
    }))
}

fn amount(amount: Option<Decimal>) -> Result<Decimal, Unreadable> {
    amount.and_then(bounded).ok_or(Unreadable::AmountUnreadable)
}

/// The amount, without zeros behind its sixth digit behind the point. `None` if it is too large or has further digits there.
fn bounded(amount: Decimal) -> Option<Decimal> {
    let amount = if amount.scale() > FRACTION_MOST { amount.normalize() } else { amount };
    (amount.abs() < AMOUNT_LIMIT && amount.scale() <= FRACTION_MOST).then_some(amount)
}

fn date(date: Option<Date>) -> Result<Date, Unreadable> {
    date.filter(|date| is_date(*date)).ok_or(Unreadable::DateUnreadable)
}

fn is_date(date: Date) -> bool {
    (1900..2200).contains(&date.year())
}

fn is_id(id: &str) -> bool {
    (1..=ID_LONGEST).contains(&id.chars().count()) && !id.contains(char::is_whitespace)
}

fn named(party: Party<'_>) -> Named {
    Named { id: party.id.filter(|id| is_id(id)).map(str::to_owned), name: cut(party.name, NAME_MOST) }
}

fn cut(text: Option<&str>, most: usize) -> Option<String> {
    text.map(|text| text.chars().take(most).collect())
}
