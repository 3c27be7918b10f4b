//! Brings in connections from another system, each with its refresh token.
//!
//! A connection is first stored with its sealed refresh token, and no token of it is handed out. Then the vault refreshes its grant like
//! any other, under a lease and with parking, and the platform confirms its company. Only then is the connection active. Each step is
//! stored before the next begins, so that the next run continues where a killed process ended.

mod bring_in;
mod confirm;
pub mod failure;

pub use bring_in::{AT_ONCE, BroughtIn, Transfers};
