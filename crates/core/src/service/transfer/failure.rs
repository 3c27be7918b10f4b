//! Why a connection was not transferred.

use jiff::Timestamp;

use crate::Error;
use crate::model::connection::ConnectionId;
use crate::model::platform::PlatformName;
use crate::port::store::StoreError;

/// Why a connection was not transferred, as one sentence for the operator. No sentence contains a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransferFailure {
    /// The key begins with a platform's prefix, and is reserved for another company (O-20).
    #[error("A company key that begins with the name of a platform and a hyphen is reserved for the company with that id.")]
    ReservedKey,
    /// The refresh token has expired, according to the line.
    #[error("The refresh token expired at {0}. The customer must consent again.")]
    Expired(Timestamp),
    /// The platform has no data centre of that name.
    #[error("{} has no data centre of that location.", .0.title())]
    UnknownRegion(PlatformName),
    /// The same refresh token was transferred for another connection. A refresh by one would end the grant of the other.
    #[error(
        "This refresh token was imported before, as {0}. Import a refresh token for one connection only; the customer consents to the others."
    )]
    OtherConnection(ConnectionId),
    /// The connection exists with another grant.
    #[error("The connection exists with another grant. Counterfoil does not overwrite it.")]
    Exists,
    /// The platform refused the refresh token.
    #[error(
        "The platform refused the refresh token: it was replaced or revoked, or it belongs to another OAuth client or data centre."
    )]
    Refused,
    /// The grant gives no access to the company.
    #[error(
        "This grant gives no access to the company. Counterfoil keeps the grant: correct the company's id and import the line again, or disconnect the connection."
    )]
    OtherCompany,
    /// The platform has not confirmed the company.
    #[error("The platform did not confirm the company. Counterfoil keeps the grant: import the line again.")]
    NotConfirmed,
    /// The token was not refreshed.
    #[error("{0} Import the line again.")]
    NotRefreshed(&'static str),
    /// An error of the table, the keyring or the configuration.
    #[error(transparent)]
    Fault(#[from] Error),
}

impl From<StoreError> for TransferFailure {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}
