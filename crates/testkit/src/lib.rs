//! What tests and measurements need and the product never ships: stand-ins for AWS on the loopback interface,
//! each on a port of its own and stopped when dropped, and faults between the product and them.
//!
//! A stand-in that cannot start, or is asked for what cannot be, panics: that is a broken test, not a result.

pub mod dynamodb;
pub mod http_answer;
pub mod http_event;
pub mod lambda;
mod loopback;
pub mod secrets_manager;
pub mod wire;
