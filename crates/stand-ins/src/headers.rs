//! Reads the headers of a request.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
pub(crate) const JSON: &str = "application/json";

/// The client id and secret in the `Authorization: Basic` header, as OAuth token endpoints use it (RFC 6749, section 2.3.1); `None` if it
/// is missing, repeated or malformed.
pub(crate) fn basic_credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, encoded) = authorization(headers)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

/// The token in the `Authorization: Bearer` header.
pub(crate) fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = authorization(headers)?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// The scheme and the credentials in the `Authorization` header.
pub(crate) fn authorization(headers: &HeaderMap) -> Option<(&str, &str)> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    value.to_str().ok()?.split_once(' ')
}

/// Whether the body has this media type, with or without a charset.
pub(crate) fn has_content_type(headers: &HeaderMap, wanted: &str) -> bool {
    text(headers, CONTENT_TYPE)
        .and_then(|value| value.split(';').next())
        .is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case(wanted))
}

/// Whether the client accepts JSON. Some platforms answer XML otherwise.
pub(crate) fn accepts_json(headers: &HeaderMap) -> bool {
    text(headers, ACCEPT).is_some_and(|value| value.contains(JSON))
}

/// The address that the caller used, without a path, such as `http://127.0.0.1:4010`.
pub(crate) fn origin(headers: &HeaderMap) -> String {
    format!("http://{}", text(headers, HOST).unwrap_or("localhost"))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
