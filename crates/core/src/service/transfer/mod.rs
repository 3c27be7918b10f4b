//! Brings in connections from another system, each with its refresh token.
//!
//! A connection is first stored with its sealed refresh token, and no token of it is handed out. Then the vault refreshes its grant like
//! any other, under a lease and with parking, and the platform confirms its company. Only then is the connection active. Each step is
//! stored before the next begins, so that the next run continues where a killed process ended.

mod confirm;
pub mod failure;
mod run;

pub use run::{AT_ONCE, Transferred, Transfers};
