//! Partners: their keys, their links, and what they change.

pub mod authenticate;
pub mod change_connection;
pub mod links;
pub(crate) mod refusal;
