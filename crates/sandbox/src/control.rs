//! The control routes that every stand-in has: clock and faults; and how a control request is read and refused. A
//! platform adds its own beside them.

use std::fmt::Display;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::fault::Fault;
use crate::kept_file::KeptFileError;

/// A platform's state, as the shared routes need it.
pub(crate) trait StandIn: Send + Sync + 'static {
    fn desk(&self) -> &Desk;

    /// Stores what has changed, where the stand-in keeps its state.
    fn keep(&self) -> Result<(), KeptFileError>;
}

/// The shared routes, to be completed by the platform's own.
pub(crate) fn routes<P: StandIn>() -> Router<Arc<P>> {
    Router::new()
        .route("/clock", get(show_clock::<P>).post(move_clock::<P>))
        .route("/faults", get(list_faults::<P>).post(add_fault::<P>).delete(clear_faults::<P>))
        .route("/{*unknown}", any(no_such_route))
}

/// A control request that was refused, with the reason.
pub(crate) struct Refused(StatusCode, String);

impl Refused {
    /// A 400 with that reason.
    pub(crate) fn because(reason: impl Display) -> Self {
        Self(StatusCode::BAD_REQUEST, reason.to_string())
    }
}

impl From<KeptFileError> for Refused {
    fn from(error: KeptFileError) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

/// A control request's body: JSON whatever its content type, so that a bare `curl -d` will do.
pub(crate) struct ControlBody<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for ControlBody<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refused> {
        let bytes =
            Bytes::from_request(request, state).await.map_err(|rejection| Refused(rejection.status(), rejection.body_text()))?;
        serde_json::from_slice(&bytes).map(Self).map_err(Refused::because)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockMove {
    now: Option<i64>,
    advance_seconds: Option<i64>,
}

async fn no_such_route() -> Refused {
    Refused(StatusCode::NOT_FOUND, "there is no such control route".to_owned())
}

async fn show_clock<P: StandIn>(State(platform): State<Arc<P>>) -> Json<Value> {
    let now = platform.desk().clock.now();
    Json(json!({ "now": now.as_second(), "timestamp": now }))
}

async fn move_clock<P: StandIn>(
    State(platform): State<Arc<P>>,
    ControlBody(change): ControlBody<ClockMove>,
) -> Result<Json<Value>, Refused> {
    let clock = &platform.desk().clock;
    match (change.now, change.advance_seconds) {
        (Some(unix_seconds), None) => clock.set(unix_seconds),
        (None, Some(seconds)) => clock.advance(seconds),
        _ => return Err(Refused::because("give either now or advance_seconds")),
    }
    .map_err(Refused::because)?;
    platform.keep()?;
    Ok(show_clock(State(platform)).await)
}

async fn list_faults<P: StandIn>(State(platform): State<Arc<P>>) -> Json<Value> {
    Json(json!({ "faults": platform.desk().faults.list() }))
}

async fn add_fault<P: StandIn>(
    State(platform): State<Arc<P>>,
    ControlBody(fault): ControlBody<Fault>,
) -> Result<Json<Value>, Refused> {
    platform.desk().faults.add(fault).map_err(Refused::because)?;
    Ok(list_faults(State(platform)).await)
}

async fn clear_faults<P: StandIn>(State(platform): State<Arc<P>>) -> Json<Value> {
    platform.desk().faults.clear();
    list_faults(State(platform)).await
}
