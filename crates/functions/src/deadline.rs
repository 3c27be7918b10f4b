//! The time by which an event must be processed. Lambda freezes or ends a function at its deadline.

use std::time::Duration;

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use counterfoil_core::{App, Error};
use lambda_http::RequestExt as _;
use lambda_runtime::Context;

use crate::surface::problem::Problem;

/// The part of a function's time that is reserved for sending the answer.
const ANSWER_TAKES: Duration = Duration::from_secs(1);

/// The monotonic time by which a request must be processed, except for sending the answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EndsAt(pub(crate) Duration);

impl EndsAt {
    /// From the deadline that Lambda gave. The laptop has none: there a request gets a function's whole time from now on.
    pub(crate) fn of(app: &App, request: &Request) -> Self {
        let given = request.lambda_context_ref().map(|context| left(app, context));
        let left = given.unwrap_or(app.settings.function_time).min(app.settings.function_time);
        Self(app.clock.elapsed() + left.saturating_sub(ANSWER_TAKES))
    }
}

/// From the request's extensions, where the middleware put it.
impl<S: Sync> FromRequestParts<S> for EndsAt {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let ends_at = parts.extensions.get::<Self>().copied();
        ends_at.ok_or_else(|| Error::Internal("a request has no deadline".to_owned()).into())
    }
}

/// The time until a function's deadline.
pub(crate) fn left(app: &App, context: &Context) -> Duration {
    let now = u64::try_from(app.now().as_millisecond()).unwrap_or(0);
    Duration::from_millis(context.deadline.saturating_sub(now))
}
