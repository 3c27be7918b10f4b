//! The stand-ins as a client sees them: over a real socket, with nothing but their routes.

mod api;
mod authorize;
mod control;
mod faults;
mod harness;
mod kept;
mod refresh;
mod revoke;
mod tempers;
mod token;
