//! The revocation endpoint: one token, of either kind, and its grant is dead. 400 where it is dead already [intuit-oauth].

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::QuickBooks;
use super::environment::Environment;
use super::ledger::Dead;
use super::oauth::{Refusal, authenticate, require_content_type};
use crate::control::StandIn as _;
use crate::desk::Call;
use crate::fault::Place;

pub(super) const ENDPOINT: &str = "revoke";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RevokeRequest {
    token: String,
}

pub(super) async fn answer(
    State(quickbooks): State<Arc<QuickBooks>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let call = Call { endpoint: ENDPOINT, place: Place::Revoke, delay: Duration::ZERO, held: () };
    let request = read(query.as_deref(), &headers, &body);
    let acting = Arc::clone(&quickbooks);
    let act = move |_| {
        let revoked = request.and_then(|(environment, token)| {
            let now = acting.desk.clock.now();
            let revoked = acting.ledger().revoke(environment, &token, now);
            acting.keep()?;
            revoked.map_err(|Dead| Refusal::invalid_request("the token is unknown or dead already"))
        });
        match revoked {
            Ok(()) => StatusCode::OK.into_response(),
            Err(refusal) => refusal.into_response(),
        }
    };
    quickbooks.desk.attend(call, act).await
}

fn read(query: Option<&str>, headers: &HeaderMap, body: &[u8]) -> Result<(Environment, String), Refusal> {
    let environment = authenticate(headers)?;
    require_content_type(headers, "application/json")?;
    if query.is_some() {
        return Err(Refusal::invalid_request("the token belongs in the body"));
    }
    // The error's text could quote the token, so it is not passed on.
    let request: RevokeRequest = serde_json::from_slice(body)
        .map_err(|_| Refusal::invalid_request(r#"the body must be {"token": "…"} and nothing else"#))?;
    Ok((environment, request.token))
}
