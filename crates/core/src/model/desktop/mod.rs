//! QuickBooks Desktop: end users, their connections through the Web Connector, the sessions of the auth flow, and the jobs that carry
//! requests to a company file.

pub mod auth_session;
pub mod connection;
pub mod end_user;
pub mod id;
pub mod job;
