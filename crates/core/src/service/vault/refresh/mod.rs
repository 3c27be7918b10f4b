//! Refreshing a token: look, lease, look again, act, record. There is one way to do it, for the reader, the refresher and
//! the forced refresh; only the reason differs.
//!
//! `step` decides, as a pure function of what was seen; `run` does what it says.

pub mod asked;
pub(crate) mod grant_end;
mod run;
mod sealed_grant;
pub mod step;
mod unused;

pub use asked::{Asked, Place, Refreshed};
pub(crate) use grant_end::{end_of, of_its_client};
pub use run::refresh;
pub use sealed_grant::sealing_owner;
pub(crate) use sealed_grant::{ACCESS_TOKEN, REFRESH_TOKEN, reseal_grant, seal_grant};
pub use unused::UnusedLeases;
