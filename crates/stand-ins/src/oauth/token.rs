//! The token endpoint: exchanges a code or a refresh token for tokens.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use serde_json::json;

use super::code::Exchange;
use super::grant::Tokens;
use super::in_flight::Presentation;
use super::keys;
use super::ledger::{Ledger, Refresh};
use super::raw::Raw;
use super::redirect_uri::Registry as _;
use super::refusal::Refusal;
use super::{StandIn, StandInPlatform};
use crate::desk::{Call, Rotate};
use crate::fault::Place;
use crate::params::Params;

pub(super) const ENDPOINT_CODE: &str = "token.authorization_code";
pub(super) const ENDPOINT_REFRESH: &str = "token.refresh_token";
pub(super) const ENDPOINT_INVALID: &str = "token.invalid";

/// A well-formed request of an authenticated client.
enum TokenRequest {
    Code(Exchange),
    Refresh { keys: &'static str, refresh_token: String },
}

/// The endpoint.
pub(crate) fn route<P: StandInPlatform>(site: P::Site) -> MethodRouter<Arc<StandIn<P>>> {
    post(move |State(stand_in), raw| answer::<P>(site, stand_in, raw))
}

async fn answer<P: StandInPlatform>(site: P::Site, stand_in: Arc<StandIn<P>>, raw: Raw) -> Response {
    let request = read::<P>(site, &raw, &stand_in.ledger());
    let presentation = match &request {
        Ok(TokenRequest::Refresh { refresh_token, .. }) => Some(stand_in.in_flight.present(refresh_token)),
        _ => None,
    };
    let raced = presentation.as_ref().is_some_and(|presentation| presentation.raced);
    let call = Call::<Option<Presentation>> {
        endpoint: match &request {
            Ok(TokenRequest::Code(_)) => ENDPOINT_CODE,
            Ok(TokenRequest::Refresh { .. }) => ENDPOINT_REFRESH,
            Err(_) => ENDPOINT_INVALID,
        },
        place: Place::Token,
        delay: stand_in.ledger().settings.token_delay(),
        held: presentation,
    };
    let acting = Arc::clone(&stand_in);
    let act = move |rotation| {
        request
            .and_then(|request| perform(&acting, request, raced, rotation))
            .map_or_else(|refusal| refusal.answer::<P>(), |tokens| granted::<P>(&tokens, &raw.headers))
    };
    stand_in.desk.attend(call, act).await
}

fn read<P: StandInPlatform>(site: P::Site, raw: &Raw, ledger: &Ledger<P>) -> Result<TokenRequest, Refusal> {
    let params = raw.params(P::RULES.token_parameters)?;
    let client_id = keys::authenticate::<P>(raw, &params)?;
    let keys = P::keys_at(site, client_id);
    let of_the_client = P::RULES.keys_shown.parameters();
    match params.require("grant_type")? {
        "authorization_code" => {
            let of_pkce: &[&str] = if P::RULES.pkce { &["code_verifier"] } else { &[] };
            params.only(&[&["grant_type", "code", "redirect_uri"], of_the_client, of_pkce].concat())?;
            Ok(TokenRequest::Code(Exchange {
                keys,
                code: params.require("code")?.to_owned(),
                redirect_uri: params.require("redirect_uri")?.to_owned(),
                verifier: params.get("code_verifier").map(str::to_owned),
            }))
        }
        "refresh_token" => {
            let of_redirect: &[&str] = if P::RULES.redirect_uri_on_refresh { &["redirect_uri"] } else { &[] };
            params.only(&[&["grant_type", "refresh_token"], of_the_client, of_redirect].concat())?;
            if P::RULES.redirect_uri_on_refresh {
                check_redirect_uri(client_id, &params, ledger)?;
            }
            Ok(TokenRequest::Refresh { keys, refresh_token: params.require("refresh_token")?.to_owned() })
        }
        _ => Err(Refusal::UnsupportedGrantType),
    }
}

fn check_redirect_uri<P: StandInPlatform>(client_id: &str, params: &Params, ledger: &Ledger<P>) -> Result<(), Refusal> {
    if ledger.redirect_uris.holds(client_id, params.require("redirect_uri")?) { Ok(()) } else { Err(Refusal::OtherRedirectUri) }
}

fn perform<P: StandInPlatform>(
    stand_in: &StandIn<P>,
    request: TokenRequest,
    raced: bool,
    rotation: Rotate,
) -> Result<Tokens, Refusal> {
    let now = stand_in.desk.clock.now();
    let answered = match request {
        TokenRequest::Code(exchange) => stand_in.ledger().exchange(&exchange, now),
        TokenRequest::Refresh { keys, refresh_token } => {
            let refresh = Refresh { keys, token: &refresh_token, raced, rotation };
            stand_in.ledger().refresh(&refresh, now)
        }
    };
    // Refusals are stored too, because they can end a grant.
    stand_in.keep()?;
    answered
}

fn granted<P: StandInPlatform>(tokens: &Tokens, request: &HeaderMap) -> Response {
    let mut body = json!({
        "token_type": P::RULES.token_type,
        "access_token": tokens.access_token,
        "expires_in": tokens.access_seconds,
    });
    if tokens.consent.with_refresh_token {
        body["refresh_token"] = json!(tokens.refresh_token);
    }
    P::complete(&mut body, tokens, request);
    ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
