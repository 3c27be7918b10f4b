//! The item of an event about a webhook endpoint, among the events of its partner.

use counterfoil_core::model::event::{Event, EventKind};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::time::later;
use counterfoil_core::model::webhook::endpoint::{DisabledReason, EndpointId, EndpointName};
use counterfoil_core::model::webhook::notification::{EndpointChange, EndpointEvent, Notification};
use counterfoil_core::port::store::StoreError;
use serde::{Deserialize, Serialize};

use crate::key::Key;
use crate::row::{Item, damaged, from_item, millis, newer, time, to_item, word, word_or};

/// The attribute that only these events have.
pub(super) const ENDPOINT_ID: &str = "endpoint_id";

#[derive(Serialize, Deserialize)]
struct EndpointEventRow {
    event_id: String,
    event: String,
    at: i64,
    partner: String,
    endpoint_id: String,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failing_since: Option<i64>,
    #[serde(skip_deserializing)]
    ttl: i64,
}

pub(crate) fn write(event: &EndpointEvent) -> Result<Item, StoreError> {
    let row = EndpointEventRow {
        event_id: event.id.clone(),
        event: Notification::Endpoint(event.clone()).kind().as_str().to_owned(),
        at: millis(event.at),
        partner: event.endpoint.partner.to_string(),
        endpoint_id: event.endpoint.id.to_string(),
        url: event.url.clone(),
        reason: match event.change {
            EndpointChange::Disabled { reason } => Some(reason.as_str().to_owned()),
            _ => None,
        },
        failing_since: match event.change {
            EndpointChange::Failing { failing_since } => Some(millis(failing_since)),
            _ => None,
        },
        ttl: later(event.at, Event::KEPT_FOR).as_second(),
    };
    to_item(&Key::event(&event.endpoint.partner, &event.id), row)
}

pub(super) fn read(item: Item) -> Result<EndpointEvent, StoreError> {
    let row: EndpointEventRow = from_item(item)?;
    let name = format!("event {}", row.event_id);
    Ok(EndpointEvent {
        change: row.change(&name)?,
        endpoint: EndpointName {
            partner: PartnerId::parse(&row.partner).map_err(|_| damaged(&name, "partner"))?,
            id: EndpointId::new(row.endpoint_id),
        },
        url: row.url,
        at: time(&name, row.at)?,
        id: row.event_id,
    })
}

impl EndpointEventRow {
    fn change(&self, name: &str) -> Result<EndpointChange, StoreError> {
        Ok(match word(name, "event", &self.event)? {
            EventKind::WebhookTest => EndpointChange::Test,
            EventKind::WebhookEndpointFailing => {
                let since = self.failing_since.ok_or_else(|| damaged(name, "failing_since"))?;
                EndpointChange::Failing { failing_since: time(name, since)? }
            }
            EventKind::WebhookEndpointDisabled => {
                let reason = self.reason.as_ref().ok_or_else(|| damaged(name, "reason"))?;
                EndpointChange::Disabled { reason: word_or(name, "reason", reason, DisabledReason::Failing) }
            }
            _ => return Err(newer(name, "event")),
        })
    }
}
