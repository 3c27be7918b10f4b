//! The content type that a request asks for.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

/// Whether the header `Accept` names this type.
pub(crate) fn accepts(headers: &HeaderMap, wanted: &str) -> bool {
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|kind| kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wanted)))
}
