//! What webhooks report: events of connections, and events of webhook endpoints.

use jiff::Timestamp;

use crate::model::event::{Event, EventKind};
use crate::model::name::PartnerId;
use crate::model::webhook::endpoint::{DisabledReason, EndpointName};

/// An event of a connection or of an endpoint. Both are stored in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notification {
    /// About a connection.
    Connection(Event),
    /// About an endpoint.
    Endpoint(EndpointEvent),
}

/// An event about a webhook endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointEvent {
    /// `evt_…`.
    pub id: String,
    /// The endpoint that it is about.
    pub endpoint: EndpointName,
    /// The endpoint's address at that time.
    pub url: String,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub change: EndpointChange,
}

/// What happened to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointChange {
    /// Its partner asked for a test delivery.
    Test,
    /// Its attempts have failed for four days.
    Failing {
        /// Since when.
        failing_since: Timestamp,
    },
    /// It was disabled.
    Disabled {
        /// Why.
        reason: DisabledReason,
    },
}

impl Notification {
    /// The event's id, which is the `webhook-id` of every attempt.
    pub fn id(&self) -> &str {
        match self {
            Self::Connection(event) => &event.id,
            Self::Endpoint(event) => &event.id,
        }
    }

    /// The partner that it belongs to.
    pub fn partner(&self) -> &PartnerId {
        match self {
            Self::Connection(event) => &event.subject.connection.partner,
            Self::Endpoint(event) => &event.endpoint.partner,
        }
    }

    /// When it happened.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Connection(event) => event.at,
            Self::Endpoint(event) => event.at,
        }
    }

    /// What happened.
    pub fn kind(&self) -> EventKind {
        match self {
            Self::Connection(event) => event.kind(),
            Self::Endpoint(event) => match event.change {
                EndpointChange::Test => EventKind::WebhookTest,
                EndpointChange::Failing { .. } => EventKind::WebhookEndpointFailing,
                EndpointChange::Disabled { .. } => EventKind::WebhookEndpointDisabled,
            },
        }
    }
}
