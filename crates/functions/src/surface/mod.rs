//! The surfaces: each contract with its own error body and its own way to authenticate. An endpoint reads a request, calls one
//! service and answers.

pub mod connections;
pub(crate) mod partner;
pub(crate) mod problem;
