//! Intuit: the consent page, the token and revocation endpoints, and on both API hosts `CompanyInfo` and the companies' books. The rules come
//! from Intuit's OAuth pages and SDKs; each source is named at its rule.
//!
//! | Path under `/quickbooks` | At Intuit |
//! |---|---|
//! | `/connect/oauth2` | `https://appcenter.intuit.com/connect/oauth2` |
//! | `/oauth2/v1/tokens/bearer` | `https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer` |
//! | `/v2/oauth2/tokens/revoke` | `https://developer.api.intuit.com/v2/oauth2/tokens/revoke` |
//! | `/api` | `https://quickbooks.api.intuit.com` |
//! | `/sandbox-api` | `https://sandbox-quickbooks.api.intuit.com` |

mod api;
mod books;
mod company;
mod endpoints;
mod environment;
mod gateway;
mod intuit;
mod redirect_uri;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::middleware::{self, Next};
use axum::response::Response;

use crate::bookkeeping::control as book_control;
use crate::oauth::{StandIn, authorize, control, revoke, token};
use crate::random;

pub use company::Company;
pub use endpoints::Endpoints;
pub use environment::Environment;
pub(crate) use redirect_uri::RedirectUris;

pub(crate) use intuit::Intuit;

/// The routes of all of Intuit's hosts, and the control routes.
fn routes(stand_in: Arc<StandIn<Intuit>>) -> Router {
    Router::new()
        .route("/connect/oauth2", authorize::route(()))
        .route("/oauth2/v1/tokens/bearer", token::route(()))
        .route("/v2/oauth2/tokens/revoke", revoke::route(()))
        .nest("/api", api::routes(Environment::Production))
        .nest("/sandbox-api", api::routes(Environment::Sandbox))
        .layer(middleware::from_fn(add_transaction_id))
        .nest("/__control", control::routes().merge(book_control::routes()))
        .with_state(stand_in)
}

/// Adds the header `intuit_tid` to every answer, which Intuit's support asks for.
async fn add_transaction_id(request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let id = format!("1-{}-{}", random::hex(8), random::hex(24));
    let value = HeaderValue::from_str(&id).expect("hexadecimal digits and dashes");
    answer.headers_mut().insert("intuit_tid", value);
    answer
}
