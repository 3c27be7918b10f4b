//! The services, by subject. They make decisions and return domain values, never status codes.

pub mod addresses;
pub mod audit;
pub mod consent;
pub mod desktop;
pub mod figures;
pub mod health;
mod optimistic;
pub mod partner;
pub mod purge;
pub mod records;
pub mod revocation;
mod standing;
mod sums;
pub mod sync;
pub mod transfer;
mod unused_grant;
pub mod vault;
pub mod webhook;
pub mod worker;
