//! Verifies a connection at its platform: for the partner, or after a hint that it was disconnected there. The function `token` serves
//! it, because it needs the same rights.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use counterfoil_core::App;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::probe::Hint;
use counterfoil_core::service::vault::hint::note_hint;
use counterfoil_core::service::vault::verify::verify_connection;
use counterfoil_platforms::facts_of;
use maud::Markup;
use serde::Serialize;
use utoipa::ToSchema;

use crate::deadline::EndsAt;
use crate::extract::caller::Named;
use crate::extract::query::Query;
use crate::page;
use crate::surface::consent::or_reconnect;
use crate::surface::problem::Problem;
use crate::surface::words;

#[derive(Serialize, ToSchema)]
#[schema(as = Verification)]
pub(crate) struct VerifyAnswer {
    company_key: String,
    #[schema(schema_with = words::platform)]
    platform: &'static str,
    company_id: String,
    /// The platform's name of the company. The connection may have another one.
    company_name: String,
    verified: bool,
}

pub(crate) async fn verify(
    State(app): State<Arc<App>>,
    EndsAt(ends_at): EndsAt,
    Named(_, connection): Named,
) -> Result<Json<VerifyAnswer>, Problem> {
    let or_reconnect = or_reconnect(&connection);
    let verified = verify_connection(&app, connection, ends_at).await.map_err(or_reconnect)?;
    Ok(Json(VerifyAnswer {
        company_key: verified.connection.id.company_key.to_string(),
        platform: verified.connection.company.platform.as_str(),
        company_id: verified.connection.company.company_id,
        company_name: verified.company_name,
        verified: true,
    }))
}

/// The longest company id that is accepted, in characters.
const COMPANY_ID_LONGEST: usize = 64;

/// The address to which a platform sends a customer who disconnected the app there. Anyone can open it, so it does and shows the same
/// for every company. The refresher verifies the hint.
pub(crate) async fn hint(State(app): State<Arc<App>>, query: Query) -> Markup {
    for platform in PlatformName::with_oauth() {
        if let Some(name) = facts_of(platform).and_then(|facts| facts.disconnect_hint)
            && let Ok(Some(company_id)) = query.filled(name, COMPANY_ID_LONGEST)
        {
            note_hint(&app, &Hint { platform, company_id: company_id.to_owned() }).await;
        }
    }
    page::disconnected_there()
}
