//! Xero's error bodies: problem objects for authentication, almost nothing for throttling, text for unavailability.

use std::fmt::Display;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::json;

use crate::fault::Place;
use crate::random;

/// The token is unknown, its grant has ended, or the tenant is not connected [pyxero PR 337; dcblogdev/laravel-xero issue 40].
pub(super) const UNSUCCESSFUL: &str = "AuthenticationUnsuccessful";

/// A problem object.
pub(super) struct Problem {
    status: StatusCode,
    detail: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Display) -> Self {
        Self { status, detail: detail.to_string() }
    }

    /// The 401 for an expired token.
    pub(super) fn expired(at: Timestamp) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, at.strftime("TokenExpired: token expired at %m/%d/%Y %H:%M:%S"))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({
            "Type": null,
            "Title": self.status.canonical_reason(),
            "Status": self.status.as_u16(),
            "Detail": self.detail,
            "Instance": random::uuid(),
            "Extensions": {},
        });
        (self.status, Json(body)).into_response()
    }
}

/// The answer to an invalid request.
pub(super) fn invalid(message: &str) -> Response {
    let body = json!({ "ErrorNumber": 10, "Type": "ValidationException", "Message": message, "Elements": [] });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

/// The answer to a request beyond a limit. A header names the limit; for the minute's and the day's another says how long it lasts
/// [developer.xero.com, FAQ "Limits"]. The name of the app's limit is not known.
pub(super) fn limited(problem: &'static str, retry_after: Option<i64>) -> Response {
    let mut answer = (StatusCode::TOO_MANY_REQUESTS, [("x-rate-limit-problem", problem)]).into_response();
    if let Some(seconds) = retry_after {
        answer.headers_mut().insert("retry-after", seconds.into());
    }
    answer
}

/// The answer for a status that the OAuth endpoints did not make.
pub(super) fn failure(_: Place, status: StatusCode, _: Timestamp) -> Response {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Problem::new(status, UNSUCCESSFUL).into_response(),
        StatusCode::TOO_MANY_REQUESTS => limited("minute", Some(60)),
        _ => (status, "The service is not available at the moment").into_response(),
    }
}
