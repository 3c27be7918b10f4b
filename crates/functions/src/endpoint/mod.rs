//! The HTTP endpoints: each reads a request, calls one service and answers. One file for each deployed function.

mod authorize;
pub mod callback;
mod connect_links;
pub mod connections;
pub mod disconnect;
mod exchange;
pub mod health;
mod open;
pub mod start;
pub mod token;
mod verify;
