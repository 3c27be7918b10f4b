//! Events, which report changes of connections to a partner. An event is written in the transaction of its change (W-5), and can be
//! read for ninety days.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::{Connection, ConnectionId, DeathCause};
use crate::model::platform::PlatformName;
use crate::model::sync::counts::Counts;
use crate::model::sync::{SyncFailure, SyncId, SyncKind};
use crate::model::time::sortable;

/// One event. Its payload does not change after it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// `evt_…`, the `webhook-id` of every attempt to deliver it. Ids begin with the time, so they order a partner's events.
    pub id: String,
    /// The connection, as it was at that time.
    pub subject: Subject,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub payload: Payload,
}

impl Event {
    /// The time for which an event can be read.
    pub const KEPT_FOR: Duration = Duration::from_secs(90 * 86_400);
    /// The prefix of every id. The time follows it.
    pub const ID_PREFIX: &str = "evt_";

    /// The mark of a millisecond. It sorts below the ids of all events from then on, and above those of all earlier events. A webhook
    /// endpoint gets the events above the mark of its creation.
    pub fn mark(at: Timestamp) -> String {
        format!("{}{}", Self::ID_PREFIX, sortable(at))
    }

    /// The time in an id; `None` if the id has none.
    pub fn time_of(id: &str) -> Option<Timestamp> {
        let digits = id.strip_prefix(Self::ID_PREFIX)?.get(..12)?;
        Timestamp::from_millisecond(i64::from_str_radix(digits, 16).ok()?).ok()
    }

    /// An event about a connection in the state that the event reports.
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

    /// The kind of the event.
    pub fn kind(&self) -> EventKind {
        match self.payload {
            Payload::Connected => EventKind::Connected,
            Payload::Disconnected => EventKind::Disconnected,
            Payload::ReauthorizationRequired { .. } => EventKind::ReauthorizationRequired,
            Payload::Reauthorized => EventKind::Reauthorized,
            Payload::RefreshTokenExpiring { .. } => EventKind::RefreshTokenExpiring,
            Payload::SyncCompleted(_) => EventKind::SyncCompleted,
            Payload::SyncFailed { .. } => EventKind::SyncFailed,
        }
    }
}

/// The connection that an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The connection.
    pub connection: ConnectionId,
    /// The platform.
    pub platform: PlatformName,
    /// The platform's id of the company.
    pub company_id: String,
    /// The name of the company.
    pub company_name: String,
    /// The connection's epoch. Epoch and then id order the events of one connection (W-8), even if the clocks of two processes differ.
    pub epoch: u64,
}

/// What happened, with its details.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// A connection was created, or connected again after a disconnect.
    Connected,
    /// The partner disconnected it.
    Disconnected,
    /// A grant ended; the customer must consent again.
    ReauthorizationRequired {
        /// Why it ended.
        reason: DeathCause,
    },
    /// A connection works again.
    Reauthorized,
    /// A grant ends within thirty days, and no refresh can extend it.
    RefreshTokenExpiring {
        /// When it ends.
        refresh_token_expires_at: Timestamp,
    },
    /// An import has ended and has read everything.
    SyncCompleted(SyncOutcome),
    /// An import has failed.
    SyncFailed {
        /// The counts until the failure.
        outcome: SyncOutcome,
        /// Why it failed.
        reason: SyncFailure,
    },
}

/// The kind of an event of a connection or of a webhook endpoint.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray, strum::VariantNames,
)]
pub enum EventKind {
    /// [`Payload::Connected`].
    #[strum(serialize = "oauth.connected")]
    Connected,
    /// [`Payload::Disconnected`].
    #[strum(serialize = "oauth.disconnected")]
    Disconnected,
    /// [`Payload::ReauthorizationRequired`].
    #[strum(serialize = "oauth.reauthorization_required")]
    ReauthorizationRequired,
    /// [`Payload::Reauthorized`].
    #[strum(serialize = "oauth.reauthorized")]
    Reauthorized,
    /// [`Payload::RefreshTokenExpiring`].
    #[strum(serialize = "oauth.refresh_token_expiring")]
    RefreshTokenExpiring,
    /// [`Payload::SyncCompleted`].
    #[strum(serialize = "oauth.sync_completed")]
    SyncCompleted,
    /// [`Payload::SyncFailed`].
    #[strum(serialize = "oauth.sync_failed")]
    SyncFailed,
    /// A test delivery.
    #[strum(serialize = "webhook.test")]
    WebhookTest,
    /// An endpoint's attempts have failed for four days.
    #[strum(serialize = "webhook.endpoint_failing")]
    WebhookEndpointFailing,
    /// An endpoint was disabled.
    #[strum(serialize = "webhook.endpoint_disabled")]
    WebhookEndpointDisabled,
}

/// The result of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncOutcome {
    /// The run.
    pub sync: SyncId,
    /// Which records it imports.
    pub kind: SyncKind,
    /// How many records it stored, changed and could not read.
    pub counts: Counts,
}

impl EventKind {
    /// The names of all kinds, for error messages.
    pub fn names() -> String {
        <Self as strum::VariantNames>::VARIANTS.join(", ")
    }

    /// The name in webhooks and in the table.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The id of an event that a caller named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventId(String);

impl EventId {
    /// Parses an id; `None` if the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(Event::ID_PREFIX)?;
        ((1..=64).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_alphanumeric())).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
