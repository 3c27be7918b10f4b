//! The stand-ins against the clients they stand in for.

mod dynamodb;
mod http_event;
mod lambda;
mod secrets_manager;
mod wire;
mod wire_faults;
