//! Checks of the installation, and of one connection.

pub mod connection;
pub mod ready;
