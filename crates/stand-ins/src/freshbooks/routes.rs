//! The routes of `FreshBooks`'s hosts.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use super::doorkeeper::FreshBooks;
use super::{books, me};
use crate::bookkeeping::control as book_control;
use crate::oauth::{Served, StandIn, authorize, control, revoke, token};

impl Served for FreshBooks {
    fn routes(stand_in: Arc<StandIn<Self>>) -> Router {
        Router::new()
            .route("/oauth/authorize", authorize::route(()))
            .route("/api/auth/oauth/token", token::route(()))
            .route("/api/auth/oauth/revoke", revoke::route(()))
            .route("/api/auth/api/v1/users/me", get(me::answer))
            .nest("/api/accounting/account/{account_id}", books::routes())
            .nest("/__control", control::routes().merge(book_control::routes()))
            .with_state(stand_in)
    }
}
