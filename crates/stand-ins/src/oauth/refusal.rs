//! The reasons of the token and the revocation endpoint for a refusal. Each platform has its own status, code and message for them.

use axum::Json;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};

use super::StandInPlatform;
use crate::journal::Outcome;
use crate::kept_file::KeptFileError;
use crate::params::BadParams;

/// A reason, the same at every platform.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The request is malformed. The text says why, without the value of a parameter.
    BadRequest(String),
    UnsupportedGrantType,
    UnknownClient,
    WrongSecret,
    /// The code is unknown, used, expired or another client's, or its PKCE verifier is wrong.
    DeadCode,
    /// The code belongs to another redirect URI.
    OtherRedirectUri,
    /// The refresh token is unknown, invalid or another client's.
    DeadRefreshToken,
    /// The token to revoke is unknown, invalid or another client's.
    DeadToken,
    /// There were too many tokens in a short time.
    TooManyTokens,
    /// The result could not be stored, so it is not answered. The client is not at fault.
    NotKept(String),
}

impl Refusal {
    pub(crate) fn bad_request(reason: impl Into<String>) -> Self {
        Self::BadRequest(reason.into())
    }

    /// The platform's answer. If it does not say what is wrong with the request, the journal does.
    pub(super) fn answer<P: StandInPlatform>(&self) -> Response {
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
