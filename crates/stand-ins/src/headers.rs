//! What a request says in its headers: who asks, what is sent, what is wanted, and by which address we were reached.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderName};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";
pub(crate) const JSON: &str = "application/json";

/// The client id and secret of the one `Authorization: Basic` header, as OAuth token endpoints use it (RFC 6749, section
/// 2.3.1); `None` where it is missing, repeated or malformed.
pub(crate) fn basic_credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, encoded) = authorization(headers)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

/// The token of the one `Authorization: Bearer` header.
pub(crate) fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = authorization(headers)?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// Scheme and credentials of the one `Authorization` header.
pub(crate) fn authorization(headers: &HeaderMap) -> Option<(&str, &str)> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    value.to_str().ok()?.split_once(' ')
}

/// Whether the body is of that media type; a charset beside it is fine.
pub(crate) fn has_content_type(headers: &HeaderMap, wanted: &str) -> bool {
    text(headers, CONTENT_TYPE)
        .and_then(|value| value.split(';').next())
        .is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case(wanted))
}

/// Whether JSON is asked for: platforms that answer XML without it must be asked.
pub(crate) fn accepts_json(headers: &HeaderMap) -> bool {
    text(headers, ACCEPT).is_some_and(|value| value.contains(JSON))
}

/// The address that the caller reached us by, without a path, such as `http://127.0.0.1:4010`.
pub(crate) fn origin(headers: &HeaderMap) -> String {
    format!("http://{}", text(headers, HOST).unwrap_or("localhost"))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
