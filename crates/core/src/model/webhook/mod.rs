//! Webhooks: the endpoints of a partner, the notifications that they get, and the log of their deliveries.

pub mod delivery;
pub mod endpoint;
pub mod notification;
