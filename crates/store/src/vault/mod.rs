//! Grants: leases, refreshed tokens, consents and disconnects, each a conditional write.

mod consent;
pub(crate) mod port;
pub(crate) mod row;
