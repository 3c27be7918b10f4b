//! The token endpoint: a code or a refresh token against tokens.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::header::{CACHE_CONTROL, HeaderMap};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::QuickBooks;
use super::environment::Environment;
use super::grant::Tokens;
use super::in_flight::Presentation;
use super::ledger::Dead;
use super::oauth::{Refusal, authenticate, require_content_type};
use crate::control::StandIn as _;
use crate::desk::{Call, Rotation};
use crate::fault::Place;
use crate::params::Params;

pub(super) const ENDPOINT_CODE: &str = "token.authorization_code";
pub(super) const ENDPOINT_REFRESH: &str = "token.refresh_token";
pub(super) const ENDPOINT_INVALID: &str = "token.invalid";

/// Asks for the end that no refresh can put off [intuit-oauth, test/HardExpiresTest.js].
const HARD_EXPIRY_HEADER: &str = "x-include-refresh-token-hard-expires-in";

/// A request that is well formed and comes from a client with the right keys.
enum TokenRequest {
    Code { environment: Environment, code: String, redirect_uri: String },
    Refresh { environment: Environment, refresh_token: String },
}

pub(super) async fn answer(
    State(quickbooks): State<Arc<QuickBooks>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = read(query.as_deref(), &headers, &body);
    let with_hard_expiry = headers.get(HARD_EXPIRY_HEADER).is_some_and(|value| value == "true");
    let presentation = match &request {
        Ok(TokenRequest::Refresh { refresh_token, .. }) => Some(quickbooks.in_flight.present(refresh_token)),
        _ => None,
    };
    let raced = presentation.as_ref().is_some_and(|presentation| presentation.raced);
    let call = Call::<Option<Presentation>> {
        endpoint: match &request {
            Ok(TokenRequest::Code { .. }) => ENDPOINT_CODE,
            Ok(TokenRequest::Refresh { .. }) => ENDPOINT_REFRESH,
            Err(_) => ENDPOINT_INVALID,
        },
        place: Place::Token,
        delay: quickbooks.ledger().settings.token_delay(),
        held: presentation,
    };
    let acting = Arc::clone(&quickbooks);
    let act = move |rotation| {
        request
            .and_then(|request| perform(&acting, request, raced, rotation))
            .map_or_else(Refusal::into_response, |tokens| granted(tokens, with_hard_expiry))
    };
    quickbooks.desk.attend(call, act).await
}

fn read(query: Option<&str>, headers: &HeaderMap, body: &[u8]) -> Result<TokenRequest, Refusal> {
    let environment = authenticate(headers)?;
    require_content_type(headers, "application/x-www-form-urlencoded")?;
    if query.is_some() {
        return Err(Refusal::invalid_request("parameters belong in the body"));
    }
    let params = Params::parse(body)?;
    match params.require("grant_type")? {
        "authorization_code" => {
            params.only(&["grant_type", "code", "redirect_uri"])?;
            Ok(TokenRequest::Code {
                environment,
                code: params.require("code")?.to_owned(),
                redirect_uri: params.require("redirect_uri")?.to_owned(),
            })
        }
        "refresh_token" => {
            params.only(&["grant_type", "refresh_token"])?;
            Ok(TokenRequest::Refresh { environment, refresh_token: params.require("refresh_token")?.to_owned() })
        }
        _ => Err(Refusal::unsupported_grant_type()),
    }
}

fn perform(quickbooks: &QuickBooks, request: TokenRequest, raced: bool, rotation: Rotation) -> Result<Tokens, Refusal> {
    let now = quickbooks.desk.clock.now();
    let (answered, refusal) = match request {
        TokenRequest::Code { environment, code, redirect_uri } => {
            let exchanged = quickbooks.ledger().exchange(environment, &code, &redirect_uri, now);
            (exchanged, "Invalid authorization code")
        }
        TokenRequest::Refresh { environment, refresh_token } => {
            let refreshed = quickbooks.ledger().refresh(environment, &refresh_token, raced, rotation, now);
            (refreshed, "Incorrect or invalid refresh token")
        }
    };
    // Refusals too: they can end a grant.
    quickbooks.keep()?;
    answered.map_err(|Dead| Refusal::invalid_grant(refusal))
}

fn granted(tokens: Tokens, with_hard_expiry: bool) -> Response {
    let mut body = json!({
        "token_type": "bearer",
        "access_token": tokens.access_token,
        "expires_in": tokens.access_seconds,
        "refresh_token": tokens.refresh_token,
        "x_refresh_token_expires_in": tokens.refresh_seconds,
    });
    if with_hard_expiry {
        body["x_refresh_token_hard_expires_in"] = json!(tokens.hard_seconds);
    }
    if let Some(scope) = tokens.scope {
        body["scope"] = json!(scope);
    }
    ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
