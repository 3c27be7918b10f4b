//! Connections that are asked again whether they still have access, and hints that they have not.

pub(crate) mod port;
pub(crate) mod row;
