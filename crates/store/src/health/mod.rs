//! Figures of a partner's integrations, and the standing of its connections.

mod port;
mod recount;
mod standing_row;
mod totals_row;
