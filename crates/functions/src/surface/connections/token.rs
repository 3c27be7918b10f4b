//! Returns a valid access token.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use counterfoil_core::model::platform::Environment;
use counterfoil_core::service::vault::read::{self, Token};
use counterfoil_core::{App, Error};
use jiff::Timestamp;
use jiff::fmt::serde::timestamp::second;
use serde::Serialize;
use utoipa::ToSchema;

use crate::deadline::EndsAt;
use crate::extract::caller::Named;
use crate::extract::query::Query;
use crate::surface::consent::or_reconnect;
use crate::surface::problem::Problem;
use crate::surface::words;

/// A token, and the company and API address that a caller needs with it. Times are in seconds since 1970.
#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
pub(crate) struct TokenAnswer {
    company_key: String,
    company_name: String,
    realm_id: String,
    access_token: String,
    #[serde(with = "second::optional")]
    #[schema(value_type = Option<i64>)]
    access_token_expires_at: Option<Timestamp>,
    #[serde(with = "second::optional")]
    #[schema(value_type = Option<i64>)]
    refresh_token_expires_at: Option<Timestamp>,
    #[serde(with = "second::required")]
    #[schema(value_type = i64)]
    updated_at: Timestamp,
    #[serde(with = "second::required")]
    #[schema(value_type = i64)]
    last_refresh_at: Timestamp,
    uses_sandbox_credentials: bool,
    #[schema(schema_with = words::platform)]
    platform: &'static str,
    company_id: String,
    api_base_url: String,
}

/// The largest value that is accepted before the connection is read. The exact bound depends on the token's life.
const MIN_VALID_SECONDS_MOST: u64 = 86_400;

/// The parameter `min_valid_seconds`, checked before the table is read.
pub(crate) struct MinValid(Option<Duration>);

impl<S: Sync> FromRequestParts<S> for MinValid {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let seconds = Query::of(parts).number("min_valid_seconds", 0, MIN_VALID_SECONDS_MOST)?;
        Ok(Self(seconds.map(Duration::from_secs)))
    }
}

pub(crate) async fn read(
    State(app): State<Arc<App>>,
    EndsAt(ends_at): EndsAt,
    MinValid(min_valid): MinValid,
    Named(_, connection): Named,
) -> Result<Json<TokenAnswer>, Problem> {
    if let Some(most) = read::min_valid_most(&connection)
        && min_valid.is_some_and(|asked| asked > most)
    {
        let message = format!("min_valid_seconds may be at most {}, half of this token's life.", most.as_secs());
        return Err(Error::invalid("invalid_min_valid_seconds", message).into());
    }
    let or_reconnect = or_reconnect(&connection);
    let token = read::serve_token(&app, connection, min_valid, ends_at).await.map_err(or_reconnect)?;
    Ok(Json(answer(token)))
}

pub(crate) async fn refresh(
    State(app): State<Arc<App>>,
    EndsAt(ends_at): EndsAt,
    Named(key, connection): Named,
) -> Result<Json<TokenAnswer>, Problem> {
    let or_reconnect = or_reconnect(&connection);
    let token = read::refresh_for(&app, &key, connection, ends_at).await.map_err(or_reconnect)?;
    Ok(Json(answer(token)))
}

fn answer(token: Token) -> TokenAnswer {
    let Token { connection, access_token } = token;
    let grant = connection.grant();
    TokenAnswer {
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
