//! The key of a record in the index by date.

use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::stored_record::RecordId;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::records::Dated;
use jiff::civil::Date;

use crate::key::{Key, records_of};
use crate::row::{Item, damaged, key_item, text};
use crate::table::{LIST_PK, LIST_SK};

pub(super) fn list_sk(date: Date, id: &RecordId) -> String {
    format!("{date}#{id}")
}

/// The key of an entry in the list by date.
pub(crate) fn list_position(connection: &ConnectionId, dated: &Dated) -> Item {
    let mut item = key_item(&Key::record(&connection.partner, &dated.id));
    item.insert(LIST_PK.to_owned(), AttributeValue::S(records_of(connection, dated.id.kind())));
    item.insert(LIST_SK.to_owned(), AttributeValue::S(list_sk(dated.date, &dated.id)));
    item
}

/// Reads an entry of the list by date.
pub(crate) fn dated(item: &Item) -> Result<Dated, StoreError> {
    let place = text(item, LIST_SK)?;
    let parse = || {
        let (date, id) = place.split_once('#')?;
        Some(Dated { date: Date::from_str(date).ok()?, id: RecordId::parse(id)? })
    };
    parse().ok_or_else(|| damaged(&place, "no place in a list by date"))
}
