//! Events: what the partner is told by webhook. The row is the outbox: it is written in the transaction of the change it
//! tells of (W-5) and lies in the due index until it is delivered.

use jiff::Timestamp;

use crate::model::connection::{Connection, ConnectionId};

/// One event. What its body says is fixed when it happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// `evt_…`; orders it too, and is the `webhook-id` of every attempt to deliver it.
    pub id: String,
    /// The connection it happened to.
    pub connection: ConnectionId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
    /// The platform's name.
    pub platform: &'static str,
    /// The platform's id of the company.
    pub company_id: String,
    /// Its name.
    pub company_name: String,
    /// The connection's epoch, from which a receiver tells an older event (W-8).
    pub epoch: u64,
    /// Why, where there is a reason to tell.
    pub reason: Option<&'static str>,
}

impl Event {
    /// An event about a connection as it is, or is about to be.
    pub fn about(connection: &Connection, kind: EventKind, id: String, at: Timestamp) -> Self {
        Self {
            id,
            connection: connection.id.clone(),
            at,
            kind,
            platform: connection.company.platform.as_str(),
            company_id: connection.company.company_id.clone(),
            company_name: connection.company_name.clone(),
            epoch: connection.epoch,
            reason: None,
        }
    }
}

/// What happened, by the names of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// A connection was made.
    Connected,
    /// An import finished.
    SyncCompleted,
    /// An import failed.
    SyncFailed,
    /// A connection was taken away.
    Disconnected,
    /// A grant ended; the customer must consent again.
    ReauthorizationRequired,
    /// A connection works again.
    Reauthorized,
    /// A grant ends within thirty days.
    RefreshTokenExpiring,
}

impl EventKind {
    /// The name in webhooks and in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "oauth.connected",
            Self::SyncCompleted => "oauth.sync_completed",
            Self::SyncFailed => "oauth.sync_failed",
            Self::Disconnected => "oauth.disconnected",
            Self::ReauthorizationRequired => "oauth.reauthorization_required",
            Self::Reauthorized => "oauth.reauthorized",
            Self::RefreshTokenExpiring => "oauth.refresh_token_expiring",
        }
    }
}
