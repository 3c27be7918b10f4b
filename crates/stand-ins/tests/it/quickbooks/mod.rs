//! The stand-in for Intuit, and what every stand-in shares with it.

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
