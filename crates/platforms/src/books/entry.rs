//! Reads one record of a page. Each is read separately, so that an unreadable record affects no other.

use counterfoil_core::model::record::{Body, EntityType, Named, Record, RecordKey, Unreadable};
pub(crate) use counterfoil_core::model::record::{MEMO_MOST, NAME_MOST, NUMBER_MOST, PAYS_MOST};
use counterfoil_core::model::sync::ReadOptions;
use counterfoil_core::port::accounting::Entry;
use counterfoil_core::port::store::records::SOURCE_LONGEST;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::object::Object;

/// The fields of a check or an invoice.
pub(crate) struct Found {
    pub(crate) body: Body,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) changed_at: Option<Timestamp>,
}

/// Reads a record. `read` returns `None` for one that is neither a check nor an invoice.
///
/// An incremental run gets such a record as absent, because it may have been a check before. A full run does not get it, and marks stored
/// records that it has not seen as deleted.
pub(crate) fn entry(
    options: &ReadOptions,
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
            let source = (options.keeps_source && json.len() <= SOURCE_LONGEST).then(|| json.to_owned());
            let key = RecordKey { entity_type, external_id };
            Some(Entry::Record(Box::new(Record { key, body, created_at, changed_at, source })))
        }
        (Ok(Some(_)), None) => unreadable(None, Unreadable::IdUnreadable),
        (Ok(None), Some(external_id)) => options.since.map(|_| Entry::Absent(RecordKey { entity_type, external_id })),
        (Ok(None), None) => None,
        (Err(reason), external_id) => unreadable(external_id, reason),
    }
}

/// An amount that a record must have.
pub(crate) fn amount(object: &Object<'_>, name: &str) -> Result<Decimal, Unreadable> {
    object.amount(name).ok_or(Unreadable::AmountUnreadable)
}

/// A date that a record must have.
pub(crate) fn date(object: &Object<'_>, name: &str) -> Result<Date, Unreadable> {
    object.date(name).ok_or(Unreadable::DateUnreadable)
}

/// An id and a name.
pub(crate) fn named(object: &Object<'_>, id: &str, name: &str) -> Named {
    Named { id: object.id(id), name: object.text_of(name, NAME_MOST) }
}
