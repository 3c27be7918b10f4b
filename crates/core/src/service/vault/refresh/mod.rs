//! Refreshes a token: look, lease, look again, send, store. Readers, the refresher and forced refreshes run the same code; only the
//! reason differs.
//!
//! `step` decides the next action as a pure function of what was read. `execution` executes the actions.

mod execution;
pub(crate) mod grant_end;
pub mod request;
pub mod sealed_grant;
pub mod step;
mod unused;

pub use execution::refresh;
pub(crate) use grant_end::{end_of, of_its_client};
pub use request::{Permit, RefreshRequest, Refreshed};
pub use unused::UnusedLeases;
