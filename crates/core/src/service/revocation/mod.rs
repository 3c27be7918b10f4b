//! Disconnects, the revocation of grants at their platforms, and the purge of what a connection left.

pub mod disconnect;
pub(crate) mod other_grant;
pub mod purge;
pub mod revoke;
