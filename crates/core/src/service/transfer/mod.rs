//! Transfers connections from another system, each with its refresh token.
//!
//! The first step stores the connection with its sealed refresh token. Counterfoil serves none of its tokens yet. Then the vault refreshes
//! the grant like any other, under a lease and with parking, and the platform confirms the company. After that the connection is active.
//! Each step is stored before the next begins, so that the next run continues after the last step of a killed process.

mod confirm;
pub mod failure;
mod run;

pub use run::{AT_ONCE, Transferred, Transfers};
