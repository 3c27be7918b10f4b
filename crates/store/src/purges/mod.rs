//! Purges of the data of disconnected connections.

mod begin;
mod port;
mod remove;
mod row;
mod runs;

pub(crate) use begin::nameless;
pub(crate) use row::restarted;
