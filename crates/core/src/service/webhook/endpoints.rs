//! A partner configures its webhook endpoints.

use std::time::Duration;

use crate::model::api_key::ApiKey;
use crate::model::audit::{Action, Actor};
use crate::model::event::EventKind;
use crate::model::name::PartnerId;
use crate::model::secret::Secret;
use crate::model::time::later;
use crate::model::webhook::endpoint::{
    DisabledReason, ENDPOINTS_MOST, Endpoint, EndpointId, EndpointName, EndpointStatus, Health, SigningSecrets, signing_secret,
};
use crate::port::store::Written;
use crate::port::store::webhooks::{EndpointChanged, EndpointsChange};
use crate::port::wake::CourierCall;
use crate::{App, Error};

use crate::service::optimistic::Tries;
use crate::service::webhook::SECRET;
use crate::service::webhook::wake::wake;

/// The time after which the courier first looks at a new endpoint. An event wakes it before.
const FIRST_LOOK: Duration = Duration::from_secs(3_600);

/// A new endpoint.
pub struct NewEndpoint {
    /// Its address.
    pub url: String,
    /// The partner's note.
    pub description: Option<String>,
    /// The kinds of events that it gets. Empty: all.
    pub events: Vec<EventKind>,
}

/// Changes of an endpoint; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct EndpointPatch {
    /// Its address.
    pub url: Option<String>,
    /// The partner's note. An empty one is removed.
    pub description: Option<String>,
    /// The kinds of events that it gets.
    pub events: Option<Vec<EventKind>>,
    /// Whether it is enabled.
    pub is_enabled: Option<bool>,
}

/// An endpoint, and how it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointView {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// How it does.
    pub health: Health,
}

/// Creates an endpoint. Returns it with the secret that signs its deliveries, which cannot be read again.
///
/// # Errors
/// `Invalid` if the address is not permitted, `Conflict` if the partner has [`ENDPOINTS_MOST`] endpoints, else those of the table and
/// the keyring.
pub async fn create_endpoint(app: &App, key: &ApiKey, new: NewEndpoint) -> Result<(EndpointView, Secret), Error> {
    app.webhooks.check(&new.url).await?;
    let now = app.now();
    let endpoint = Endpoint {
        id: EndpointId::new(app.new_id(EndpointId::PREFIX)),
        url: new.url,
        description: new.description,
        events: new.events,
        status: EndpointStatus::Enabled,
        created_at: now,
    };
    let name = EndpointName { partner: key.partner.clone(), id: endpoint.id.clone() };
    let secret = new_secret(app);
    let current = app.sealer.seal(&sealing_owner(&name), SECRET, &secret).await?;
    let secrets = SigningSecrets { current, previous: None };
    let detail = [("endpoint", endpoint.id.to_string()), ("host", host(&endpoint.url))];
    let audit = app.audit(&key.partner, Action::EndpointCreated, Actor::Key(key.id.clone()), detail);
    let mut tries = Tries::new(app, "an endpoint could not be created");
    loop {
        tries.next().await?;
        let mut endpoints = app.endpoints.endpoints(&key.partner).await?;
        if endpoints.find(&endpoint.id).is_none() {
            if endpoints.list.len() >= ENDPOINTS_MOST {
                return Err(Error::conflict("too_many_endpoints", too_many()));
            }
            endpoints.list.push(endpoint.clone());
        }
        let of = EndpointChanged::Created(&endpoint.id, &secrets, later(now, FIRST_LOOK));
        let change = EndpointsChange { partner: &key.partner, endpoints: &endpoints, of, audit: &audit };
        if app.endpoints.change_endpoints(&change).await? == Written::Stored {
            return Ok((EndpointView { endpoint, health: Health::default() }, secret));
        }
    }
}

fn too_many() -> String {
    format!("A partner can have {ENDPOINTS_MOST} webhook endpoints. Delete one first.")
}

/// A partner's endpoints, the oldest first.
///
/// # Errors
/// The table's errors.
pub async fn list_endpoints(app: &App, partner: &PartnerId) -> Result<Vec<EndpointView>, Error> {
    let endpoints = app.endpoints.endpoints(partner).await?.list;
    let ids: Vec<_> = endpoints.iter().map(|endpoint| endpoint.id.clone()).collect();
    let states = app.endpoints.states(partner, &ids).await?;
    let view = |(endpoint, state): (Endpoint, Option<_>)| EndpointView { endpoint, health: health_of(state) };
    Ok(endpoints.into_iter().zip(states).map(view).collect())
}

/// One endpoint.
///
/// # Errors
/// `NotFound`, and the table's errors.
pub async fn read_endpoint(app: &App, partner: &PartnerId, id: &EndpointId) -> Result<EndpointView, Error> {
    let endpoint = app.endpoints.endpoints(partner).await?.find(id).cloned().ok_or(Error::NO_ENDPOINT)?;
    view(app, partner, endpoint).await
}

async fn view(app: &App, partner: &PartnerId, endpoint: Endpoint) -> Result<EndpointView, Error> {
    let state = app.endpoints.states(partner, std::slice::from_ref(&endpoint.id)).await?.pop().flatten();
    Ok(EndpointView { endpoint, health: health_of(state) })
}

fn health_of(state: Option<crate::port::store::webhooks::EndpointState>) -> Health {
    state.map(|state| state.health).unwrap_or_default()
}

/// Changes an endpoint. An endpoint that is enabled gets events from then on; a replay sends it those that it missed.
///
/// # Errors
/// `NotFound`, `Invalid` if the new address is not permitted, and the table's errors.
pub async fn change_endpoint(app: &App, key: &ApiKey, id: &EndpointId, patch: &EndpointPatch) -> Result<EndpointView, Error> {
    if let Some(url) = &patch.url {
        app.webhooks.check(url).await?;
    }
    let mut tries = Tries::new(app, "an endpoint could not be changed");
    loop {
        tries.next().await?;
        let mut endpoints = app.endpoints.endpoints(&key.partner).await?;
        let endpoint = endpoints.list.iter_mut().find(|endpoint| endpoint.id == *id).ok_or(Error::NO_ENDPOINT)?;
        let was = endpoint.clone();
        apply(endpoint, patch);
        let endpoint = endpoint.clone();
        if endpoint == was {
            return view(app, &key.partner, endpoint).await;
        }
        let is_switched = endpoint.is_enabled() != was.is_enabled();
        let action = match (is_switched, endpoint.is_enabled()) {
            (false, _) => Action::EndpointChanged,
            (true, true) => Action::EndpointEnabled,
            (true, false) => Action::EndpointDisabled,
        };
        let detail = [("endpoint", id.to_string()), ("host", host(&endpoint.url))];
        let audit = app.audit(&key.partner, action, Actor::Key(key.id.clone()), detail);
        let of = if is_switched { EndpointChanged::Switched(&endpoint, app.now()) } else { EndpointChanged::Configured };
        let change = EndpointsChange { partner: &key.partner, endpoints: &endpoints, of, audit: &audit };
        if app.endpoints.change_endpoints(&change).await? == Written::Overtaken {
            continue;
        }
        if is_switched {
            let name = EndpointName { partner: key.partner.clone(), id: id.clone() };
            wake(app, &CourierCall { endpoint: name, deliveries: Vec::new() }, Duration::ZERO).await;
        }
        return view(app, &key.partner, endpoint).await;
    }
}

fn apply(endpoint: &mut Endpoint, patch: &EndpointPatch) {
    if let Some(url) = &patch.url {
        endpoint.url.clone_from(url);
    }
    if let Some(description) = &patch.description {
        endpoint.description = Some(description.clone()).filter(|text| !text.is_empty());
    }
    if let Some(events) = &patch.events {
        endpoint.events.clone_from(events);
    }
    match patch.is_enabled {
        Some(true) => endpoint.status = EndpointStatus::Enabled,
        Some(false) if endpoint.is_enabled() => endpoint.status = EndpointStatus::Disabled(DisabledReason::Requested),
        Some(false) | None => {}
    }
}

/// Deletes an endpoint. Its pending deliveries are not sent.
///
/// # Errors
/// `NotFound`, and the table's errors.
pub async fn delete_endpoint(app: &App, key: &ApiKey, id: &EndpointId) -> Result<(), Error> {
    let audit = app.audit(&key.partner, Action::EndpointDeleted, Actor::Key(key.id.clone()), [("endpoint", id.to_string())]);
    let mut tries = Tries::new(app, "an endpoint could not be deleted");
    loop {
        tries.next().await?;
        let mut endpoints = app.endpoints.endpoints(&key.partner).await?;
        endpoints.find(id).ok_or(Error::NO_ENDPOINT)?;
        endpoints.list.retain(|endpoint| endpoint.id != *id);
        let of = EndpointChanged::Deleted(id);
        let change = EndpointsChange { partner: &key.partner, endpoints: &endpoints, of, audit: &audit };
        if app.endpoints.change_endpoints(&change).await? == Written::Stored {
            return Ok(());
        }
    }
}

pub(crate) fn new_secret(app: &App) -> Secret {
    let mut random = [0; 32];
    app.entropy.fill(&mut random);
    signing_secret(random)
}

/// The owner for which an endpoint's secrets are sealed.
pub fn sealing_owner(endpoint: &EndpointName) -> String {
    format!("endpoint {endpoint}")
}

/// The host of an address, for audit rows: paths and queries may contain secrets of the partner. Empty if it has another form.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '\\', '?', '#']).next().unwrap_or_default().to_owned()
}
