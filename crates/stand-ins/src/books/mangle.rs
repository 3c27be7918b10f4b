//! What a fault makes of one page of records.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The kinds of fault that strike lists of records alone. Those of one record strike the first of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordFault {
    /// The connection closes half way through the body.
    CutOff,
    /// The page lacks the second half of its records; what is said of the page stays.
    ShortPage,
    /// The page before comes again.
    RepeatedPage,
    /// The page is cut from the list in the opposite order.
    ReorderedPage,
    /// The page has up to twice as many records as were asked for.
    OversizedPage,
    /// The status is 200 and the body an error.
    FaultInSuccess,
    /// A record lacks its id.
    WithoutId,
    /// An amount is a text where the platform has numbers, a number where it has texts.
    AmountOfOtherType,
    /// An amount is far larger than any money.
    AmountHuge,
    /// An amount is below zero.
    AmountNegative,
    /// An amount is missing.
    AmountAbsent,
    /// A date is none.
    DateOutOfRange,
    /// A record has fields that no document names.
    UnknownFields,
}

/// Where a platform has what a fault strikes, as JSON pointers.
#[derive(Clone, Copy)]
pub(crate) struct Fields {
    pub(crate) id: &'static str,
    pub(crate) amount: &'static str,
    pub(crate) date: &'static str,
}

impl RecordFault {
    /// Where the page begins, how many records it has, and whether the list is turned round.
    pub(crate) fn page(self, offset: usize, size: usize) -> (usize, usize, bool) {
        match self {
            Self::RepeatedPage => (offset.saturating_sub(size), size, false),
            Self::OversizedPage => (offset, size.saturating_mul(2), false),
            Self::ReorderedPage => (offset, size, true),
            _ => (offset, size, false),
        }
    }

    pub(crate) fn strike(self, records: &mut Vec<Value>, fields: Fields) {
        if self == Self::ShortPage {
            records.truncate(records.len() / 2);
        }
        let Some(record) = records.first_mut() else { return };
        match self {
            Self::WithoutId => remove(record, fields.id),
            Self::AmountAbsent => remove(record, fields.amount),
            Self::DateOutOfRange => put(record, fields.date, |_| json!("9999-99-99")),
            Self::AmountOfOtherType => put(record, fields.amount, |amount| match amount {
                Value::String(text) => text.parse::<f64>().map(Value::from).unwrap_or_default(),
                other => Value::String(other.to_string()),
            }),
            Self::AmountHuge => put(record, fields.amount, |amount| match amount {
                Value::String(_) => json!("9".repeat(80)),
                _ => json!(9.9e99),
            }),
            Self::AmountNegative => put(record, fields.amount, |amount| match amount {
                Value::String(text) => json!(format!("-{text}")),
                other => json!(-other.as_f64().unwrap_or_default()),
            }),
            Self::UnknownFields => record["fieldOfTomorrow"] = json!({ "nested": [1, "two", null] }),
            _ => (),
        }
    }
}

fn put(record: &mut Value, pointer: &str, change: impl FnOnce(&Value) -> Value) {
    if let Some(value) = record.pointer_mut(pointer) {
        *value = change(value);
    }
}

fn remove(record: &mut Value, pointer: &str) {
    let Some((parent, name)) = pointer.rsplit_once('/') else { return };
    if let Some(object) = record.pointer_mut(parent).and_then(Value::as_object_mut) {
        object.remove(name);
    }
}
