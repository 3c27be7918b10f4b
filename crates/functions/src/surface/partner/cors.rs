//! CORS: pages at the origins of a partner's redirect URIs may read the partner API's answers.
//!
//! A preflight has no key and therefore no partner, so it allows every origin. The answer itself then allows only the partner's origins.
//! An answer to a caller without a known partner contains nothing of any partner, and every page may read it.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_MAX_AGE, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use counterfoil_core::model::partner::Partner;
use url::Url;

/// The headers of an answer that a page may read.
const EXPOSED: &str = "idempotency-replayed, link, retry-after, x-request-id";

/// The answer to a preflight.
pub(crate) async fn preflight(headers: HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let allowed = response.headers_mut();
    allowed.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PATCH, DELETE"));
    allowed.insert(
        ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("authorization, content-type, x-api-key, idempotency-key"),
    );
    allowed.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    allow(headers.get(ORIGIN).cloned(), None, response)
}

/// Allows the page at `origin` to read an answer, if the origin is one of the partner's, or if no partner is known.
pub(crate) fn allow(origin: Option<HeaderValue>, partner: Option<&Partner>, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("origin"));
    let origin = origin.filter(|origin| partner.is_none_or(|partner| is_of(partner, origin)));
    if let Some(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
    response
}

fn is_of(partner: &Partner, origin: &HeaderValue) -> bool {
    let of = |uri: &String| Url::parse(uri).is_ok_and(|url| url.origin().ascii_serialization().as_bytes() == origin.as_bytes());
    partner.redirect_uris.iter().any(of)
}
