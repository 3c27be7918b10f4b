//! One record of a page. It is read by itself, so that one which cannot be read costs none of the others.

use counterfoil_core::model::record::{Body, CheckStatus, EntityType, InvoiceStatus, Named, Record, RecordKey, Unreadable};
use counterfoil_core::model::sync::Scope;
use counterfoil_core::port::accounting::Entry;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::object::Object;

/// The most characters that are kept of a number, a name, and a memo.
pub(crate) const NUMBER_MOST: usize = 100;
pub(crate) const NAME_MOST: usize = 500;
pub(crate) const MEMO_MOST: usize = 4_000;
/// The most payables of one payment that are kept.
pub(crate) const PAYS_MOST: usize = 1_000;
/// The most bytes of a platform's own JSON that are kept; more is not kept at all, since half of it is no JSON.
const SOURCE_MOST: usize = 200_000;

/// What a record says.
pub(crate) struct Found {
    pub(crate) body: Body,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) changed_at: Option<Timestamp>,
}

/// Reads a record; `read` gives `None` of what is no check and no invoice.
///
/// Of such a one an incremental run is told, since it may have been one before. A full run is not: it deletes what it has not read.
pub(crate) fn entry(
    scope: &Scope,
    entity_type: EntityType,
    id: &str,
    json: &str,
    read: impl FnOnce(&Object<'_>) -> Result<Option<Found>, Unreadable>,
) -> Option<Entry> {
    let unreadable = |external_id, reason| Some(Entry::Unreadable { entity_type, external_id, reason });
    let Some(object) = Object::parse(json) else { return unreadable(None, Unreadable::NotAnObject) };
    match (read(&object), object.id(id)) {
        (Ok(Some(found)), Some(external_id)) => {
            let Found { body, created_at, changed_at } = found;
            let source = (scope.keeps_source && json.len() <= SOURCE_MOST).then(|| json.to_owned());
            let key = RecordKey { entity_type, external_id };
            Some(Entry::Record(Box::new(Record { key, body, created_at, changed_at, source })))
        }
        (Ok(Some(_)), None) => unreadable(None, Unreadable::IdUnreadable),
        (Ok(None), Some(external_id)) => scope.since.map(|_| Entry::Absent(RecordKey { entity_type, external_id })),
        (Ok(None), None) => None,
        (Err(reason), external_id) => unreadable(external_id, reason),
    }
}

/// An amount that must be there.
pub(crate) fn amount(object: &Object<'_>, name: &str) -> Result<Decimal, Unreadable> {
    object.amount(name).ok_or(Unreadable::AmountUnreadable)
}

/// A date that must be there.
pub(crate) fn date(object: &Object<'_>, name: &str) -> Result<Date, Unreadable> {
    object.date(name).ok_or(Unreadable::DateUnreadable)
}

/// Something that has an id and a name.
pub(crate) fn named(object: &Object<'_>, id: &str, name: &str) -> Named {
    Named { id: object.id(id), name: object.text_of(name, NAME_MOST) }
}

/// How a payable stands of which so much is due.
pub(crate) fn payable(is_void: bool, due: Decimal) -> CheckStatus {
    match is_void {
        true => CheckStatus::Void,
        false if due > Decimal::ZERO => CheckStatus::ToBeIssued,
        false => CheckStatus::Closed,
    }
}

/// How a sales invoice stands of which so much is still to be paid.
pub(crate) fn receivable(is_void: bool, balance: Decimal) -> InvoiceStatus {
    match is_void {
        true => InvoiceStatus::Void,
        false if balance.is_zero() => InvoiceStatus::Paid,
        false => InvoiceStatus::Open,
    }
}
