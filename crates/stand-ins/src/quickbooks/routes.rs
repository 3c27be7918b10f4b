//! The routes of Intuit's hosts.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::middleware::{self, Next};
use axum::response::Response;

use super::environment::Environment;
use super::intuit::Intuit;
use super::{api, books};
use crate::bookkeeping::control as book_control;
use crate::oauth::{Served, StandIn, authorize, control, revoke, token};
use crate::random;

impl Served for Intuit {
    fn routes(stand_in: Arc<StandIn<Self>>) -> Router {
        Router::new()
            .route("/connect/oauth2", authorize::route(()))
            .route("/oauth2/v1/tokens/bearer", token::route(()))
            .route("/v2/oauth2/tokens/revoke", revoke::route(()))
            .nest("/api", of_api(Environment::Production))
            .nest("/sandbox-api", of_api(Environment::Sandbox))
            .layer(middleware::from_fn(add_transaction_id))
            .nest("/__control", control::routes().merge(book_control::routes()))
            .with_state(stand_in)
    }
}

/// The routes of one of the two API hosts.
fn of_api(host: Environment) -> Router<Arc<StandIn<Intuit>>> {
    api::routes(host).merge(books::routes(host))
}

/// Adds the header `intuit_tid` to every answer, which Intuit's support asks for.
async fn add_transaction_id(request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let id = format!("1-{}-{}", random::hex(8), random::hex(24));
    let value = HeaderValue::from_str(&id).expect("hexadecimal digits and dashes");
    answer.headers_mut().insert("intuit_tid", value);
    answer
}
