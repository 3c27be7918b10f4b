//! Revocations that a platform has not confirmed.

pub(crate) mod port;
pub(crate) mod row;
