//! Intuit's two error envelopes. The gateway before the API answers for authentication, throttling and its own failures, in lower case with
//! an integer time [raw body in intuit/oauth-jsclient issue 2]. The API answers for the request, in upper case [Intuit's reference pages].

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::tz::Offset;
use serde_json::json;

use crate::fault::Place;

/// The gateway's answer for a status: 401 is code 3200, 403 is 3100, 429 is 3001, any other the system fault 10000.
pub(super) fn failure(_: Place, status: StatusCode, now: Timestamp) -> Response {
    let (code, message, detail, kind) = match status {
        StatusCode::UNAUTHORIZED => ("3200", "AuthenticationFailed", "Token expired or revoked", "AUTHENTICATION"),
        StatusCode::FORBIDDEN => {
            ("3100", "ApplicationAuthorizationFailed", "The grant does not reach this company", "AUTHORIZATION")
        }
        StatusCode::TOO_MANY_REQUESTS => ("3001", "ThrottleExceeded", "Wait 60 seconds", "SERVICE"),
        _ => ("10000", "SystemFailure", "An application error has occurred", "SYSTEM"),
    };
    let message = format!("message={message}; errorCode={code:0>6}; statusCode={}", status.as_u16());
    let body = json!({
        "warnings": null,
        "intuitObject": null,
        "fault": {
            "error": [{ "message": message, "detail": detail, "code": code, "element": null }],
            "type": kind,
        },
        "report": null,
        "queryResponse": null,
        "batchItemResponse": [],
        "attachableResponse": [],
        "syncErrorResponse": null,
        "requestId": null,
        "time": now.as_millisecond(),
        "status": null,
        "cdcresponse": [],
    });
    (status, Json(body)).into_response()
}

/// The API's own refusal of a request.
pub(super) fn validation_fault(code: &str, message: &str, detail: &str, now: Timestamp) -> Response {
    let body = json!({
        "Fault": {
            "Error": [{ "Message": message, "Detail": detail, "code": code, "element": "" }],
            "type": "ValidationFault",
        },
        "time": pacific_time(now),
    });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

/// A time as the API writes it: to the millisecond, with Intuit's own offset.
pub(super) fn pacific_time(now: Timestamp) -> String {
    format!("{:.3}", now.display_with_offset(Offset::constant(-7)))
}
