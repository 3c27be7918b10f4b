//! The audit of a partner: its rows, and counts of what has no rows of its own.

pub mod counts;
pub mod history;
