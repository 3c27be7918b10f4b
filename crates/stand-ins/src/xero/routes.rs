//! The routes of Xero's hosts.

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get};

use super::identity::Xero;
use super::{books, connections, organisation};
use crate::bookkeeping::control as book_control;
use crate::oauth::{Served, StandIn, authorize, control, revoke, token};

impl Served for Xero {
    fn routes(stand_in: Arc<StandIn<Self>>) -> Router {
        Router::new()
            .route("/identity/connect/authorize", authorize::route(()))
            .route("/connect/token", token::route(()))
            .route("/connect/revocation", revoke::route(()))
            .route("/connections", get(connections::list))
            .route("/connections/{id}", delete(connections::remove))
            .route("/api.xro/2.0/Organisation", get(organisation::answer))
            .nest("/api.xro/2.0", books::routes())
            .nest("/__control", control::routes().merge(book_control::routes()))
            .with_state(stand_in)
    }
}
