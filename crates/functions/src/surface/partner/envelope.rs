//! The shape of the partner API's answers: `{"success": true, "data": …}`, or `{"success": false, "error": …}` in camelCase.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::surface::words;

/// A successful answer.
#[derive(Serialize)]
pub(crate) struct Envelope<T> {
    success: bool,
    data: T,
}

impl<T> Envelope<T> {
    pub(crate) fn of(data: T) -> Self {
        Self { success: true, data }
    }
}

/// A page of a list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page<T> {
    success: bool,
    data: Vec<T>,
    next_cursor: Option<String>,
}

impl<T> Page<T> {
    pub(crate) fn of(data: Vec<T>, next_cursor: Option<String>) -> Self {
        Self { success: true, data, next_cursor }
    }
}

/// A time in this API's form: `2025-11-12T10:30:00Z`, without fractions.
pub(crate) fn to_the_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

/// An error answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct Refusal<'a> {
    pub(crate) success: bool,
    pub(crate) error: Reason<'a>,
}

/// The error in it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RefusalReason)]
pub(crate) struct Reason<'a> {
    #[schema(schema_with = words::code)]
    pub(crate) code: &'a str,
    pub(crate) message: String,
    pub(crate) request_id: &'a str,
}
