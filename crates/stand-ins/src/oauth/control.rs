//! The control routes that all platforms share. With them a test sets the clock and the settings, disconnects as the customer, and reads the
//! state.

use std::fmt::Display;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::redirect_uri::Registry;
use super::settings::Settings;
use super::{StandIn, StandInPlatform};
use crate::fault::Fault;
use crate::kept_file::KeptFileError;

pub(crate) fn routes<P: StandInPlatform>() -> Router<Arc<StandIn<P>>> {
    Router::new()
        .route("/clock", get(show_clock::<P>).post(move_clock::<P>))
        .route("/faults", get(list_faults::<P>).post(add_fault::<P>).delete(clear_faults::<P>))
        .route("/redirect-uris", get(show_redirect_uris::<P>).post(add_redirect_uri::<P>))
        .route("/settings", get(show_settings::<P>).post(change_settings::<P>))
        .route("/revoke", post(disconnect::<P>))
        .route("/state", get(show_state::<P>))
        .route("/reset", post(reset::<P>))
        .route("/{*unknown}", any(no_such_route))
}

/// A refused control request, with the reason.
pub(crate) struct Refused(StatusCode, String);

impl Refused {
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

/// The body of a control request: JSON, whatever its content type is, so that a plain `curl -d` works.
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

pub(crate) type Ours<P> = State<Arc<StandIn<P>>>;

async fn no_such_route() -> Refused {
    Refused(StatusCode::NOT_FOUND, "there is no such control route".to_owned())
}

async fn show_clock<P: StandInPlatform>(State(stand_in): Ours<P>) -> Json<Value> {
    let now = stand_in.desk.clock.now();
    Json(json!({ "now": now.as_second(), "timestamp": now }))
}

async fn move_clock<P: StandInPlatform>(
    State(stand_in): Ours<P>,
    ControlBody(change): ControlBody<ClockMove>,
) -> Result<Json<Value>, Refused> {
    let clock = &stand_in.desk.clock;
    match (change.now, change.advance_seconds) {
        (Some(unix_seconds), None) => clock.set(unix_seconds),
        (None, Some(seconds)) => clock.advance(seconds),
        _ => return Err(Refused::because("give either now or advance_seconds")),
    }
    .map_err(Refused::because)?;
    stand_in.keep()?;
    Ok(show_clock(State(stand_in)).await)
}

async fn list_faults<P: StandInPlatform>(State(stand_in): Ours<P>) -> Json<Value> {
    Json(json!({ "faults": stand_in.desk.faults.list() }))
}

async fn add_fault<P: StandInPlatform>(
    State(stand_in): Ours<P>,
    ControlBody(fault): ControlBody<Fault>,
) -> Result<Json<Value>, Refused> {
    stand_in.desk.faults.add(fault).map_err(Refused::because)?;
    Ok(list_faults(State(stand_in)).await)
}

async fn clear_faults<P: StandInPlatform>(State(stand_in): Ours<P>) -> Json<Value> {
    stand_in.desk.faults.clear();
    list_faults(State(stand_in)).await
}

async fn show_redirect_uris<P: StandInPlatform>(State(stand_in): Ours<P>) -> Json<P::RedirectUris> {
    Json(stand_in.ledger().redirect_uris.clone())
}

async fn add_redirect_uri<P: StandInPlatform>(
    State(stand_in): Ours<P>,
    ControlBody(new): ControlBody<<P::RedirectUris as Registry>::New>,
) -> Result<Json<P::RedirectUris>, Refused> {
    stand_in.ledger().redirect_uris.add(new).map_err(Refused::because)?;
    Ok(show_redirect_uris(State(stand_in)).await)
}

async fn show_settings<P: StandInPlatform>(State(stand_in): Ours<P>) -> Json<Settings> {
    Json(stand_in.ledger().settings.clone())
}

async fn change_settings<P: StandInPlatform>(
    State(stand_in): Ours<P>,
    ControlBody(changes): ControlBody<Map<String, Value>>,
) -> Result<Json<Settings>, Refused> {
    {
        let mut ledger = stand_in.ledger();
        ledger.settings = ledger.settings.with(changes).map_err(Refused::because)?;
    }
    stand_in.keep()?;
    Ok(show_settings(State(stand_in)).await)
}

async fn disconnect<P: StandInPlatform>(
    State(stand_in): Ours<P>,
    ControlBody(who): ControlBody<P::Disconnect>,
) -> Result<Json<Value>, Refused> {
    let now = stand_in.desk.clock.now();
    let ended = P::disconnect(&mut stand_in.ledger(), who, now).map_err(Refused::because)?;
    stand_in.keep()?;
    Ok(Json(json!({ "grants_ended": ended })))
}

async fn show_state<P: StandInPlatform>(State(stand_in): Ours<P>) -> Json<Value> {
    let now = stand_in.desk.clock.now();
    let mut state = json!(stand_in.desk.journal.read());
    state["now"] = json!(now);
    state["max_in_flight_per_refresh_token"] = json!(stand_in.in_flight.most());
    state["grants"] = json!(stand_in.ledger().report(now));
    Json(state)
}

async fn reset<P: StandInPlatform>(State(stand_in): Ours<P>) -> Result<Json<Value>, Refused> {
    stand_in.reset();
    stand_in.keep()?;
    Ok(Json(json!({ "reset": true })))
}
