//! Probes of connections, and hints that a company was disconnected.

pub(crate) mod port;
pub(crate) mod row;
