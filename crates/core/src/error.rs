//! The one error of the services, named by what the caller can do about it. Surfaces turn it into a status code
//! (`functions::surface::problem`); nothing below them knows one.

use std::time::Duration;

/// The error of a service, by what the caller can do about it.
///
/// `code` is stable and part of the contract; `message` is one plain sentence for the caller, free of secrets and internals.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The request is wrong; sending it again will not help.
    #[error("{message}")]
    Invalid {
        /// Stable code.
        code: &'static str,
        /// What is wrong and what is expected.
        message: String,
    },
    /// No API key, or one that is unknown, expired or revoked.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// The caller is known but may not do this.
    #[error("{message}")]
    Forbidden {
        /// Stable code.
        code: &'static str,
        /// Which right is missing.
        message: String,
    },
    /// The item does not exist, or it belongs to another partner. Both get the same answer.
    #[error("{0}")]
    NotFound(&'static str),
    /// The state of the item does not allow this.
    #[error("{message}")]
    Conflict {
        /// Stable code.
        code: &'static str,
        /// The state, and how to get out of it.
        message: String,
    },
    /// The grant has ended or cannot be refreshed: the customer must consent again.
    #[error("{why}")]
    ConsentNeeded {
        /// How the request found that the grant has ended.
        found: Ended,
        /// One sentence that explains it.
        why: &'static str,
    },
    /// The platform refused, failed or did not answer.
    #[error("{message}")]
    PlatformFailed {
        /// Stable code.
        code: &'static str,
        /// What happened, without the platform's own words.
        message: String,
        /// How long to wait before another try. `None` if another try cannot help.
        retry_after: Option<Duration>,
    },
    /// Another request works on the same thing. This one has changed nothing.
    #[error("{message}")]
    InProgress {
        /// Stable code.
        code: &'static str,
        /// What is under way.
        message: String,
        /// When to try again.
        retry_after: Duration,
    },
    /// There were too many requests of this kind.
    #[error("{message}")]
    TooMany {
        /// Stable code.
        code: &'static str,
        /// The bound that was reached.
        message: String,
        /// When to try again.
        retry_after: Duration,
    },
    /// A temporary failure on our side.
    #[error("{message}")]
    TryLater {
        /// Stable code.
        code: &'static str,
        /// What failed.
        message: String,
        /// When to try again.
        retry_after: Duration,
    },
    /// The installation lacks something that its operator must provide.
    #[error("{message}")]
    Misconfigured {
        /// What is missing or wrong.
        what: Misconfiguration,
        /// The same in words, and how to correct it.
        message: String,
    },
    /// A bug. The detail is for the log, never for the caller.
    #[error("internal error: {0}")]
    Internal(String),
}

/// What an installation lacks, or has in a wrong form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Misconfiguration {
    /// A setting is missing or wrong.
    ConfigurationIncomplete,
    /// The credentials of a platform are missing.
    CredentialsMissing,
    /// The credentials of the platforms cannot be read.
    CredentialsUnusable,
    /// The keyring cannot be read.
    KeyringUnusable,
    /// The grant belongs to another OAuth client than the configured one.
    OtherClient,
    /// The partner does not exist.
    PartnerMissing,
    /// The public base URL is not set.
    PublicBaseUrlMissing,
    /// A secret is missing, or may not be read.
    SecretMissing,
    /// A right on the table is missing.
    TableDenied,
    /// The table does not exist.
    TableMissing,
}

/// How a request found that a connection has no grant that can be refreshed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The platform refused the refresh token during this request.
    JustNow,
    /// The grant had ended before.
    Before,
    /// The grant is alive, but has no refresh token.
    NoRefreshToken,
}

impl Ended {
    const fn code(self) -> &'static str {
        match self {
            Self::JustNow => "grant_refused",
            Self::Before => "reauthorization_required",
            Self::NoRefreshToken => "missing_refresh_token",
        }
    }
}

impl Error {
    /// No such connection, or another partner's.
    pub const NO_CONNECTION: Self = Self::NotFound("There is no connection with this company key.");

    /// There is no active connection to the named platform, or none with that company key.
    pub const NOTHING_CONNECTED: Self = Self::NotFound("There is no such connection to this platform.");

    /// No such run of an import, or another partner's.
    pub const NO_SYNC: Self = Self::NotFound("There is no such sync.");

    /// No such record, or another partner's.
    pub const NO_RECORD: Self = Self::NotFound("There is no such record.");

    /// No such connect link, or another partner's.
    pub const NO_LINK: Self = Self::NotFound("There is no such connect link.");

    /// No such webhook endpoint, or another partner's.
    pub const NO_ENDPOINT: Self = Self::NotFound("There is no such webhook endpoint.");

    /// No such event, or another partner's, or an expired one.
    pub const NO_EVENT: Self = Self::NotFound("There is no such event.");

    /// No such delivery, or another partner's, or an expired one.
    pub const NO_DELIVERY: Self = Self::NotFound("There is no such delivery.");

    /// No such end user, or another partner's.
    pub const NO_END_USER: Self = Self::NotFound("There is no such end user.");

    /// No such session of the auth flow, or another partner's.
    pub const NO_AUTH_SESSION: Self = Self::NotFound("There is no such auth session.");

    /// No such partner.
    pub(crate) const NO_PARTNER: Self = Self::NotFound("There is no such partner.");

    /// No such API key, or another partner's.
    pub const NO_KEY: Self = Self::NotFound("There is no such API key.");

    /// An [`Error::Invalid`].
    pub fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { code, message: message.into() }
    }

    /// An [`Error::Conflict`].
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::Conflict { code, message: message.into() }
    }

    /// Whether the same request may succeed later, although it or its subject does not change.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::TryLater { .. } | Self::InProgress { .. } | Self::TooMany { .. })
    }

    /// The field `fault` of a log line about this error: `internal` for a bug, `misconfigured` for something that the operator must
    /// provide, else `None`. `functions::metrics` counts the lines that have it, and an alarm reports them.
    pub fn fault(&self) -> Option<&'static str> {
        match self {
            Self::Internal(_) => Some("internal"),
            Self::Misconfigured { .. } => Some("misconfigured"),
            _ => None,
        }
    }

    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid { code, .. }
            | Self::Forbidden { code, .. }
            | Self::Conflict { code, .. }
            | Self::PlatformFailed { code, .. }
            | Self::InProgress { code, .. }
            | Self::TooMany { code, .. }
            | Self::TryLater { code, .. } => code,
            Self::Misconfigured { what, .. } => what.into(),
            Self::ConsentNeeded { found, .. } => found.code(),
            Self::Unauthenticated(_) => "unauthenticated",
            Self::NotFound(_) => "not_found",
            Self::Internal(_) => "internal_error",
        }
    }
}
