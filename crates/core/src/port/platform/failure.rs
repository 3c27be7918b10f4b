//! Why a request to a platform failed.

use std::time::Duration;

use crate::model::reference::Reference;
use crate::model::unread::UnreadAnswer;

/// A code exchange that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotExchanged {
    /// The meaning of the answer.
    pub failure: TokenFailure,
    /// The error code, status and request id of the answer.
    pub said: Reference,
}

impl From<TokenFailure> for NotExchanged {
    fn from(failure: TokenFailure) -> Self {
        Self { failure, said: Reference::default() }
    }
}

/// What a failed token request means.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TokenFailure {
    /// `invalid_grant`: the platform does not accept the code or the refresh token.
    Refused,
    /// `invalid_client` and similar: our credentials are wrong. This ends no grant.
    ClientRefused,
    /// Too many requests.
    Throttled {
        /// The pause that the platform asked for.
        retry_after: Option<Duration>,
    },
    /// The answer is a fault. The token may or may not have been used.
    Broken {
        /// The HTTP status.
        status: u16,
    },
    /// The answer is a success, but has no readable token and no readable error. As [`Self::Broken`], and the answer is kept: it
    /// may hold the only copy of a grant.
    Unreadable {
        /// The HTTP status.
        status: u16,
        /// The answer.
        answer: UnreadAnswer,
    },
    /// The platform is overloaded. As [`Self::Broken`], with a pause.
    Overloaded {
        /// The pause that the platform asked for.
        retry_after: Duration,
    },
    /// No answer arrived in time. The outcome is unknown.
    NoAnswer,
    /// The platform could not be reached, and the request was not sent.
    NotSent,
}

/// The platform did not confirm a revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevokeFailure;

/// Why a company was not confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmFailure {
    /// The platform refuses the token (401).
    Unauthorized,
    /// The platform accepts the token and refuses the request (403), permanently or for a moment.
    Forbidden,
    /// The platform answers that the request is wrong, or that there is no such company.
    Denied,
    /// The platform could not be asked. Another try may succeed.
    Unavailable,
}
