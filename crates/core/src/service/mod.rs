//! The services, by subject. They make decisions and return domain values, never status codes.

pub mod audit;
pub mod consent;
pub mod desktop;
pub mod health;
pub mod job;
mod optimistic;
pub mod partner;
pub mod records;
pub mod revocation;
pub mod sync;
pub mod transfer;
pub mod vault;
pub mod webhook;
pub mod worker;
