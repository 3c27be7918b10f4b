//! `FreshBooks`: tokens by JSON or form with the client id and secret in the body, refresh tokens that work once without a grace period, the
//! user with the businesses that the token reaches, and their books.
//!
//! | Path under `/freshbooks` | At `FreshBooks` |
//! |---|---|
//! | `/oauth/authorize` | `https://auth.freshbooks.com/oauth/authorize` |
//! | `/api/auth/oauth/token` | `https://api.freshbooks.com/auth/oauth/token` |
//! | `/api/auth/oauth/revoke` | `https://api.freshbooks.com/auth/oauth/revoke` |
//! | `/api/auth/api/v1/users/me` | `https://api.freshbooks.com/auth/api/v1/users/me` |
//! | `/api/accounting/account/{account_id}` | `https://api.freshbooks.com/accounting/account/{account_id}` |

mod books;
mod doorkeeper;
mod endpoints;
mod me;
mod membership;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::bookkeeping::control as book_control;
use crate::oauth::{StandIn, authorize, control, revoke, token};

pub use endpoints::Endpoints;
pub use membership::{MEMBERSHIPS, Membership};

pub(crate) use doorkeeper::FreshBooks;

/// The client id of the app.
pub const CLIENT_ID: &str = "stand-in-freshbooks-client";
/// Its secret. It protects nothing, so it is public.
pub const CLIENT_SECRET: &str = "stand-in-freshbooks-secret";

/// The routes of both hosts and the control routes.
fn routes(stand_in: Arc<StandIn<FreshBooks>>) -> Router {
    Router::new()
        .route("/oauth/authorize", authorize::route(()))
        .route("/api/auth/oauth/token", token::route(()))
        .route("/api/auth/oauth/revoke", revoke::route(()))
        .route("/api/auth/api/v1/users/me", get(me::answer))
        .nest("/api/accounting/account/{account_id}", books::routes())
        .nest("/__control", control::routes().merge(book_control::routes()))
        .with_state(stand_in)
}
