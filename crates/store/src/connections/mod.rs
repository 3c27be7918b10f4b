//! Connections: their items and what is asked of them.

pub(crate) mod port;
pub(crate) mod row;
