//! Events: what happened that a partner is told by webhook. An event is written in the transaction of the change that it reports
//! (W-5), and can be read for ninety days.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::{Connection, ConnectionId, DeathCause};
use crate::model::platform::PlatformName;
use crate::model::time::sortable;

/// One event. What its webhook says is fixed when it happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// `evt_…`, the `webhook-id` of every attempt to deliver it. Ids begin with the time, so they order a partner's events.
    pub id: String,
    /// What it is about, as it was then.
    pub subject: Subject,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub payload: Payload,
}

impl Event {
    /// How long an event can be read.
    pub const KEPT_FOR: Duration = Duration::from_secs(90 * 86_400);
    /// What every id begins with; the time follows.
    pub const ID_PREFIX: &str = "evt_";

    /// The mark of a moment, a millisecond: it sorts below the ids of all events from then on, and above those of all before. A
    /// webhook endpoint is told of the events above the mark of its creation.
    pub fn mark(at: Timestamp) -> String {
        format!("{}{}", Self::ID_PREFIX, sortable(at))
    }

    /// An event about a connection as it is, or is about to be.
    pub fn about(connection: &Connection, payload: Payload, id: String, at: Timestamp) -> Self {
        let subject = Subject {
            connection: connection.id.clone(),
            platform: connection.company.platform,
            company_id: connection.company.company_id.clone(),
            company_name: connection.company_name.clone(),
            epoch: connection.epoch,
        };
        Self { id, subject, at, payload }
    }

    /// What happened, in a word.
    pub fn kind(&self) -> EventKind {
        EventKind::from(&self.payload)
    }
}

/// The connection that an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Whose connection, and which.
    pub connection: ConnectionId,
    /// The platform.
    pub platform: PlatformName,
    /// The platform's id of the company.
    pub company_id: String,
    /// The name of the company.
    pub company_name: String,
    /// The connection's epoch. Epoch, then id, order the events of one connection (W-8), also where the clocks of two processes differ.
    pub epoch: u64,
}

/// What happened, with what the event says of it.
#[derive(Debug, Clone, PartialEq, Eq, strum::EnumDiscriminants)]
#[strum_discriminants(name(EventKind), derive(strum::EnumString, strum::IntoStaticStr), doc = "What happened, in a word.")]
pub enum Payload {
    /// A connection was made.
    #[strum_discriminants(strum(serialize = "oauth.connected"))]
    Connected,
    /// The partner disconnected it.
    #[strum_discriminants(strum(serialize = "oauth.disconnected"))]
    Disconnected,
    /// A grant ended; the customer must consent again.
    #[strum_discriminants(strum(serialize = "oauth.reauthorization_required"))]
    ReauthorizationRequired {
        /// Why.
        reason: DeathCause,
    },
    /// A connection works again.
    #[strum_discriminants(strum(serialize = "oauth.reauthorized"))]
    Reauthorized,
    /// A grant ends within thirty days, and no refresh can move that end.
    #[strum_discriminants(strum(serialize = "oauth.refresh_token_expiring"))]
    RefreshTokenExpiring {
        /// When it ends.
        refresh_token_expires_at: Timestamp,
    },
}

impl EventKind {
    /// The name in webhooks and in the table.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
