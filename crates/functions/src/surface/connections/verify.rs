//! Whether a connection still works, by its platform's own word: asked for by the partner, or because somebody says that it was
//! disconnected there. Of the function `token`, which has the rights.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Extension, Json, Router};
use counterfoil_core::App;
use counterfoil_core::model::api_key::Scope;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::probe::Hint;
use counterfoil_core::service::partner::authenticate::authenticate_and_read;
use counterfoil_core::service::vault::hint::note_hint;
use counterfoil_core::service::vault::verify::verify_connection;
use counterfoil_platforms::facts_of;
use maud::Markup;
use serde::Serialize;

use crate::deadline::EndsAt;
use crate::extract::api_key::api_key;
use crate::extract::query::Query;
use crate::extract::read::company_key;
use crate::methods::only_get;
use crate::page;
use crate::surface::problem::Problem;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new().route("/api/connections/{company_key}/verify", post(verify)).route("/oauth/disconnect", only_get(hint))
}

#[derive(Serialize)]
struct Answer {
    company_key: String,
    platform: &'static str,
    company_id: String,
    /// As the platform calls it, which need not be the connection's own name.
    company_name: String,
    verified: bool,
}

async fn verify(
    State(app): State<Arc<App>>,
    Extension(EndsAt(ends_at)): Extension<EndsAt>,
    path: Result<Path<String>, PathRejection>,
    query: Query,
    headers: HeaderMap,
) -> Result<Json<Answer>, Problem> {
    let company_key = company_key(path)?;
    let key = api_key(&headers, &query)?;
    let (id, found) = authenticate_and_read(&app, key.as_ref(), Scope::ConnectionsWrite, &company_key).await?;
    let verified = verify_connection(&app, &id, found, ends_at).await?;
    Ok(Json(Answer {
        company_key: id.company_key.to_string(),
        platform: verified.connection.company.platform.as_str(),
        company_id: verified.connection.company.company_id,
        company_name: verified.company_name,
        verified: true,
    }))
}

/// The longest id of a company.
const COMPANY_ID_LONGEST: usize = 64;

/// Where a platform sends the browser of a customer who disconnected the app there. Anyone can open it, so that it does and shows
/// the same whatever it names; the refresher's run finds out what is true of it.
async fn hint(State(app): State<Arc<App>>, query: Query) -> Markup {
    for platform in PlatformName::ALL {
        if let Some(name) = facts_of(platform).disconnect_hint
            && let Ok(Some(company_id)) = query.filled(name, COMPANY_ID_LONGEST)
        {
            note_hint(&app, &Hint { platform, company_id: company_id.to_owned() }).await;
        }
    }
    page::disconnected_there()
}
