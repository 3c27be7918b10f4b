//! Consents: from the start of a flow to the connection.

pub(crate) mod authority;
pub mod callback;
pub mod confirm;
pub(in crate::service) mod end;
pub(crate) mod end_expired;
pub mod exchange;
pub mod in_browser;
pub mod open;
pub mod outcome;
pub(crate) mod platform_code;
pub mod start;
mod unused_grant;
pub mod write;
