//! Applies a fault to one page of records.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The faults of lists of records. A fault of one record applies to the first record of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordFault {
    /// The connection closes in the middle of the body.
    CutOff,
    /// The page lacks the second half of its records. What the answer says about the page stays.
    ShortPage,
    /// The page before is sent again.
    RepeatedPage,
    /// The page is taken from the list in the opposite order.
    ReorderedPage,
    /// The page has up to twice as many records as requested.
    OversizedPage,
    /// The status is 200 and the body is an error.
    FaultInSuccess,
    /// A record has no id.
    WithoutId,
    /// An amount is a text instead of a number, or a number instead of a text.
    AmountOfOtherType,
    /// An amount is larger than any real amount.
    AmountHuge,
    /// An amount is negative.
    AmountNegative,
    /// An amount is missing.
    AmountAbsent,
    /// A date is invalid.
    DateOutOfRange,
    /// A record has fields that are not documented.
    UnknownFields,
}

/// The fields that faults change, as JSON pointers.
#[derive(Clone, Copy)]
pub(crate) struct Fields {
    pub(crate) id: &'static str,
    pub(crate) amount: &'static str,
    pub(crate) date: &'static str,
}

impl RecordFault {
    /// Where the page begins, how many records it has, and whether the list is reversed.
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
