//! `FreeAgent`: no scopes, no PKCE, no revocation endpoint, refresh tokens that stay the same for twenty years, and one company for each
//! grant.
//!
//! | Path under `/freeagent` | At `FreeAgent` |
//! |---|---|
//! | `/v2/approve_app` | `https://api.freeagent.com/v2/approve_app` |
//! | `/v2/token_endpoint` | `https://api.freeagent.com/v2/token_endpoint` |
//! | `/v2/company` | `https://api.freeagent.com/v2/company` |

mod approval;
mod company;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::oauth::{StandIn, authorize, control, token};

pub(crate) use approval::FreeAgent;
pub use company::{COMPANY_ID, COMPANY_NAME};

/// The client id of the app.
pub(crate) const CLIENT_ID: &str = "stand-in-freeagent-client";
/// Its secret. It protects nothing, so it is public.
pub(crate) const CLIENT_SECRET: &str = "stand-in-freeagent-secret";

fn routes(stand_in: Arc<StandIn<FreeAgent>>) -> Router {
    Router::new()
        .route("/v2/approve_app", authorize::route(()))
        .route("/v2/token_endpoint", token::route(()))
        .route("/v2/company", get(company::answer))
        .nest("/__control", control::routes())
        .with_state(stand_in)
}
