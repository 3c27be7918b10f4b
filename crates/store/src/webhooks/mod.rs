//! Webhook endpoints and deliveries.

mod deliveries;
mod delivery_row;
mod endpoints;
mod endpoints_row;
pub(crate) mod state_row;
mod sweeps;
