//! Maps Zoho's errors to failures of a run, and reads the remaining requests from an answer's headers. Each answer has a `code`, which is 0
//! for a success and says more than the status.

use std::time::Duration;

use counterfoil_core::port::accounting::{Limit, ReadFailure, RequestsLeft};

use super::MINUTE;
use crate::books::Answer;
use crate::object::Object;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY_SECONDS: u64 = 86_400;

/// The answer, if it has no error.
pub(super) fn checked(answer: Answer) -> Result<Answer, ReadFailure> {
    let code = Object::parse(&answer.text).and_then(|body| body.text("code")).unwrap_or_else(|| "0".to_owned());
    match (code.trim(), answer.status) {
        ("0", 429) => Err(limited(answer.retry_after().unwrap_or(MINUTE), Limit::Minute)),
        ("0", 403) => Err(ReadFailure::AccessDenied),
        ("0", _) => answer.or_failure(),
        (code, status) => {
            tracing::warn!(code, status, "a fault");
            Err(failure(code, &answer))
        }
    }
}

fn failure(code: &str, answer: &Answer) -> ReadFailure {
    match (code, answer.status) {
        ("45", _) => {
            let retry_after = answer.retry_after().or_else(|| resets_in(answer)).unwrap_or(HOUR);
            ReadFailure::Limited { retry_after, limit: Limit::Day }
        }
        ("1070", _) => limited(answer.retry_after().unwrap_or(MINUTE), Limit::Simultaneous),
        ("44", _) | (_, 429) => limited(answer.retry_after().unwrap_or(MINUTE), Limit::Minute),
        // "This user is not associated with the CompanyID", with whichever status.
        ("6041", _) => ReadFailure::CompanyGone,
        // An expired token, a missing scope and a missing right of the user have the same code.
        ("57" | "14", _) | (_, 401) => ReadFailure::Unauthorized,
        (_, 403) => ReadFailure::AccessDenied,
        ("1000", _) | (_, 500..) => ReadFailure::Unavailable { retry_after: answer.retry_after() },
        _ => ReadFailure::Rejected { code: code.chars().take(20).collect() },
    }
}

const fn limited(retry_after: Duration, limit: Limit) -> ReadFailure {
    ReadFailure::Limited { retry_after, limit }
}

/// The remaining requests of the day.
pub(super) fn left(answer: &Answer) -> Option<RequestsLeft> {
    Some(RequestsLeft { requests: answer.number("x-rate-limit-remaining")?, resets_in: resets_in(answer)? })
}

fn resets_in(answer: &Answer) -> Option<Duration> {
    Some(Duration::from_secs(answer.number("x-rate-limit-reset")?.min(DAY_SECONDS)))
}
