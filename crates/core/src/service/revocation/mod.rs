//! Disconnects, and the revocation of grants at their platforms.

pub mod disconnect;
pub(crate) mod other_grant;
pub mod revoke;
