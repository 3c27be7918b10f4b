//! The control routes of this platform alone: redirect URIs, settings, what the customer does, what was seen.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::QuickBooks;
use super::environment::Environment;
use super::grant::Ending;
use super::redirect_uri::RedirectUris;
use super::settings::Settings;
use crate::control::{self, ControlBody, Refused, StandIn as _};

pub(super) fn routes() -> Router<Arc<QuickBooks>> {
    control::routes()
        .route("/redirect-uris", get(show_redirect_uris).post(add_redirect_uri))
        .route("/settings", get(show_settings).post(change_settings))
        .route("/revoke", post(disconnect))
        .route("/state", get(show_state))
        .route("/reset", post(reset))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRedirectUri {
    uri: String,
    client: Option<Environment>,
}

async fn show_redirect_uris(State(quickbooks): State<Arc<QuickBooks>>) -> Json<RedirectUris> {
    Json(quickbooks.ledger().redirect_uris.clone())
}

async fn add_redirect_uri(
    State(quickbooks): State<Arc<QuickBooks>>,
    ControlBody(new): ControlBody<NewRedirectUri>,
) -> Result<Json<RedirectUris>, Refused> {
    let mut ledger = quickbooks.ledger();
    for environment in Environment::ALL {
        if new.client.is_none_or(|only| only == environment) {
            ledger.redirect_uris.register(environment, &new.uri).map_err(Refused::because)?;
        }
    }
    Ok(Json(ledger.redirect_uris.clone()))
}

async fn show_settings(State(quickbooks): State<Arc<QuickBooks>>) -> Json<Settings> {
    Json(quickbooks.ledger().settings.clone())
}

async fn change_settings(
    State(quickbooks): State<Arc<QuickBooks>>,
    ControlBody(changes): ControlBody<Map<String, Value>>,
) -> Result<Json<Settings>, Refused> {
    {
        let mut ledger = quickbooks.ledger();
        ledger.settings = ledger.settings.with(changes).map_err(Refused::because)?;
    }
    quickbooks.keep()?;
    Ok(show_settings(State(quickbooks)).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Disconnect {
    realm: String,
}

async fn disconnect(
    State(quickbooks): State<Arc<QuickBooks>>,
    ControlBody(Disconnect { realm }): ControlBody<Disconnect>,
) -> Result<Json<Value>, Refused> {
    if Environment::ALL.iter().all(|environment| environment.company(&realm).is_none()) {
        return Err(Refused::because("there is no company with this realm"));
    }
    let now = quickbooks.desk.clock.now();
    let ended = quickbooks.ledger().end_all_at(&realm, Ending::DisconnectedByCustomer, now);
    quickbooks.keep()?;
    Ok(Json(json!({ "grants_ended": ended })))
}

async fn show_state(State(quickbooks): State<Arc<QuickBooks>>) -> Json<Value> {
    let now = quickbooks.desk.clock.now();
    let mut state = json!(quickbooks.desk.journal.read());
    state["now"] = json!(now);
    state["max_in_flight_per_refresh_token"] = json!(quickbooks.in_flight.most());
    state["grants"] = json!(quickbooks.ledger().report(now));
    Json(state)
}

async fn reset(State(quickbooks): State<Arc<QuickBooks>>) -> Result<Json<Value>, Refused> {
    quickbooks.reset();
    quickbooks.keep()?;
    Ok(Json(json!({ "reset": true })))
}
