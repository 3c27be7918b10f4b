//! The API for an app's server and the pages for browsers. Errors have the form of RFC 9457.

pub(crate) mod answers;
pub(crate) mod audit;
pub mod callback;
#[expect(clippy::module_inception, reason = "the surface and what it lists have one name")]
pub mod connections;
pub mod disconnect;
pub(crate) mod docs;
pub(crate) mod error_body;
pub mod health;
pub(crate) mod open;
pub(crate) mod readiness;
pub(crate) mod return_url;
pub mod start;
pub mod token;
pub(crate) mod verify;
