//! Maps Intuit's errors to failures of a run. There are two envelopes: the API's, and in lower case that of the gateway before it. Each may
//! come with any status, including 200. The code says more than the status.

use counterfoil_core::port::accounting::{Limit, ReadFailure};

use super::PAUSE;
use crate::books::Answer;
use crate::object::Object;

/// The answer, if it has no error.
pub(super) fn checked(answer: Answer) -> Result<Answer, ReadFailure> {
    match (code(&answer.text), answer.status) {
        (None, 403) => Err(ReadFailure::AccessDenied),
        (None, 429) => Err(limited(&answer)),
        (None, _) => answer.or_failure(),
        (Some(code), _) => Err(failure(code, &answer)),
    }
}

/// Fails if a part of an answer is a fault.
pub(super) fn none_in(part: &str, answer: &Answer) -> Result<(), ReadFailure> {
    code(part).map_or(Ok(()), |code| Err(failure(code, answer)))
}

fn failure(code: u32, answer: &Answer) -> ReadFailure {
    tracing::warn!(code, status = answer.status, "a fault");
    match (code, answer.status) {
        (3_200, _) | (_, 401) => ReadFailure::Unauthorized,
        (3_001, _) | (_, 429) => limited(answer),
        // The subscription has ended, or the host belongs to the other environment.
        (6_190 | 7_001, _) => ReadFailure::CompanyGone,
        (3_100, _) | (1..=499, 200..=499) | (_, 403) => ReadFailure::AccessDenied,
        (_, 500..) | (10_000.., _) => ReadFailure::Unavailable { retry_after: answer.retry_after() },
        _ => ReadFailure::Rejected { code: code.to_string() },
    }
}

/// The pause after a refusal. No `Retry-After` is documented; without one it is a minute.
fn limited(answer: &Answer) -> ReadFailure {
    ReadFailure::Limited { retry_after: answer.retry_after().unwrap_or(PAUSE), limit: Limit::Minute }
}

/// The code of an error; 0 if it has no readable one.
fn code(text: &str) -> Option<u32> {
    let body = Object::parse(text)?;
    let fault = ["Fault", "fault"].into_iter().find_map(|name| Object::parse(body.json(name)?))?;
    let errors = ["Error", "error"].into_iter().find_map(|name| fault.list(name)).unwrap_or_default();
    let code = errors.into_iter().find_map(|error| Object::parse(error)?.text("code")?.trim().parse().ok());
    Some(code.unwrap_or_default())
}
