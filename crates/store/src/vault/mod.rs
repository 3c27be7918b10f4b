//! The writes of leases, refreshed grants, consents and disconnects. All of them are conditional.

mod consent;
pub(crate) mod port;
mod transfer;
