//! What a fault of Intuit's means for a run. There are two envelopes: the API's, and that of the gateway in front of it, in lower case;
//! each may come with any status, 200 too. The code says more than the status.

use counterfoil_core::port::accounting::ReadFailure;

use super::PAUSE;
use crate::books::Answer;
use crate::object::Object;

/// An answer without a fault.
pub(super) fn checked(answer: Answer) -> Result<Answer, ReadFailure> {
    match (code(&answer.text), answer.status) {
        (None, 403) => Err(ReadFailure::AccessDenied),
        (None, 429) => Err(limited(&answer)),
        (None, _) => answer.or_failure(),
        (Some(code), _) => Err(failure(code, &answer)),
    }
}

fn failure(code: u32, answer: &Answer) -> ReadFailure {
    tracing::warn!(code, status = answer.status, "a fault");
    match (code, answer.status) {
        (3_200, _) | (_, 401) => ReadFailure::Unauthorized,
        (3_001, _) | (_, 429) => limited(answer),
        // A subscription that has lapsed, or the host of the other environment.
        (6_190 | 7_001, _) => ReadFailure::CompanyGone,
        (3_100, _) | (1..=499, 200..=499) | (_, 403) => ReadFailure::AccessDenied,
        (_, 500..) | (10_000.., _) => ReadFailure::Unavailable { retry_after: answer.retry_after() },
        _ => ReadFailure::Rejected { code: code.to_string() },
    }
}

/// No `Retry-After` is documented: a minute then.
fn limited(answer: &Answer) -> ReadFailure {
    ReadFailure::Limited { retry_after: answer.retry_after().unwrap_or(PAUSE), is_daily: false }
}

/// The code of a fault; 0 where it has none that can be read.
fn code(text: &str) -> Option<u32> {
    let body = Object::parse(text)?;
    let fault = ["Fault", "fault"].into_iter().find_map(|name| Object::parse(body.json(name)?))?;
    let errors = ["Error", "error"].into_iter().find_map(|name| fault.list(name)).unwrap_or_default();
    let code = errors.into_iter().find_map(|error| Object::parse(error)?.text("code")?.trim().parse().ok());
    Some(code.unwrap_or_default())
}
