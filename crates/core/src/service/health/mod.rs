//! Checks of the installation and of one connection, and the health of a partner's integrations.

pub mod connection;
pub mod figures;
pub mod gauges;
pub mod partner;
pub mod ready;
pub mod recount;
pub(crate) mod standing;
pub(crate) mod sums;
