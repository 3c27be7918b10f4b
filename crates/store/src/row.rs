//! How things lie in the table. A row that should not exist is named as such, not guessed at.
//!
//! Two versions of this code read and write the same rows while one takes the place of the other. So every reader passes over
//! attributes that it does not know, no attribute changes its meaning, and a word that is not known is met in one of two ways.
//! Where there is a meaning that is safe, it is taken: an unknown scope permits nothing, an unknown freshness is `always`.
//! Elsewhere the row is [`StoreError::Newer`]: left out of lists, and told on its own route.

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

/// An item as the SDK has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The attribute that says by which schema a row was written; a row without it is of the first.
pub(crate) const SCHEMA: &str = "schema_version";
/// The schema that is written. It goes up when a reader must tell rows of two schemas apart.
const SCHEMA_VERSION: u32 = 1;

/// The attributes of a row, under a key.
pub(crate) fn to_item<T: Serialize>(key: &Key, row: T) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(row).map_err(|error| damaged(&key.pk, &error.to_string()))?;
    item.insert(PK.to_owned(), AttributeValue::S(key.pk.clone()));
    item.insert(SK.to_owned(), AttributeValue::S(key.sk.clone()));
    item.insert(SCHEMA.to_owned(), number(SCHEMA_VERSION));
    Ok(item)
}

/// A row out of an item.
pub(crate) fn from_item<T: DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    from_item_of(&name_of(&item), item)
}

/// The same of attributes without their key, from the item of that name.
pub(crate) fn from_item_of<T: DeserializeOwned>(name: &str, attributes: Item) -> Result<T, StoreError> {
    serde_dynamo::from_item(attributes).map_err(|error| damaged(name, &error.to_string()))
}

/// One attribute.
pub(crate) fn attribute<T: Serialize>(value: T) -> Result<AttributeValue, StoreError> {
    serde_dynamo::to_attribute_value(value).map_err(|error| damaged("", &error.to_string()))
}

/// A number.
pub(crate) fn number<T: Display + Copy>(value: T) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// Milliseconds since 1970.
pub(crate) fn millis(time: Timestamp) -> i64 {
    time.as_millisecond()
}

/// A time out of milliseconds since 1970.
pub(crate) fn time(item: &str, millis: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millis).map_err(|_| damaged(item, "a time out of range"))
}

/// The same where there may be none.
pub(crate) fn maybe_time(item: &str, millis: Option<i64>) -> Result<Option<Timestamp>, StoreError> {
    millis.map(|millis| time(item, millis)).transpose()
}

/// A word of a list that a later version may have made longer, where none of ours can stand for it.
pub(crate) fn word<T: FromStr>(item: &str, what: &str, text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| newer(item, what))
}

/// The same where one of ours can.
pub(crate) fn word_or<T: FromStr>(item: &str, what: &str, text: &str, instead: T) -> T {
    text.parse().unwrap_or_else(|_| {
        tracing::warn!(item, what, "a word of a later version is taken for another");
        instead
    })
}

/// A row of a later version.
pub(crate) fn newer(item: &str, what: &str) -> StoreError {
    StoreError::Newer { item: item.to_owned(), what: what.to_owned() }
}

/// Those of a list that can be read: one odd row must not hide the others. Reading it by its key still says what is wrong.
pub(crate) fn readable<T>(read: impl IntoIterator<Item = Result<T, StoreError>>) -> impl Iterator<Item = T> {
    read.into_iter().filter_map(|row| row.inspect_err(|error| tracing::error!(%error, "a row was left out of a list")).ok())
}

/// A row that should not exist.
pub(crate) fn damaged(item: &str, problem: &str) -> StoreError {
    StoreError::Damaged { item: item.to_owned(), problem: problem.to_owned() }
}

/// How an item is named in an error, which is logged: a flow by its label, since its id opens its result page.
pub(crate) fn name_of(item: &Item) -> String {
    let part = |name| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
    let (pk, sk) = (part(PK), part(SK));
    match pk.strip_prefix(FLOW) {
        Some(id) => FlowId::parse(id).map_or_else(|| "a flow".to_owned(), |id| format!("flow {}", id.label())),
        None => format!("{pk}/{sk}"),
    }
}

/// The key of an item, as an item.
pub(crate) fn key_item(key: &Key) -> Item {
    [(PK, &key.pk), (SK, &key.sk)].map(|(name, value)| (name.to_owned(), AttributeValue::S(value.clone()))).into()
}

/// An attribute that is a text.
pub(crate) fn text(item: &Item, name: &str) -> Result<String, StoreError> {
    item.get(name).and_then(|value| value.as_s().ok()).cloned().ok_or_else(|| damaged("", "an item without its key"))
}
