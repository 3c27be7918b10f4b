//! The surfaces: each contract with its own error body and its own way to authenticate. An endpoint reads a request, calls one
//! service and answers.

pub(crate) mod addresses;
pub mod connections;
pub(crate) mod consent;
pub(crate) mod partner;
pub(crate) mod problem;

/// Whose contract a route is of: each has its own error body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// Errors are RFC 9457.
    Connections,
    /// Errors have the partner API's envelope.
    Partner,
}
