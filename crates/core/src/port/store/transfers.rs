//! The store of connections from other systems.

use async_trait::async_trait;

use crate::model::audit::Audit;
use crate::model::connection::{Company, Connection, ConnectionId};
use crate::model::event::Event;
use crate::model::secret::Fingerprint;
use crate::port::store::{StoreError, Written};

/// Stores connections from other systems. `App` does not contain it, so that no route can accept a platform's refresh token.
#[async_trait]
pub trait TransferStore: Send + Sync {
    /// The connection for which a refresh token was transferred, even if it was disconnected or its grant has ended. Strongly
    /// consistent.
    async fn transferred(&self, refresh_token: &Fingerprint) -> Result<Option<ConnectionId>, StoreError>;

    /// Stores a connection whose company is not confirmed, in one transaction with the fingerprint of its refresh token and its
    /// company entry. `Overtaken` if the connection has changed, or if the token was transferred for another one.
    async fn begin_transfer(&self, begun: &TransferBegun) -> Result<Written, StoreError>;

    /// Makes the connection active, with its audit row and event. The epoch stays. `Overtaken` if the connection has another grant, or
    /// its company is already confirmed.
    async fn end_transfer(&self, ended: &TransferEnd) -> Result<Written, StoreError>;
}

/// A connection whose company is not confirmed.
#[derive(Clone)]
pub struct TransferBegun {
    /// The fingerprint of the refresh token.
    pub refresh_token: Fingerprint,
    /// The connection as it was read; `None` if there was none.
    pub previous: Option<Connection>,
    /// The connection. Its epoch is above the previous one.
    pub connection: Connection,
}

/// A connection whose company the platform has confirmed.
#[derive(Clone)]
pub struct TransferEnd {
    /// The company that was claimed when the connection was stored.
    pub claimed: Company,
    /// The connection, active, with the confirmed company.
    pub connection: Connection,
    /// The audit row.
    pub audit: Audit,
    /// The event.
    pub event: Event,
}
