//! Requests with an `Idempotency-Key`.

pub(crate) mod port;
pub(crate) mod row;
