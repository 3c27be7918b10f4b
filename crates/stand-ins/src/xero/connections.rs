//! The organisations that the user has connected to the app, and the routes that list and delete these connections. They belong to the user
//! and not to a grant: a second consent adds to them, and every token of the user reaches all of them.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::identity::Xero;
use super::organisation::Organisation;
use super::problem::{Problem, UNSUCCESSFUL};
use crate::desk::Call;
use crate::fault::Place;
use crate::headers::bearer_token;
use crate::oauth::ledger::{Ledger, Standing};
use crate::oauth::{API, StandIn};
use crate::params::{BadParams, Params};
use crate::random;

/// The connections, at most one for each organisation.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Connections(Vec<Connection>);

/// An organisation that the user has connected.
#[derive(Serialize, Deserialize)]
struct Connection {
    id: String,
    /// The consent that made or last renewed the connection.
    event: String,
    tenant_id: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Connections {
    /// Connects an organisation. One that is connected already keeps its id.
    pub(super) fn connect(&mut self, tenant_id: &str, event: &str, now: Timestamp) {
        if let Some(known) = self.0.iter_mut().find(|connection| connection.tenant_id == tenant_id) {
            event.clone_into(&mut known.event);
            known.updated_at = now;
            return;
        }
        let (event, tenant_id) = (event.to_owned(), tenant_id.to_owned());
        self.0.push(Connection { id: random::uuid(), event, tenant_id, created_at: now, updated_at: now });
    }

    pub(super) fn include(&self, tenant_id: &str) -> bool {
        self.0.iter().any(|connection| connection.tenant_id == tenant_id)
    }

    pub(super) fn remove_all(&mut self) {
        self.0.clear();
    }

    pub(super) fn remove_tenant(&mut self, tenant_id: &str) {
        self.0.retain(|connection| connection.tenant_id != tenant_id);
    }

    /// Removes a connection. Returns whether it existed.
    fn remove(&mut self, id: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|connection| connection.id != id);
        self.0.len() < before
    }

    fn list(&self, event: Option<&str>) -> Vec<Value> {
        let wanted = |connection: &&Connection| event.is_none_or(|event| connection.event == event);
        self.0.iter().filter(wanted).map(Connection::as_json).collect()
    }
}

impl Connection {
    fn as_json(&self) -> Value {
        json!({
            "id": self.id,
            "authEventId": self.event,
            "tenantId": self.tenant_id,
            "tenantType": "ORGANISATION",
            "tenantName": Organisation::of(&self.tenant_id).map(|organisation| organisation.name),
            "createdDateUtc": written(self.created_at),
            "updatedDateUtc": written(self.updated_at),
        })
    }
}

/// A time without a zone and with seven decimals, as recorded.
fn written(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%6f0").to_string()
}

pub(super) async fn list(State(stand_in): State<Arc<StandIn<Xero>>>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let acting = Arc::clone(&stand_in);
    let act = move |_| {
        let ledger = acting.ledger();
        if let Err(refused) = authorize(&ledger, &headers, acting.desk.clock.now()) {
            return refused.into_response();
        }
        match auth_event(query.as_deref().unwrap_or_default()) {
            Ok(event) => Json(ledger.reach.list(event.as_deref())).into_response(),
            Err(bad) => Problem::new(StatusCode::BAD_REQUEST, bad).into_response(),
        }
    };
    stand_in.desk.attend(call(), act).await
}

pub(super) async fn remove(State(stand_in): State<Arc<StandIn<Xero>>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let acting = Arc::clone(&stand_in);
    let act = move |_| {
        let mut ledger = acting.ledger();
        if let Err(refused) = authorize(&ledger, &headers, acting.desk.clock.now()) {
            return refused.into_response();
        }
        let removed = ledger.reach.remove(&id);
        drop(ledger);
        match (removed, acting.keep()) {
            (_, Err(error)) => Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error).into_response(),
            (true, Ok(())) => StatusCode::NO_CONTENT.into_response(),
            (false, Ok(())) => Problem::new(StatusCode::NOT_FOUND, "there is no such connection").into_response(),
        }
    };
    stand_in.desk.attend(call(), act).await
}

fn call() -> Call<()> {
    Call::new(API, Place::Api)
}

fn auth_event(query: &str) -> Result<Option<String>, BadParams> {
    let params = Params::parse(query.as_bytes())?;
    params.only(&["authEventId"])?;
    Ok(params.get("authEventId").map(str::to_owned))
}

/// The scopes of the bearer token, if it is valid.
pub(super) fn authorize(ledger: &Ledger<Xero>, headers: &HeaderMap, now: Timestamp) -> Result<String, Problem> {
    match bearer_token(headers).map(|token| ledger.standing(token, now)) {
        Some(Standing::Good(consent)) => Ok(consent.scope.clone()),
        Some(Standing::Over(at)) => Err(Problem::expired(at)),
        Some(Standing::Dead) | None => Err(Problem::new(StatusCode::UNAUTHORIZED, UNSUCCESSFUL)),
    }
}
