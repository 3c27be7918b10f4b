//! Why a connection was not brought in.

use jiff::Timestamp;

use crate::Error;
use crate::model::connection::ConnectionId;
use crate::model::platform::PlatformName;
use crate::port::store::StoreError;

/// Why a connection was not brought in, as one sentence for the operator. None has a token in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransferFailure {
    /// The key has a platform's prefix and is not that of this company (O-20).
    #[error("A company_key that begins with the name of a platform and a hyphen is reserved for the company of that id.")]
    ReservedKey,
    /// The refresh token has expired, by the time that came with it.
    #[error("The refresh token expired at {0}. The customer must consent again.")]
    Expired(Timestamp),
    /// The platform has no data centre of that name.
    #[error("{} has no data centre of that location.", .0.title())]
    UnknownRegion(PlatformName),
    /// The same refresh token was brought in for another connection: each would end the other's.
    #[error("This refresh token was imported before, as {0}. A refresh token makes one connection; the others need a consent.")]
    OtherConnection(ConnectionId),
    /// There is such a connection, with another grant.
    #[error("The connection exists with another grant, which is not overwritten.")]
    Exists,
    /// The platform refused the refresh token.
    #[error(
        "The platform refused the refresh token: it was replaced or revoked, or it belongs to another OAuth client or data centre."
    )]
    Refused,
    /// The grant does not reach the company.
    #[error(
        "The platform gives this grant no access to the company. The grant is kept: correct company_id and import the line again, or disconnect the connection."
    )]
    OtherCompany,
    /// The platform has not said which company it is.
    #[error("The platform did not confirm the company. The grant is kept: import the line again.")]
    NotConfirmed,
    /// The token was not refreshed.
    #[error("{0} Import the line again.")]
    NotRefreshed(&'static str),
    /// What stops any service.
    #[error(transparent)]
    Fault(#[from] Error),
}

impl From<StoreError> for TransferFailure {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}
