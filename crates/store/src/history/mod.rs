//! Audit rows and counts of refusals.

pub(crate) mod counts;
pub(crate) mod row;
