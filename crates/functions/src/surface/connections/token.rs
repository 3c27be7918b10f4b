//! A valid access token, at any moment.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Extension, Json, Router};
use counterfoil_core::App;
use counterfoil_core::model::api_key::Scope;
use counterfoil_core::model::platform::Environment;
use counterfoil_core::service::partner::authenticate::authenticate_and_read;
use counterfoil_core::service::vault::read::{self, Token};
use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second;
use serde::Serialize;

use crate::deadline::EndsAt;
use crate::extract::api_key::api_key;
use crate::extract::query::Query;
use crate::extract::read::company_key;
use crate::methods::only_get;
use crate::surface::connections::verify;
use crate::surface::partner::exchange;
use crate::surface::problem::Problem;

/// The routes of the function `token`: what needs its rights.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/token/{company_key}", only_get(read))
        .route("/api/token/{company_key}/refresh", post(refresh))
        .merge(exchange::routes())
        .merge(verify::routes())
}

/// Seed 001's fields, and what a token is useless without on other platforms. Times in seconds since 1970.
#[derive(Serialize)]
struct Answer {
    company_key: String,
    company_name: String,
    realm_id: String,
    access_token: String,
    #[serde(with = "second::optional")]
    access_token_expires_at: Option<Timestamp>,
    #[serde(with = "second::optional")]
    refresh_token_expires_at: Option<Timestamp>,
    #[serde(with = "second::required")]
    updated_at: Timestamp,
    #[serde(with = "second::required")]
    last_refresh_at: Timestamp,
    uses_sandbox_credentials: bool,
    platform: &'static str,
    company_id: String,
    api_base_url: String,
}

/// More would be refused for any token; the exact bound depends on the token's life.
const MIN_VALID_SECONDS_MOST: u64 = 86_400;

async fn read(
    State(app): State<Arc<App>>,
    Extension(EndsAt(ends_at)): Extension<EndsAt>,
    path: Result<Path<String>, PathRejection>,
    query: Query,
    headers: HeaderMap,
) -> Result<Json<Answer>, Problem> {
    let company_key = company_key(path)?;
    let key = api_key(&headers, &query)?;
    let min_valid = query.number("min_valid_seconds", 0, MIN_VALID_SECONDS_MOST)?.map(Duration::from_secs);
    let (id, connection) = authenticate_and_read(&app, key.as_ref(), Scope::TokensRead, &company_key).await?;
    let token = read::read_token_by(&app, &id, connection, min_valid, ends_at).await?;
    Ok(Json(answer(token)))
}

async fn refresh(
    State(app): State<Arc<App>>,
    Extension(EndsAt(ends_at)): Extension<EndsAt>,
    path: Result<Path<String>, PathRejection>,
    query: Query,
    headers: HeaderMap,
) -> Result<Json<Answer>, Problem> {
    let company_key = company_key(path)?;
    let key = api_key(&headers, &query)?;
    let (id, connection) = authenticate_and_read(&app, key.as_ref(), Scope::TokensRead, &company_key).await?;
    let token = read::force_refresh_by(&app, &id, connection, ends_at).await?;
    Ok(Json(answer(token)))
}

fn answer(token: Token) -> Answer {
    let Token { connection, access_token } = token;
    let grant = connection.grant();
    Answer {
        access_token: access_token.expose().to_owned(),
        access_token_expires_at: grant.map(|grant| grant.access_token_expires_at),
        refresh_token_expires_at: grant.and_then(|grant| grant.refresh_token_expires_at),
        updated_at: connection.updated_at,
        last_refresh_at: connection.last_refresh_at(),
        uses_sandbox_credentials: connection.company.environment == Environment::Sandbox,
        platform: connection.company.platform.as_str(),
        realm_id: connection.company.company_id.clone(),
        company_id: connection.company.company_id,
        api_base_url: connection.company.api_base_url,
        company_key: connection.id.company_key.to_string(),
        company_name: connection.company_name,
    }
}
