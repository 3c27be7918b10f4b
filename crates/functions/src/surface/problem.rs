//! Error bodies: RFC 9457 with `code` and `request_id`, the partner API's envelope, or none. Only this file maps errors to statuses.

use std::time::Duration;

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{Extensions, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use counterfoil_core::{Ended, Error};
use serde::Serialize;
use utoipa::ToSchema;

use crate::surface::Surface;
use crate::surface::partner::envelope::{Reason, Refusal};
use crate::surface::words;

/// An error as an answer. The middleware `wrap` makes its body, when it knows the request's id.
#[derive(Debug, Clone)]
pub(crate) struct Problem(pub(crate) Error);

impl<E: Into<Error>> From<E> for Problem {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// An extension of an error's answer: the companies to choose from.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    /// The address to post the `company_id` to.
    pub(crate) choose_at: String,
    pub(crate) companies: Vec<Choosable>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ChoosableCompany)]
pub(crate) struct Choosable {
    pub(crate) company_id: String,
    pub(crate) name: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody<'a> {
    #[schema(value_type = String)]
    r#type: &'static str,
    title: &'a str,
    status: u16,
    #[schema(schema_with = words::code)]
    code: &'a str,
    detail: String,
    request_id: &'a str,
    /// An extension field of RFC 9457: the address to post the `company_id` to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    choose_at: Option<&'a str>,
    /// An extension field of RFC 9457: the companies to choose from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    companies: Option<&'a [Choosable]>,
}

impl Problem {
    pub(crate) fn status(&self) -> StatusCode {
        match &self.0 {
            Error::Invalid { code: "method_not_allowed", .. } => StatusCode::METHOD_NOT_ALLOWED,
            Error::Invalid { code: "body_too_large", .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Error::Invalid { code: "idempotency_key_reused", .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Invalid { .. } => StatusCode::BAD_REQUEST,
            Error::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Error::Forbidden { .. } => StatusCode::FORBIDDEN,
            Error::NotFound(_) => StatusCode::NOT_FOUND,
            Error::PlatformFailed { .. } | Error::ConsentNeeded { found: Ended::JustNow, .. } => StatusCode::BAD_GATEWAY,
            Error::Conflict { .. }
            | Error::ConsentNeeded { .. }
            | Error::TryLater { code: "idempotency_in_progress" | "sync_in_progress", .. } => StatusCode::CONFLICT,
            Error::TryLater { code: "too_many_consents", .. } => StatusCode::TOO_MANY_REQUESTS,
            Error::TryLater { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Error::Misconfigured { .. } | Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Whether the same request may succeed later.
    pub(crate) fn is_temporary(&self) -> bool {
        matches!(self.0, Error::TryLater { .. })
    }

    /// The body in the form of a surface, with the request's id.
    pub(crate) fn as_body(&self, request_id: &str, surface: Surface, extensions: &Extensions) -> Response {
        match surface {
            Surface::Connections => self.as_json(request_id, extensions.get()),
            Surface::Partner => self.as_refusal(request_id),
            Surface::PlatformWebhooks => self.status().into_response(),
        }
    }

    /// Adds the headers that belong to the error, whatever its body.
    pub(crate) fn with_headers(&self, mut response: Response) -> Response {
        match &self.0 {
            Error::Unauthenticated(_) => {
                response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Error::TryLater { retry_after, .. } | Error::PlatformFailed { retry_after: Some(retry_after), .. } => {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(whole_seconds(*retry_after)));
            }
            _ => {}
        }
        response
    }

    fn as_json(&self, request_id: &str, choice: Option<&Choice>) -> Response {
        let (status, detail) = (self.status(), self.in_words());
        let title = status.canonical_reason().unwrap_or("Error");
        let (r#type, status_code, code) = ("about:blank", status.as_u16(), self.0.code());
        let (choose_at, companies) = choice.map(|choice| (choice.choose_at.as_str(), choice.companies.as_slice())).unzip();
        let body = ProblemBody { r#type, title, status: status_code, code, detail, request_id, choose_at, companies };
        let body = serde_json::to_vec(&body).unwrap_or_default();
        (status, [(CONTENT_TYPE, "application/problem+json")], body).into_response()
    }

    fn as_refusal(&self, request_id: &str) -> Response {
        let reason = Reason { code: self.0.code(), message: self.in_words(), request_id };
        (self.status(), Json(Refusal { success: false, error: reason })).into_response()
    }

    fn in_words(&self) -> String {
        match &self.0 {
            Error::Internal(_) => "An internal error occurred. The log has it under the request id.".to_owned(),
            error => error.to_string(),
        }
    }
}

/// The time in seconds, rounded up, so that a client that waits for it is not early.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
