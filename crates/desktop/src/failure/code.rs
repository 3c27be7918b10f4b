//! Codes of failures.

use strum::{EnumIter, IntoStaticStr};

/// What happened, for programs. [`Self::InvalidRequest`] and [`Self::InternalServerError`] are not documented by Conductor: UNCONFIRMED names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, EnumIter)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// The API key is missing or not valid.
    ApiKeyInvalid,
    /// The API key lacks a right. The name is UNCONFIRMED.
    PermissionDenied,
    /// The request is wrong.
    InvalidRequest,
    /// The address does not accept the method. The name is UNCONFIRMED.
    MethodNotAllowed,
    /// The body is too large. The name is UNCONFIRMED.
    RequestTooLarge,
    /// There is no such object. The HTTP status is UNCONFIRMED.
    ResourceMissing,
    /// The end user never connected QuickBooks.
    IntegrationConnectionNotSetUp,
    /// The Web Connector does not poll. The HTTP status is UNCONFIRMED.
    IntegrationConnectionNotActive,
    /// QuickBooks or its company file could not be opened, or broke off.
    QbdConnectionError,
    /// QuickBooks refused the request.
    QbdRequestError,
    /// QuickBooks did not answer in time. The type is UNCONFIRMED.
    QbdRequestTimeout,
    /// A bug.
    InternalServerError,
}

/// Whose problem a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// QuickBooks refused the request.
    IntegrationError,
    /// QuickBooks cannot be reached. The end user must do something.
    IntegrationConnectionError,
    /// The request is wrong.
    InvalidRequestError,
    /// The API key is wrong.
    AuthenticationError,
    /// The API key lacks a right.
    PermissionError,
    /// Ours.
    InternalError,
}

impl Code {
    /// The status of the answer.
    pub const fn http_status(self) -> u16 {
        match self {
            Self::ApiKeyInvalid => 401,
            Self::InvalidRequest => 400,
            Self::PermissionDenied => 403,
            Self::ResourceMissing => 404,
            Self::MethodNotAllowed => 405,
            Self::RequestTooLarge => 413,
            Self::IntegrationConnectionNotSetUp | Self::IntegrationConnectionNotActive => 409,
            Self::QbdConnectionError | Self::QbdRequestError => 502,
            Self::QbdRequestTimeout => 504,
            Self::InternalServerError => 500,
        }
    }

    /// The `type` of the error. The oldest SDK chooses its class by it.
    pub const fn kind(self) -> Kind {
        match self {
            Self::ApiKeyInvalid => Kind::AuthenticationError,
            Self::PermissionDenied => Kind::PermissionError,
            Self::InvalidRequest | Self::MethodNotAllowed | Self::RequestTooLarge | Self::ResourceMissing => {
                Kind::InvalidRequestError
            }
            Self::QbdRequestError => Kind::IntegrationError,
            Self::IntegrationConnectionNotSetUp
            | Self::IntegrationConnectionNotActive
            | Self::QbdConnectionError
            | Self::QbdRequestTimeout => Kind::IntegrationConnectionError,
            Self::InternalServerError => Kind::InternalError,
        }
    }
}
