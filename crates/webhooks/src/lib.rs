//! Outbound webhooks: the wire format of Standard Webhooks, and the client that posts it to public addresses only (A-6, W-1).

mod address;
mod body;
mod client;
mod failure;
mod public;
mod resolver;
mod sender;
mod signature;

pub use body::Data;
pub use sender::Sender;
