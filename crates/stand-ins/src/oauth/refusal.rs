//! Why the token or the revocation endpoint refuses, by meaning. Each platform has its own status, code and words for it.

use axum::Json;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};

use super::Platform;
use crate::journal::Outcome;
use crate::kept_file::KeptFileError;
use crate::params::BadParams;

/// The same reasons at every platform.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The request itself is wrong; the text says what, and holds no value of a parameter.
    BadRequest(String),
    UnsupportedGrantType,
    UnknownClient,
    WrongSecret,
    /// The code is unknown, used, out of date, or another client's; or its PKCE verifier is wrong.
    DeadCode,
    /// The code was made for another redirect URI.
    OtherRedirectUri,
    /// The refresh token is unknown, dead or another client's.
    DeadRefreshToken,
    /// The token to be revoked is unknown, dead or another client's.
    DeadToken,
    /// Too many tokens in too short a time.
    TooManyTokens,
    /// Not the client's fault: what was done for it would not outlive the stand-in, so it is not told of it.
    NotKept(String),
}

impl Refusal {
    pub(crate) fn bad_request(reason: impl Into<String>) -> Self {
        Self::BadRequest(reason.into())
    }

    /// The answer, in the platform's words. Where they do not say what is wrong with the request, the journal does.
    pub(super) fn answer<P: Platform>(&self) -> Response {
        let (status, body) = P::refuse(self);
        let outcome = match self {
            Self::BadRequest(reason) => format!("{} {}: {reason}", status.as_u16(), body["error"].as_str().unwrap_or_default()),
            _ => format!("{} {}", status.as_u16(), body["error"].as_str().unwrap_or_default()),
        };
        let mut answer = (status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response();
        answer.extensions_mut().insert(Outcome(outcome.into()));
        answer
    }
}

impl From<BadParams> for Refusal {
    fn from(bad: BadParams) -> Self {
        Self::BadRequest(bad.to_string())
    }
}

impl From<KeptFileError> for Refusal {
    fn from(error: KeptFileError) -> Self {
        Self::NotKept(error.to_string())
    }
}
