//! The HTTP APIs. Each surface has its own error body and its own authentication. An endpoint reads a request, calls one service and
//! answers.

pub(crate) mod addresses;
pub mod connections;
pub(crate) mod consent;
pub(crate) mod partner;
pub(crate) mod problem;

/// The API that a route belongs to. It decides the error body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// Errors have the form of RFC 9457.
    Connections,
    /// Errors have the partner API's envelope.
    Partner,
}
