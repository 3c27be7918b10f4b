//! Errors as answers: each surface has its own body. Only this file maps the domain's errors to statuses.

use std::time::Duration;

use axum::Json;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{Extensions, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use counterfoil_core::{Ended, Error};

use crate::surface::Surface;
use crate::surface::connections::error_body;
use crate::surface::partner::envelope::{Reason, Refusal};

/// An error as an answer. The middleware `wrap` makes its body, when it knows the request's id.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) error: Error,
    pub(crate) status: StatusCode,
}

impl<E: Into<Error>> From<E> for Problem {
    fn from(error: E) -> Self {
        let error = error.into();
        Self { status: status_of(&error), error }
    }
}

/// The status of an error of the domain.
pub(crate) fn status_of(error: &Error) -> StatusCode {
    match error {
        Error::Invalid { .. } => StatusCode::BAD_REQUEST,
        Error::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
        Error::Forbidden { .. } => StatusCode::FORBIDDEN,
        Error::NotFound(_) => StatusCode::NOT_FOUND,
        Error::PlatformFailed { .. } | Error::ConsentNeeded { found: Ended::JustNow, .. } => StatusCode::BAD_GATEWAY,
        Error::Conflict { .. } | Error::ConsentNeeded { .. } | Error::InProgress { .. } => StatusCode::CONFLICT,
        Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::TryLater { .. } => StatusCode::SERVICE_UNAVAILABLE,
        Error::Misconfigured { .. } | Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl Problem {
    /// The method is not one of the address.
    pub(crate) fn method_not_allowed() -> Self {
        let error = Error::invalid("method_not_allowed", "This address does not accept this method.");
        Self { error, status: StatusCode::METHOD_NOT_ALLOWED }
    }

    /// The body is larger than the surface allows.
    pub(crate) fn body_too_large(message: &str) -> Self {
        Self { error: Error::invalid("body_too_large", message), status: StatusCode::PAYLOAD_TOO_LARGE }
    }

    pub(crate) fn log(&self) {
        match &self.error {
            error @ (Error::Internal(_) | Error::Misconfigured { .. }) => {
                tracing::error!(code = error.code(), fault = error.fault(), %error, "request failed");
            }
            error => tracing::info!(code = error.code(), "request refused"),
        }
    }

    /// The body in the form of a surface, with the request's id. The one of QuickBooks Desktop is made of a failure.
    pub(crate) fn as_body(&self, request_id: &str, surface: Surface, extensions: &Extensions) -> Response {
        match surface {
            Surface::Connections | Surface::Setup => {
                error_body::answer(self.status, self.error.code(), self.in_words(), request_id, extensions.get())
            }
            Surface::Partner => self.as_refusal(request_id),
            Surface::PlatformWebhooks | Surface::WebConnector | Surface::Desktop => self.status.into_response(),
        }
    }

    /// Adds the headers that belong to the error, whatever its body.
    pub(crate) fn with_headers(&self, mut response: Response) -> Response {
        match &self.error {
            Error::Unauthenticated(_) => {
                response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Error::TryLater { retry_after, .. }
            | Error::InProgress { retry_after, .. }
            | Error::TooMany { retry_after, .. }
            | Error::PlatformFailed { retry_after: Some(retry_after), .. } => {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(whole_seconds(*retry_after)));
            }
            _ => {}
        }
        response
    }

    fn as_refusal(&self, request_id: &str) -> Response {
        let reason = Reason { code: self.error.code(), message: self.in_words(), request_id };
        (self.status, Json(Refusal { success: false, error: reason })).into_response()
    }

    fn in_words(&self) -> String {
        match &self.error {
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
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
