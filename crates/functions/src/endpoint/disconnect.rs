//! Takes a connection away.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::routing::delete;
use axum::{Json, Router};
use counterfoil_core::model::api_key::Scope;
use counterfoil_core::service::authenticate::authenticate;
use counterfoil_core::service::disconnect;
use counterfoil_core::service::tell_platform::Telling;
use counterfoil_core::{App, Error};
use serde::Serialize;

use crate::endpoint::connections;
use crate::problem::Problem;
use crate::read::{Query, api_key, company_key};

/// The routes of this endpoint.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/connections/{company_key}", delete(disconnect))
}

/// The connection as it is now.
#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    connection: connections::Answer,
    /// Whether the platform knows, or is none to be told; else it will be.
    platform_told: bool,
}

async fn disconnect(
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
    query: Query,
    headers: HeaderMap,
) -> Result<Json<Answer>, Problem> {
    let company_key = company_key(path)?;
    let key = api_key(&headers, &query)?;
    if query.one("purge", 10)?.is_some() {
        return Err(Error::invalid("purge_unavailable", "purge is not built yet: nothing was disconnected. Leave it out.").into());
    }
    let key = authenticate(&app, key.as_ref(), &[Scope::ConnectionsWrite]).await?;
    let disconnected = disconnect::disconnect(&app, &key, &company_key).await?;
    Ok(Json(Answer {
        connection: connections::answer(disconnected.connection),
        platform_told: disconnected.telling == Telling::Settled,
    }))
}
