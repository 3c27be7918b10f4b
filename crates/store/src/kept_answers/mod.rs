//! Token answers that could not be read, kept for an operator.

pub(crate) mod port;
pub(crate) mod row;
