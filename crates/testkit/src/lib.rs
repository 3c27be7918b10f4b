//! What tests and measurements need and the product never ships: stand-ins for AWS on the loopback interface,
//! each on a port of its own and stopped when dropped, faults between the product and them, and doubles of the ports.
//!
//! A stand-in that cannot start, or is asked for what cannot be, panics: that is a broken test, not a result.

pub mod clock;
pub mod dynamodb;
pub mod entropy;
pub mod fixture;
pub mod http_answer;
pub mod http_event;
pub mod lambda;
mod loopback;
pub mod parking;
pub mod platform;
pub mod secrets_manager;
pub mod template;
pub mod wire;
