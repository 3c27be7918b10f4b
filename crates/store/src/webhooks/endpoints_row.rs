//! The item of all endpoints of a partner, as it configures them. It has no secret, so that a dispatch reads as little as it can.

use counterfoil_core::model::event::EventKind;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::webhook::endpoint::{DisabledReason, Endpoint, EndpointId, EndpointStatus, Endpoints};
use counterfoil_core::port::store::StoreError;
use serde::{Deserialize, Serialize};

use crate::key::{Key, WITH_ENDPOINTS};
use crate::row::{Item, from_item, millis, name_of, time, to_item, word_or};

#[derive(Serialize, Deserialize)]
struct EndpointsRow {
    version: u64,
    endpoints: Vec<EndpointRow>,
    /// Set if there are endpoints, so that the sweep finds the partner.
    #[serde(skip_serializing_if = "Option::is_none")]
    list_pk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    list_sk: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct EndpointRow {
    id: String,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    events: Vec<String>,
    /// Why it is disabled. An enabled endpoint has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled: Option<String>,
    created_at: i64,
}

/// The item with the next version.
pub(super) fn write(partner: &PartnerId, endpoints: &Endpoints) -> Result<Item, StoreError> {
    let has_some = !endpoints.list.is_empty();
    let row = EndpointsRow {
        version: endpoints.version + 1,
        endpoints: endpoints.list.iter().map(endpoint_row).collect(),
        list_pk: has_some.then(|| WITH_ENDPOINTS.to_owned()),
        list_sk: has_some.then(|| partner.to_string()),
    };
    to_item(&Key::endpoints(partner), row)
}

fn endpoint_row(endpoint: &Endpoint) -> EndpointRow {
    EndpointRow {
        id: endpoint.id.to_string(),
        url: endpoint.url.clone(),
        description: endpoint.description.clone(),
        events: endpoint.events.iter().map(|kind| kind.as_str().to_owned()).collect(),
        disabled: match endpoint.status {
            EndpointStatus::Enabled => None,
            EndpointStatus::Disabled(reason) => Some(reason.as_str().to_owned()),
        },
        created_at: millis(endpoint.created_at),
    }
}

pub(super) fn read(item: Item) -> Result<Endpoints, StoreError> {
    let name = name_of(&item);
    let row: EndpointsRow = from_item(item)?;
    let list = row.endpoints.into_iter().map(|endpoint| endpoint.read(&name)).collect::<Result<_, _>>()?;
    Ok(Endpoints { version: row.version, list })
}

impl EndpointRow {
    fn read(self, name: &str) -> Result<Endpoint, StoreError> {
        let known: Vec<EventKind> = self.events.iter().filter_map(|kind| kind.parse().ok()).collect();
        // An endpoint whose kinds are all of a later version gets none of this version's: an empty list would mean all.
        let events = if known.is_empty() && !self.events.is_empty() { vec![EventKind::WebhookTest] } else { known };
        Ok(Endpoint {
            id: EndpointId::new(self.id),
            url: self.url,
            description: self.description,
            events,
            status: match self.disabled {
                None => EndpointStatus::Enabled,
                Some(reason) => EndpointStatus::Disabled(word_or(name, "disabled", &reason, DisabledReason::Requested)),
            },
            created_at: time(name, self.created_at)?,
        })
    }
}
