//! Token answers that could not be read, stored for an operator.

pub(crate) mod port;
pub(crate) mod row;
