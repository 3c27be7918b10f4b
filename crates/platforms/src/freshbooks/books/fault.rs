//! Maps errors of `FreshBooks` to failures of a run. They have three forms, and each may come with HTTP 200.

use counterfoil_core::port::accounting::{Limit, ReadFailure};

use super::MINUTE;
use crate::books::Answer;
use crate::object::Object;

/// The answer, if it has no error.
pub(super) fn checked(answer: Answer) -> Result<Answer, ReadFailure> {
    let Some(code) = code(&answer.text) else {
        return match answer.status {
            403 => Err(ReadFailure::AccessDenied),
            429 => Err(limited(&answer)),
            _ => answer.or_failure(),
        };
    };
    tracing::warn!(code, status = answer.status, "a fault");
    Err(match (code.as_str(), answer.status) {
        (_, 401) => ReadFailure::Unauthorized,
        ("429", _) | (_, 429) => limited(&answer),
        (_, 500..) => ReadFailure::Unavailable { retry_after: answer.retry_after() },
        // Permission denied, or the account's plan has no bills, vendors or bill payments.
        ("1003" | "31001" | "41001" | "41101", _) | (_, 403) => ReadFailure::AccessDenied,
        _ => ReadFailure::Rejected { code },
    })
}

/// The pause after a refusal. No limits are published. A success may have a `Retry-After` that means nothing.
fn limited(answer: &Answer) -> ReadFailure {
    ReadFailure::Limited { retry_after: answer.retry_after().unwrap_or(MINUTE), limit: Limit::Minute }
}

/// The number of the error, or its word; at most 40 characters.
fn code(text: &str) -> Option<String> {
    let body = Object::parse(text)?;
    let code = of_first(&body.object("response"), "errors", "errno")
        .or_else(|| of_first(&body, "details", "reason"))
        .or_else(|| ["errno", "error", "code"].into_iter().find_map(|name| body.text(name)))?;
    Some(code.chars().take(40).collect())
}

fn of_first(object: &Object<'_>, list: &str, name: &str) -> Option<String> {
    Object::parse(object.list(list)?.first()?)?.text(name)
}
