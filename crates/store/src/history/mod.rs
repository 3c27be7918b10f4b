//! Audit rows, and counts of what has no rows of its own.

pub(crate) mod counts;
mod day_counts;
mod of_connection;
mod of_partner;
pub(crate) mod row;
