//! Revocations: a connection is disconnected here, then its grant is revoked at the platform.

pub mod disconnect;
pub(crate) mod holders;
pub mod revoke;
