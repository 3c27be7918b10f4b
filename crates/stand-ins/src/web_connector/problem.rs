//! The errors of the Web Connector.

use std::fmt;

/// An error, with the code that the Web Connector shows (Intuit's guide, Appendix A).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The number, such as 1012 of `QBWC1012`.
    pub code: u16,
    /// What happened.
    pub message: String,
}

impl Problem {
    pub(super) fn new(code: u16, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QBWC{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Problem {}
