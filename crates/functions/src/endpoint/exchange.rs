//! `POST /v1/oauth/token`: a code of ours, or a handle, for an access token. Served by the function `token`: the same rights.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::http::header::ORIGIN;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use counterfoil_core::model::api_key::{ApiKey, Scope};
use counterfoil_core::model::partner::Partner;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::model::time::until;
use counterfoil_core::service::authenticate::authenticate;
use counterfoil_core::service::exchange_code::{Exchanged, Presented, exchange_code, redeem_handle};
use counterfoil_core::{App, Error};
use serde::{Deserialize, Serialize};

use crate::cors;
use crate::envelope::Envelope;
use crate::problem::Problem;
use crate::read::{header_key, json};

/// The routes of this endpoint.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/oauth/token", post(token).options(cors::preflight))
}

/// What is presented: a code with its platform, or a handle.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Fields {
    grant_type: Option<String>,
    code: Option<String>,
    refresh_token: Option<String>,
    platform: Option<String>,
    partner_id: Option<String>,
    redirect_uri: Option<String>,
}

/// Seed 000's fields, and what a token is useless without.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    access_token: String,
    refresh_token: String,
    /// In seconds.
    expires_in: u64,
    platform: &'static str,
    company_id: String,
    company_name: String,
    company_key: String,
    api_base_url: String,
}

/// Two ways to a token.
enum Wish {
    Code(Presented),
    Handle(Secret, Option<PlatformName>),
}

/// The longest code or handle that is looked at, in characters.
const PRESENTED_LONGEST: usize = 300;

async fn token(State(app): State<Arc<App>>, headers: HeaderMap, body: Result<Bytes, BytesRejection>) -> Response {
    let key = match authenticated(&app, &headers).await {
        Ok(key) => key,
        Err(error) => return cors::allow(&headers, None, Problem(error).into_response()),
    };
    let answer = match exchanged(&app, &key, &headers, body).await {
        Ok(exchanged) => Json(Envelope::of(answer(&app, exchanged))).into_response(),
        Err(error) => Problem(error).into_response(),
    };
    match partner(&app, &key, &headers).await {
        Ok(Some(partner)) => cors::allow(&headers, Some(&partner), answer),
        Ok(None) => answer,
        Err(error) => Problem(error).into_response(),
    }
}

async fn authenticated(app: &App, headers: &HeaderMap) -> Result<ApiKey, Error> {
    authenticate(app, header_key(headers)?.as_ref(), &[Scope::TokensRead]).await
}

/// The partner, where a page asks: a server brings no origin.
async fn partner(app: &App, key: &ApiKey, headers: &HeaderMap) -> Result<Option<Partner>, Error> {
    if headers.contains_key(ORIGIN) { Ok(app.directory.partner(&key.partner).await?) } else { Ok(None) }
}

async fn exchanged(
    app: &Arc<App>,
    key: &ApiKey,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Exchanged, Error> {
    let fields = json::<Fields>(headers, body)?;
    if fields.partner_id.as_deref().is_some_and(|partner| partner != key.partner.as_str()) {
        let message = "The API key is not one of the partner named in partnerId.".to_owned();
        return Err(Error::Forbidden { code: "wrong_partner", message });
    }
    match wish(fields)? {
        Wish::Code(presented) => exchange_code(app, key, &presented).await,
        Wish::Handle(handle, platform) => redeem_handle(app, key, handle, platform).await,
    }
}

fn wish(fields: Fields) -> Result<Wish, Error> {
    let platform = fields.platform.map(|name| name.parse::<PlatformName>().map_err(|_| unknown_platform())).transpose()?;
    let wanted = match (fields.grant_type.as_deref(), fields.code, fields.refresh_token) {
        (None | Some("authorization_code"), Some(code), None) => {
            let platform = platform.ok_or_else(|| Error::invalid("missing_parameter", "platform is missing."))?;
            Wish::Code(Presented { code: presented("code", code)?, platform, redirect_uri: fields.redirect_uri })
        }
        (Some("refresh_token"), None, Some(handle)) => Wish::Handle(presented("refreshToken", handle)?, platform),
        _ => {
            let message = "Send code and platform, or grantType \"refresh_token\" and refreshToken.";
            return Err(Error::invalid("invalid_grant_type", message));
        }
    };
    Ok(wanted)
}

fn presented(name: &'static str, text: String) -> Result<Secret, Error> {
    if text.is_empty() {
        return Err(Error::invalid("empty_parameter", format!("{name} is empty.")));
    }
    if text.chars().count() > PRESENTED_LONGEST {
        let message = format!("{name} may have at most {PRESENTED_LONGEST} characters.");
        return Err(Error::invalid("parameter_too_long", message));
    }
    Ok(Secret::new(text))
}

fn unknown_platform() -> Error {
    let names = PlatformName::ALL.map(PlatformName::as_str).join(", ");
    Error::invalid("invalid_parameter", format!("platform must be one of: {names}."))
}

fn answer(app: &App, exchanged: Exchanged) -> Answer {
    let connection = exchanged.token.connection;
    let expires_at = connection.grant().map_or(app.now(), |grant| grant.access_token_expires_at);
    Answer {
        access_token: exchanged.token.access_token.expose().to_owned(),
        refresh_token: exchanged.handle.expose().to_owned(),
        expires_in: until(app.now(), expires_at).as_secs(),
        platform: connection.company.platform.as_str(),
        company_id: connection.company.company_id,
        company_name: connection.company_name,
        company_key: connection.id.company_key.to_string(),
        api_base_url: connection.company.api_base_url,
    }
}
