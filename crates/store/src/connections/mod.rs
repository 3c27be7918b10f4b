//! The items of connections, and their reads and writes.

pub(crate) mod grant_attributes;
pub(crate) mod lease_row;
pub(crate) mod port;
pub(crate) mod row;
