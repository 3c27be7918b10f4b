//! Disconnects a connection, and purges its data on request.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use counterfoil_core::App;
use counterfoil_core::model::name::CompanyKey;
use counterfoil_core::service::revocation::disconnect::{self, Disconnected, History};
use counterfoil_core::service::revocation::revoke::RevocationStatus;
use counterfoil_platforms::facts_of;
use serde::Serialize;
use utoipa::ToSchema;

use crate::deadline::EndsAt;
use crate::extract::caller::Caller;
use crate::extract::path::InPath;
use crate::extract::query::Query;
use crate::surface::connections::connections;
use crate::surface::problem::Problem;

/// The connection as it is now, and the result of the revocation of its grant.
#[derive(Serialize, ToSchema)]
#[schema(as = Disconnection)]
pub(crate) struct DisconnectAnswer {
    #[serde(flatten)]
    connection: connections::ConnectionAnswer,
    /// Whether the platform needs no more request from us.
    platform_told: bool,
    revocation: Revocation,
}

/// The state of the grant at its platform.
#[derive(Serialize, PartialEq, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Revocation {
    /// The grant was revoked, or is kept because another connection needs it.
    Settled,
    /// The revocation is tried again for thirty days.
    Pending,
    /// The platform has no way to revoke it: the customer removes the app there.
    Unsupported,
}

fn revocation(disconnected: &Disconnected) -> Revocation {
    match disconnected.revocation {
        _ if facts_of(disconnected.connection.company.platform).is_some_and(|facts| facts.revoke.is_none()) => {
            Revocation::Unsupported
        }
        RevocationStatus::Completed => Revocation::Settled,
        RevocationStatus::Pending => Revocation::Pending,
    }
}

pub(crate) async fn disconnect(
    State(app): State<Arc<App>>,
    EndsAt(ends_at): EndsAt,
    Caller(key): Caller,
    InPath(company_key): InPath<CompanyKey>,
    query: Query,
) -> Result<Json<DisconnectAnswer>, Problem> {
    let history = if query.word("purge", "true, false")?.unwrap_or(false) { History::Purged } else { History::Kept };
    let disconnected = disconnect::disconnect(&app, &key, &company_key, history, ends_at).await?;
    let revocation = revocation(&disconnected);
    let platform_told = revocation == Revocation::Settled;
    let connection = connections::whole(&app, disconnected.connection).await?;
    Ok(Json(DisconnectAnswer { connection, platform_told, revocation }))
}
