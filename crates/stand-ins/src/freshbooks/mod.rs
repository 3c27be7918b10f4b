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
mod routes;

pub use endpoints::Endpoints;
pub use membership::{MEMBERSHIPS, Membership};

pub(crate) use doorkeeper::FreshBooks;

/// The client id of the app.
pub const CLIENT_ID: &str = "stand-in-freshbooks-client";
/// Its secret. It protects nothing, so it is public.
pub const CLIENT_SECRET: &str = "stand-in-freshbooks-secret";
