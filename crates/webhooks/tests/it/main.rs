//! What endpoints receive, and what endpoints that misbehave cost. Real servers on loopback addresses.

mod addresses;
mod answers;
mod bodies;
mod failures;
mod published;
mod requests;
mod samples;
mod server;
