//! Bodies, read strictly.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, header};
use counterfoil_core::Error;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::extract::query::Query;

/// A body of JSON, with the fields that are known and no others.
///
/// # Errors
/// `Invalid`, saying what is wrong and repeating nothing of it.
pub(crate) fn json<T: DeserializeOwned>(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<T, Error> {
    let body = body.map_err(|_| body_too_large())?;
    if !has_content_type(headers, "application/json") {
        return Err(Error::invalid("invalid_body", "The body must be JSON, with Content-Type: application/json."));
    }
    // RFC 8259, 8.1: a parser may ignore a byte order mark, and some clients send one.
    let text = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&body);
    serde_json::from_slice(text).map_err(|error| {
        let message = match error.classify() {
            Category::Data => {
                format!("The body is JSON, but not of the expected form (line {}, column {}).", error.line(), error.column())
            }
            _ => "The body is not JSON.".to_owned(),
        };
        Error::invalid("invalid_body", message)
    })
}

/// A body that is a form, read as strictly as a query.
///
/// # Errors
/// `Invalid`, saying what is wrong and repeating nothing of it.
pub(crate) fn form(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Query, Error> {
    let body = body.map_err(|_| body_too_large())?;
    let not_a_form = "The body must be a form, with Content-Type: application/x-www-form-urlencoded.";
    if !has_content_type(headers, "application/x-www-form-urlencoded") {
        return Err(Error::invalid("invalid_body", not_a_form));
    }
    let text = std::str::from_utf8(&body).map_err(|_| Error::invalid("invalid_body", not_a_form))?;
    Ok(Query::parse(text))
}

pub(crate) fn body_too_large() -> Error {
    Error::invalid("body_too_large", "The body is larger than 64 KiB, or incomplete.")
}

pub(crate) fn has_content_type(headers: &HeaderMap, wanted: &str) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wanted))
}

pub(crate) const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_json_body_may_begin_with_a_byte_order_mark() {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"))]);
        let read = |text: &'static str| json::<Vec<u8>>(&headers, Ok(Bytes::from_static(text.as_bytes())));
        assert_eq!(read("\u{feff}[1]"), Ok(vec![1]));
        assert!(read("\u{feff}\u{feff}[1]").is_err());
    }
}
