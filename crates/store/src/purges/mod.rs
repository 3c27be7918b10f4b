//! Purges of the data of disconnected connections.

mod begin;
mod port;
mod remove;
mod row;
mod runs;

pub(crate) use begin::without_company_name;
pub(crate) use row::restarted;
