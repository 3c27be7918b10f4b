//! What an answer that is no success means for a run, and what an answer's headers say of the limits. The body may be text or XML,
//! though JSON was asked for.

use std::time::Duration;

use counterfoil_core::port::accounting::{ReadFailure, RequestsLeft};

use super::MINUTE;
use crate::books::{Answer, UNREADABLE};
use crate::object::Object;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// An answer without a fault; `None` of one that says that nothing changed.
pub(super) fn checked(answer: Answer) -> Result<Option<Answer>, ReadFailure> {
    match answer.status {
        304 => Ok(None),
        400 => Err(rejected(&answer)),
        403 => Err(forbidden(&answer)),
        429 => Err(limited(&answer)),
        _ => answer.or_failure().map(Some),
    }
}

/// The organisation was taken from the app: the token itself is good.
fn forbidden(answer: &Answer) -> ReadFailure {
    let detail = Object::parse(&answer.text).and_then(|body| body.text("Detail")).unwrap_or_default();
    if detail.contains("AuthenticationUnsuccessful") { ReadFailure::CompanyGone } else { ReadFailure::AccessDenied }
}

/// `X-Rate-Limit-Problem` names the limit: `minute`, `day`, `concurrent`, or that of the app.
fn limited(answer: &Answer) -> ReadFailure {
    let problem = answer.header("x-rate-limit-problem").unwrap_or_default().to_ascii_lowercase();
    let is_daily = problem.contains("day");
    let pause = if is_daily { HOUR } else { MINUTE };
    ReadFailure::Limited { retry_after: answer.retry_after().unwrap_or(pause), is_daily }
}

fn rejected(answer: &Answer) -> ReadFailure {
    let number = Object::parse(&answer.text).and_then(|body| body.text("ErrorNumber"));
    ReadFailure::Rejected { code: number.unwrap_or_else(|| answer.status.to_string()) }
}

/// A fault inside a success.
pub(super) fn in_success(body: &Object<'_>) -> Result<(), ReadFailure> {
    match (body.text("ErrorNumber"), body.text("Status")) {
        (Some(code), _) => Err(ReadFailure::Rejected { code }),
        (None, Some(status)) if status != "OK" => Err(UNREADABLE),
        _ => Ok(()),
    }
}

/// The tighter of the two limits that are told. Xero does not say when a day's resets: a day later at most.
pub(super) fn left(answer: &Answer) -> Option<RequestsLeft> {
    let limit = |name, resets_in| Some(RequestsLeft { requests: answer.number(name)?, resets_in });
    let limits = [limit("x-daylimit-remaining", DAY), limit("x-minlimit-remaining", MINUTE)];
    limits.into_iter().flatten().min_by_key(|left| left.requests)
}
