//! Connections: their items and what is asked of them.

pub(crate) mod grant_attributes;
pub(crate) mod port;
pub(crate) mod row;
