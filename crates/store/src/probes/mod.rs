//! Probes of connections, and hints that a company was disconnected.

mod asked;
pub(crate) mod port;
pub(crate) mod row;
