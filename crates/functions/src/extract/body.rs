//! Request bodies, read strictly.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use counterfoil_core::Error;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;

use crate::extract::query::Query;
use crate::surface::problem::Problem;

/// A JSON body with the fields of `T` and no others.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let headers = request.headers().clone();
        Ok(Self(json(&headers, &whole(Bytes::from_request(request, state).await)?)?))
    }
}

/// The same. A missing body counts as an object without fields.
pub(crate) struct JsonOrNoBody<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for JsonOrNoBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let headers = request.headers().clone();
        let body = whole(Bytes::from_request(request, state).await)?;
        Ok(Self(if body.is_empty() { T::default() } else { json(&headers, &body)? }))
    }
}

/// A form body, read as strictly as a query.
pub(crate) struct FormBody(pub(crate) Query);

impl<S: Send + Sync> FromRequest<S> for FormBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let headers = request.headers().clone();
        Ok(Self(form(&headers, &whole(Bytes::from_request(request, state).await)?)?))
    }
}

/// Parses a JSON body. Errors repeat nothing of the body but the name of an unknown field.
fn json<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Error> {
    if !has_content_type(headers, "application/json") {
        return Err(Error::invalid("invalid_body", "The body must be JSON, with Content-Type: application/json."));
    }
    // RFC 8259, 8.1: a parser may ignore a byte order mark, and some clients send one.
    let text = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    // serde would read a JSON list as the fields in their order.
    if text.trim_ascii_start().first().is_some_and(|first| *first != b'{') && serde_json::from_slice::<IgnoredAny>(text).is_ok() {
        return Err(Error::invalid("invalid_body", "The body is JSON, but not an object."));
    }
    serde_json::from_slice(text).map_err(|error| {
        let message = match error.classify() {
            Category::Data if let Some(field) = unknown_field(&error.to_string()) => {
                format!("The body has an unknown field: {field}.")
            }
            Category::Data => {
                format!("The body is JSON, but not of the expected form (line {}, column {}).", error.line(), error.column())
            }
            _ => "The body is not JSON.".to_owned(),
        };
        Error::invalid("invalid_body", message)
    })
}

fn form(headers: &HeaderMap, body: &[u8]) -> Result<Query, Error> {
    let not_a_form = "The body must be a form, with Content-Type: application/x-www-form-urlencoded.";
    if !has_content_type(headers, "application/x-www-form-urlencoded") {
        return Err(Error::invalid("invalid_body", not_a_form));
    }
    let text = std::str::from_utf8(body).map_err(|_| Error::invalid("invalid_body", not_a_form))?;
    Ok(Query::parse(text))
}

/// The name of an unknown field, if it is a plausible name. Nothing else of a body is repeated.
fn unknown_field(error: &str) -> Option<&str> {
    let name = error.strip_prefix("unknown field `")?.split('`').next()?;
    let is_name = (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    is_name.then_some(name)
}

/// The body, if it was read to its end.
pub(crate) fn whole(body: Result<Bytes, BytesRejection>) -> Result<Bytes, Problem> {
    body.map_err(|_| Problem::body_too_large("The body is too large, or incomplete."))
}

fn has_content_type(headers: &HeaderMap, wanted: &str) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wanted))
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[test]
    fn a_body_that_is_no_object_is_refused() {
        #[derive(Debug, Default, PartialEq, Eq, Deserialize)]
        #[serde(default)]
        struct Fields {
            name: Option<String>,
        }
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"))]);
        let read = |text: &'static str| json::<Fields>(&headers, text.as_bytes());
        assert_eq!(read(r#" {"name":"a"}"#), Ok(Fields { name: Some("a".to_owned()) }));
        for text in ["[]", r#"["a"]"#, "null", "1", "\"a\"", "", "{"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_json_body_may_begin_with_a_byte_order_mark() {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"))]);
        let read = |text: &'static str| json::<BTreeMap<String, u8>>(&headers, text.as_bytes());
        assert_eq!(read("\u{feff}{\"a\":1}"), Ok(BTreeMap::from([("a".to_owned(), 1)])));
        assert!(read("\u{feff}\u{feff}{}").is_err());
    }
}
