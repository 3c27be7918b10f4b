//! Refreshing a token: look, lease, look again, act, record. There is one way to do it, for the reader, the refresher and
//! the forced refresh; only the reason differs.
//!
//! `step` decides, as a pure function of what was seen; `run` does what it says.

mod run;
mod sealed_grant;
pub mod step;
mod unused;

pub use run::{Asked, Place, Refreshed, refresh};
pub(crate) use run::{end_of, of_its_client};
pub use sealed_grant::sealing_owner;
pub(crate) use sealed_grant::{ACCESS_TOKEN, REFRESH_TOKEN, reseal_grant, seal_grant};
pub use unused::UnusedLeases;
