//! When all that an event asks for must be over. Lambda says until when its function may run, and freezes or ends it then.

use std::time::Duration;

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use counterfoil_core::{App, Error};
use lambda_http::RequestExt as _;
use lambda_runtime::Context;

use crate::surface::problem::Problem;

/// What is kept of a function's time for the answer.
const ANSWER_TAKES: Duration = Duration::from_secs(1);

/// When a request must be over but for its answer, by the clock that does not jump.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EndsAt(pub(crate) Duration);

impl EndsAt {
    /// By the deadline that Lambda gave; on the laptop, which has none, as if it came to a function now.
    pub(crate) fn of(app: &App, request: &Request) -> Self {
        let given = request.lambda_context_ref().map(|context| left(app, context));
        let left = given.unwrap_or(app.settings.function_time).min(app.settings.function_time);
        Self(app.clock.elapsed() + left.saturating_sub(ANSWER_TAKES))
    }
}

/// As the middleware has put it into the request.
impl<S: Sync> FromRequestParts<S> for EndsAt {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let ends_at = parts.extensions.get::<Self>().copied();
        ends_at.ok_or_else(|| Error::Internal("a request has no deadline".to_owned()).into())
    }
}

/// What is left of a function's time.
pub(crate) fn left(app: &App, context: &Context) -> Duration {
    let now = u64::try_from(app.now().as_millisecond()).unwrap_or(0);
    Duration::from_millis(context.deadline.saturating_sub(now))
}
