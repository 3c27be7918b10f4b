//! What the token and the revocation endpoint share: who is asking, and how they refuse.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::environment::Environment;
use crate::basic_auth;
use crate::journal::Outcome;
use crate::kept_file::KeptFileError;
use crate::params::BadParams;

/// An OAuth error answer (RFC 6749, section 5.2), in Intuit's words.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    error: &'static str,
    description: Option<String>,
}

impl Refusal {
    /// The request itself is wrong.
    pub(super) fn invalid_request(description: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error: "invalid_request", description: Some(description.into()) }
    }

    /// The code or token is dead, unknown or not this client's.
    pub(super) fn invalid_grant(description: &str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error: "invalid_grant", description: Some(description.to_owned()) }
    }

    pub(super) fn unsupported_grant_type() -> Self {
        Self { status: StatusCode::BAD_REQUEST, error: "unsupported_grant_type", description: None }
    }

    fn invalid_client() -> Self {
        Self { status: StatusCode::UNAUTHORIZED, error: "invalid_client", description: None }
    }
}

impl From<BadParams> for Refusal {
    fn from(bad: BadParams) -> Self {
        Self::invalid_request(bad.to_string())
    }
}

/// Not the client's fault: what was done for it would not outlive the stand-in, so it is not told of it.
impl From<KeptFileError> for Refusal {
    fn from(error: KeptFileError) -> Self {
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self { status, error: "server_error", description: Some(error.to_string()) }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = json!({ "error": self.error });
        if let Some(description) = &self.description {
            body["error_description"] = json!(description);
        }
        let mut answer = (self.status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response();
        let outcome = format!("{} {}", self.status.as_u16(), self.error);
        answer.extensions_mut().insert(Outcome(outcome.into()));
        answer
    }
}

/// Whose keys the `Authorization: Basic` header holds.
pub(super) fn authenticate(headers: &HeaderMap) -> Result<Environment, Refusal> {
    let (id, secret) = basic_auth::credentials(headers).ok_or_else(Refusal::invalid_client)?;
    Environment::of_client(&id).filter(|environment| environment.client_secret() == secret).ok_or_else(Refusal::invalid_client)
}

/// Refuses a body of another media type than `wanted`; a charset beside it is fine.
pub(super) fn require_content_type(headers: &HeaderMap, wanted: &str) -> Result<(), Refusal> {
    if has_content_type(headers, wanted) {
        Ok(())
    } else {
        Err(Refusal::invalid_request(format!("the content type must be {wanted}")))
    }
}

pub(super) fn has_content_type(headers: &HeaderMap, wanted: &str) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case(wanted))
}
