//! Errors in Conductor's form.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use counterfoil_core::Error;
use counterfoil_core::model::desktop::job::JobFailure;
use counterfoil_core::service::job::ask::{AskError, REQUEST_MOST};
use counterfoil_desktop::failure::Failure;
use counterfoil_desktop::resource::{InvalidParameter, Unreadable};

use crate::surface::problem::Problem;

/// The header that stops an SDK's repetition of a request.
const SHOULD_RETRY: &str = "x-should-retry";

/// A failed request. The middleware `wrap` makes its body, when it knows the request's id.
#[derive(Debug, Clone)]
pub(crate) enum Refused {
    /// For this reason.
    Failed(Failure),
    /// The session of an iterator has ended. Only a list sees this: it begins again.
    IteratorLost,
}

impl Refused {
    fn failure(&self) -> Failure {
        match self {
            Self::Failed(failure) => failure.clone(),
            Self::IteratorLost => Failure::interrupted(false),
        }
    }

    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.failure().code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The answer, with the request's id.
    pub(crate) fn with_id(&self, request_id: &str) -> Response {
        let failure = self.failure();
        let mut response =
            (self.status(), [(header::CONTENT_TYPE, "application/json")], failure.to_json(request_id)).into_response();
        let should_retry = HeaderValue::from_static(if failure.can_repeat { "true" } else { "false" });
        response.headers_mut().insert(SHOULD_RETRY, should_retry);
        response
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<&Error> for Refused {
    fn from(error: &Error) -> Self {
        Self::Failed(match error {
            Error::Unauthenticated(_) => Failure::api_key_invalid(),
            Error::Forbidden { message, .. } => Failure::permission_denied(message.clone()),
            Error::NotFound(message) => Failure::missing(*message),
            Error::Invalid { message, .. } | Error::Conflict { message, .. } => Failure::invalid_request(message.clone()),
            _ => Failure::internal(),
        })
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Problem::from(error).into()
    }
}

impl From<&Problem> for Refused {
    fn from(problem: &Problem) -> Self {
        match problem.status {
            StatusCode::METHOD_NOT_ALLOWED => Failure::method_not_allowed().into(),
            StatusCode::PAYLOAD_TOO_LARGE => Failure::request_too_large(problem.error.to_string()).into(),
            _ => Self::from(&problem.error),
        }
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        problem.log();
        Self::from(&problem)
    }
}

impl From<InvalidParameter> for Refused {
    fn from(invalid: InvalidParameter) -> Self {
        Self::Failed(Failure::invalid_request(invalid.to_string()))
    }
}

impl From<Unreadable> for Refused {
    fn from(unreadable: Unreadable) -> Self {
        tracing::error!(%unreadable, "an object of QuickBooks could not be read");
        Self::Failed(Failure::broken_answer(unreadable.to_string()))
    }
}

/// The refusal of a request for a company file that waited for `seconds`.
pub(crate) fn of_ask(error: AskError, seconds: u64) -> Refused {
    Refused::Failed(match error {
        AskError::NotSetUp => Failure::not_set_up(),
        AskError::NotActive(last_active) => Failure::not_active(last_active),
        AskError::NotFetched => Failure::timed_out(seconds, false),
        AskError::NotAnswered { is_write } => Failure::timed_out(seconds, is_write),
        AskError::TooLarge => Failure::invalid_request(format!(
            "The request has more than {REQUEST_MOST} bytes as qbXML. Send fewer objects at once."
        )),
        AskError::TooMany => Failure::too_many(),
        AskError::Failed(JobFailure::IteratorLost) => return Refused::IteratorLost,
        AskError::Failed(failure) => of_job(failure),
        AskError::Other(error) => return error.into(),
    })
}

fn of_job(failure: JobFailure) -> Failure {
    match failure {
        JobFailure::QuickBooks { hresult, message } => Failure::of_hresult(&hresult, &message),
        JobFailure::WrongCompanyFile(message) => Failure::wrong_file(message),
        JobFailure::TooOld => Failure::too_old(),
        JobFailure::OutcomeUnknown => Failure::interrupted(true),
        JobFailure::AnswerLost => Failure::answer_lost(),
        JobFailure::IteratorLost => Failure::interrupted(false),
    }
}
