//! Support for tests and measurements, never shipped: stand-ins for AWS on the loopback interface, each on its own port and stopped when
//! dropped; faults between the product and them; and test doubles of the ports.
//!
//! A stand-in that cannot start, or gets an impossible request, panics: the test is wrong.

pub mod clock;
pub mod dynamodb;
pub mod entropy;
pub mod fixture;
pub mod http_answer;
pub mod http_event;
pub mod lambda;
mod loopback;
pub mod metric_line;
pub mod parking;
pub mod platform;
pub mod receiver;
pub mod secrets_manager;
pub mod template;
pub mod waking;
pub mod webhooks;
pub mod wire;
