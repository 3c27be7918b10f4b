//! Webhooks: partners configure endpoints, each event becomes one delivery for each endpoint, and the courier sends the deliveries until
//! they are accepted or have failed for good.

mod attempt;
pub mod deliver;
pub mod dispatch;
pub mod endpoints;
mod failing;
pub mod log;
pub mod replay;
pub mod rotate_secret;
pub mod sweep;
pub mod test_endpoint;
mod wake;

/// The purposes for which an endpoint's secrets are sealed, which are the attributes that hold them.
pub const SECRET: &str = "secret";
/// As [`SECRET`], for the secret before it.
pub const PREVIOUS_SECRET: &str = "previous_secret";
