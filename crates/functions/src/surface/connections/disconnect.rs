//! Takes a connection away.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::routing::delete;
use axum::{Extension, Json, Router};
use counterfoil_core::model::api_key::Scope;
use counterfoil_core::service::partner::authenticate::authenticate;
use counterfoil_core::service::revocation::disconnect::{self, Disconnected};
use counterfoil_core::service::revocation::revoke::Telling;
use counterfoil_core::{App, Error};
use counterfoil_platforms::facts_of;
use serde::Serialize;

use crate::deadline::EndsAt;
use crate::extract::api_key::api_key;
use crate::extract::query::Query;
use crate::extract::read::company_key;
use crate::surface::connections::connections;
use crate::surface::problem::Problem;

/// The routes of this endpoint.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/connections/{company_key}", delete(disconnect))
}

/// The connection as it is now.
#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    connection: connections::Answer,
    /// Whether nothing is left to be done at the platform by us.
    platform_told: bool,
    revocation: Revocation,
}

/// What became of the grant at its platform.
#[derive(Serialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Revocation {
    /// It was revoked, or another connection needs it.
    Settled,
    /// It is tried again for thirty days.
    Pending,
    /// The platform has no way to revoke it: the customer removes the app there.
    Unsupported,
}

fn revocation(disconnected: &Disconnected) -> Revocation {
    match disconnected.telling {
        _ if facts_of(disconnected.connection.company.platform).revoke.is_none() => Revocation::Unsupported,
        Telling::Settled => Revocation::Settled,
        Telling::Owed => Revocation::Pending,
    }
}

async fn disconnect(
    State(app): State<Arc<App>>,
    Extension(EndsAt(ends_at)): Extension<EndsAt>,
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
    let disconnected = disconnect::disconnect(&app, &key, &company_key, ends_at).await?;
    let revocation = revocation(&disconnected);
    let platform_told = revocation == Revocation::Settled;
    Ok(Json(Answer { connection: connections::answer(disconnected.connection), platform_told, revocation }))
}
