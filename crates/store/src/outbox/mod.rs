//! Events.

pub(crate) mod port;
pub(crate) mod row;
