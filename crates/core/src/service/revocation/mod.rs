//! Disconnects, and the revocation of grants at their platforms.

pub mod disconnect;
pub(crate) mod holders;
pub mod revoke;
