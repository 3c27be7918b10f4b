//! The routes of `FreeAgent`'s host.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use super::approval::FreeAgent;
use super::company;
use crate::oauth::{Served, StandIn, authorize, control, token};

impl Served for FreeAgent {
    fn routes(stand_in: Arc<StandIn<Self>>) -> Router {
        Router::new()
            .route("/v2/approve_app", authorize::route(()))
            .route("/v2/token_endpoint", token::route(()))
            .route("/v2/company", get(company::answer))
            .nest("/__control", control::routes())
            .with_state(stand_in)
    }
}
