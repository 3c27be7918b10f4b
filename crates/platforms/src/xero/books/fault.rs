//! Maps error answers to failures of a run, and reads the remaining requests from an answer's headers. The body may be text or XML even if
//! JSON was requested.

use std::time::Duration;

use counterfoil_core::port::accounting::{Limit, ReadFailure, RequestsLeft};

use super::MINUTE;
use crate::books::{Answer, UNREADABLE};
use crate::object::Object;

const HOUR: Duration = Duration::from_secs(3_600);

/// The answer, if it has no error; `None` if nothing has changed.
pub(super) fn checked(answer: Answer) -> Result<Option<Answer>, ReadFailure> {
    match answer.status {
        304 => Ok(None),
        400 => Err(rejected(&answer)),
        // Xero answers this if the grant lacks the endpoint's scope. For an expired token it answers `TokenExpired`.
        401 if detail(&answer).contains("AuthorizationUnsuccessful") => Err(ReadFailure::AccessDenied),
        403 => Err(forbidden(&answer)),
        429 => Err(limited(&answer)),
        _ => answer.or_failure().map(Some),
    }
}

/// The failure of a 403. It may mean that the organisation was disconnected from the app, while the token is valid.
fn forbidden(answer: &Answer) -> ReadFailure {
    let is_gone = detail(answer).contains("AuthenticationUnsuccessful");
    if is_gone { ReadFailure::CompanyGone } else { ReadFailure::AccessDenied }
}

fn detail(answer: &Answer) -> String {
    let body = Object::parse(&answer.text).unwrap_or_default();
    body.text("Detail").or_else(|| body.text("detail")).unwrap_or_default()
}

/// The failure of a 429. `X-Rate-Limit-Problem` names the limit: `minute`, `day`, `concurrent`, or that of the app.
fn limited(answer: &Answer) -> ReadFailure {
    let problem = answer.header("x-rate-limit-problem").unwrap_or_default().to_ascii_lowercase();
    let limit = match problem.as_str() {
        problem if problem.contains("day") => Limit::Day,
        problem if problem.contains("app") => Limit::App,
        problem if problem.contains("concurrent") => Limit::Simultaneous,
        _ => Limit::Minute,
    };
    let pause = if limit == Limit::Day { HOUR } else { MINUTE };
    ReadFailure::Limited { retry_after: answer.retry_after().unwrap_or(pause), limit }
}

fn rejected(answer: &Answer) -> ReadFailure {
    let number = Object::parse(&answer.text).and_then(|body| body.text("ErrorNumber"));
    ReadFailure::Rejected { code: number.unwrap_or_else(|| answer.status.to_string()) }
}

/// Checks a successful answer for an error inside it.
pub(super) fn in_success(body: &Object<'_>) -> Result<(), ReadFailure> {
    match (body.text("ErrorNumber"), body.text("Status")) {
        (Some(code), _) => Err(ReadFailure::Rejected { code }),
        (None, Some(status)) if status != "OK" => Err(UNREADABLE),
        _ => Ok(()),
    }
}

/// The smaller of the two remaining limits in the headers. They do not say when the day's limit resets. After an hour the run tries again: a
/// refusal then says the time.
pub(super) fn left(answer: &Answer) -> Option<RequestsLeft> {
    let limit = |name, resets_in| Some(RequestsLeft { requests: answer.number(name)?, resets_in });
    let limits = [limit("x-daylimit-remaining", HOUR), limit("x-minlimit-remaining", MINUTE)];
    limits.into_iter().flatten().min_by_key(|left| left.requests)
}
