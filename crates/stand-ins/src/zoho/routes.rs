//! The routes of Zoho's hosts in every data centre.

use std::sync::Arc;

use axum::Router;

use super::accounts::Zoho;
use super::data_center::{DATA_CENTERS, DataCenter};
use super::{books, organizations};
use crate::bookkeeping::control as book_control;
use crate::oauth::{Served, StandIn, authorize, control, revoke, token};

impl Served for Zoho {
    fn routes(stand_in: Arc<StandIn<Self>>) -> Router {
        let control = Router::new().nest("/__control", control::routes().merge(book_control::routes()));
        let add = |routes: Router<Arc<StandIn<Zoho>>>, site: &'static DataCenter| {
            routes.nest(&format!("/{}", site.location), of_data_center(site))
        };
        DATA_CENTERS.iter().fold(control, add).with_state(stand_in)
    }
}

fn of_data_center(site: &'static DataCenter) -> Router<Arc<StandIn<Zoho>>> {
    Router::new()
        .route("/oauth/v2/auth", authorize::route(site))
        .route("/oauth/v2/token", token::route(site))
        .route("/oauth/v2/token/revoke", revoke::route(site))
        .route("/api/books/v3/organizations", organizations::route(site))
        .nest("/api/books/v3", books::routes(site))
}
