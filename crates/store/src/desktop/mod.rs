//! QuickBooks Desktop: end users, their connections, sessions of the auth flow, and jobs.
//!
//! An end user, its connection and its jobs share a partition, so that one strongly consistent query answers the Web Connector.

mod auth_session_row;
mod connection_row;
mod end_row;
pub(crate) mod end_user_row;
mod end_users;
mod job_row;
mod jobs;
pub(crate) mod owner;
