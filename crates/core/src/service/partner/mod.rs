//! Partners: their keys, links and settings, and an operator's actions for them.

pub mod authenticate;
pub mod change_connection;
pub mod idempotency;
pub mod keys;
pub mod links;
pub mod operator;
pub mod partners;
pub mod redirect_uris;
pub(crate) mod refusal;
pub mod rotate_key;
