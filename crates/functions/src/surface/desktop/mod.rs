//! QuickBooks Desktop as Conductor's SDKs request it, both generations of them. Every success has the status 200. Times, names and
//! errors have Conductor's form (<https://docs.conductor.is>).

mod answers;
mod asked;
pub(crate) mod auth_sessions;
mod caller;
pub(crate) mod end_users;
pub(crate) mod integration_connections;
mod pages;
pub(crate) mod passthrough;
pub(crate) mod refusal;
pub(crate) mod resources;
