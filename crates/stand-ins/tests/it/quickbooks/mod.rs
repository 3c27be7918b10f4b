//! The stand-in for Intuit, with what every stand-in shares.

mod api;
mod authorize;
mod book_control;
mod books;
mod control;
mod faults;
mod harness;
mod kept;
mod refresh;
mod revoke;
mod rotation_policies;
mod token;
