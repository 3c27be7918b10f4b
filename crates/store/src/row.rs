//! The encoding of items. A row that should not exist is an error that names it.
//!
//! During a deploy two versions of this code read and write the same rows. So every reader ignores unknown attributes, and no attribute
//! changes its meaning. An unknown word is handled in one of two ways. If there is a safe meaning, that is used: an unknown scope permits
//! nothing, an unknown freshness is `always`. Otherwise the row is [`StoreError::Newer`]: lists leave it out, and its own route reports it.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::flow::FlowId;
use counterfoil_core::port::store::StoreError;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::key::FLOW;
use crate::key::Key;
use crate::table::PK;
use crate::table::SK;

/// An item in the SDK's form.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The attribute with the schema of a row. A row without it has schema 1.
pub(crate) const SCHEMA: &str = "schema_version";
/// The schema of new rows. It rises when readers must distinguish two schemas.
const SCHEMA_VERSION: u32 = 1;

/// The item with this key and the attributes of a row.
pub(crate) fn to_item<T: Serialize>(key: &Key, row: T) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(row).map_err(|error| damaged(&key.pk, &error.to_string()))?;
    item.insert(PK.to_owned(), AttributeValue::S(key.pk.clone()));
    item.insert(SK.to_owned(), AttributeValue::S(key.sk.clone()));
    item.insert(SCHEMA.to_owned(), number(SCHEMA_VERSION));
    Ok(item)
}

/// Reads a row from an item.
pub(crate) fn from_item<T: DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    from_item_of(&name_of(&item), item)
}

/// Reads a row from attributes without their key; `name` is the item's name in errors.
pub(crate) fn from_item_of<T: DeserializeOwned>(name: &str, attributes: Item) -> Result<T, StoreError> {
    serde_dynamo::from_item(attributes).map_err(|error| damaged(name, &error.to_string()))
}

/// The attribute of a value.
pub(crate) fn attribute<T: Serialize>(value: T) -> Result<AttributeValue, StoreError> {
    serde_dynamo::to_attribute_value(value).map_err(|error| damaged("", &error.to_string()))
}

/// The attribute of a number.
pub(crate) fn number<T: Display + Copy>(value: T) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// Milliseconds since 1970.
pub(crate) fn millis(time: Timestamp) -> i64 {
    time.as_millisecond()
}

/// The time of milliseconds since 1970.
pub(crate) fn time(item: &str, millis: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millis).map_err(|_| damaged(item, "a time out of range"))
}

/// As [`time`], for an optional attribute.
pub(crate) fn maybe_time(item: &str, millis: Option<i64>) -> Result<Option<Timestamp>, StoreError> {
    millis.map(|millis| time(item, millis)).transpose()
}

/// Parses a word of a list that a later version may extend. An unknown word makes the row [`StoreError::Newer`].
pub(crate) fn word<T: FromStr>(item: &str, what: &str, text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| newer(item, what))
}

/// Parses a word of a list that a later version may extend. An unknown word is read as `instead`.
pub(crate) fn word_or<T: FromStr>(item: &str, what: &str, text: &str, instead: T) -> T {
    text.parse().unwrap_or_else(|_| {
        tracing::warn!(item, what, "an unknown value was replaced by its default");
        instead
    })
}

/// The error for a row of a later version.
pub(crate) fn newer(item: &str, what: &str) -> StoreError {
    StoreError::Newer { item: item.to_owned(), what: what.to_owned() }
}

/// The rows of a list that can be read. An unreadable row must not hide the others; a read by its key still reports it.
pub(crate) fn readable<T>(read: impl IntoIterator<Item = Result<T, StoreError>>) -> impl Iterator<Item = T> {
    read.into_iter().filter_map(|row| row.inspect_err(|error| tracing::error!(%error, "a row was left out of a list")).ok())
}

/// The error for a row that should not exist.
pub(crate) fn damaged(item: &str, problem: &str) -> StoreError {
    StoreError::Damaged { item: item.to_owned(), problem: problem.to_owned() }
}

/// The name of an item in errors and logs. A flow has its label, because its id opens its result page.
pub(crate) fn name_of(item: &Item) -> String {
    let part = |name| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
    let (pk, sk) = (part(PK), part(SK));
    match pk.strip_prefix(FLOW) {
        Some(id) => FlowId::parse(id).map_or_else(|| "a flow".to_owned(), |id| format!("flow {}", id.label())),
        None => format!("{pk}/{sk}"),
    }
}

/// The key of an item, in the SDK's form.
pub(crate) fn key_item(key: &Key) -> Item {
    [(PK, &key.pk), (SK, &key.sk)].map(|(name, value)| (name.to_owned(), AttributeValue::S(value.clone()))).into()
}

/// A text attribute.
pub(crate) fn text(item: &Item, name: &str) -> Result<String, StoreError> {
    item.get(name).and_then(|value| value.as_s().ok()).cloned().ok_or_else(|| damaged("", "an item without its key"))
}
