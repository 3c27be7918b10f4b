//! The stand-ins with the clients of the real services.

mod dynamodb;
mod http_event;
mod lambda;
mod secrets_manager;
mod wire;
mod wire_faults;
