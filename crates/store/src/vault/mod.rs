//! The writes of leases, refreshed grants, consents and disconnects. All of them are conditional.

mod consent;
pub(crate) mod port;
pub(crate) mod row;
mod transfer;
