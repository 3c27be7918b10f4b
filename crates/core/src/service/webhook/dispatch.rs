//! Turns an event into one delivery for each endpoint that gets it, and wakes the courier.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;

use crate::model::event::{Event, EventKind};
use crate::model::name::PartnerId;
use crate::model::webhook::delivery::{Delivery, DeliveryId, DeliveryStatus};
use crate::model::webhook::endpoint::{Endpoint, Endpoints};
use crate::model::webhook::notification::Notification;
use crate::port::store::StoreError;
use crate::port::store::webhooks::READ_MOST;
use crate::{App, Error};

use crate::service::health::standing::note_events;
use crate::service::webhook::wake::wake_for;

/// How many deliveries are stored at once.
const AT_ONCE_MOST: usize = 16;

/// Dispatches events that were just stored. Repeated, it stores nothing twice, and wakes the courier again.
///
/// # Errors
/// The table's errors. Some deliveries may be stored then, and a repetition stores the others. An event that cannot be read is an error
/// after the others are dispatched: a later version can read it.
pub async fn dispatch(app: &App, partner: &PartnerId, events: &[String]) -> Result<(), Error> {
    let mut unreadable = None;
    for events in events.chunks(READ_MOST) {
        let (endpoints, found) = app.deliveries.endpoints_and_events(partner, events).await?;
        let keep = |event: Result<_, _>| event.map_err(|error| unreadable = Some(error)).ok().flatten();
        let found: Vec<_> = found.into_iter().filter_map(keep).collect();
        dispatch_read(app, partner, &endpoints, &found).await?;
    }
    unreadable.map_or(Ok(()), |error| Err(error.into()))
}

/// Dispatches events that were read together with the endpoints, and stores the standing of their connections.
pub(crate) async fn dispatch_read(
    app: &App,
    partner: &PartnerId,
    endpoints: &Endpoints,
    events: &[Notification],
) -> Result<(), Error> {
    let now = app.now();
    let deliveries: Vec<_> = events.iter().flat_map(|event| deliveries_of(event, endpoints, now)).collect();
    store(app, partner, &deliveries).await?;
    wake_for(app, partner, deliveries).await;
    note_events(app, events).await;
    Ok(())
}

/// Stores new deliveries. Those that exist stay as they are.
pub(crate) async fn store(app: &App, partner: &PartnerId, deliveries: &[Delivery]) -> Result<(), StoreError> {
    let storing: Vec<_> = deliveries.iter().map(|delivery| app.deliveries.create_delivery(partner, delivery)).collect();
    stream::iter(storing).buffer_unordered(AT_ONCE_MOST).try_for_each(async |_| Ok(())).await
}

/// The deliveries of an event: pending for an enabled endpoint, canceled for a disabled one, so that a replay finds what it missed. An
/// endpoint gets nothing that happened before its creation.
pub(crate) fn deliveries_of(event: &Notification, endpoints: &Endpoints, now: Timestamp) -> Vec<Delivery> {
    let kind = event.kind();
    let gets = |endpoint: &&Endpoint| {
        endpoint.wants(kind) && !is_for_others(event, endpoint) && event.id() >= Event::mark(endpoint.created_at).as_str()
    };
    if kind == EventKind::WebhookTest {
        return Vec::new();
    }
    endpoints.list.iter().filter(gets).map(|endpoint| delivery(event, endpoint, now)).collect()
}

/// An event about an endpoint goes to the partner's other endpoints.
fn is_for_others(event: &Notification, endpoint: &Endpoint) -> bool {
    matches!(event, Notification::Endpoint(event) if event.endpoint.id == endpoint.id)
}

/// The first delivery of an event to an endpoint.
pub(crate) fn delivery(event: &Notification, endpoint: &Endpoint, now: Timestamp) -> Delivery {
    let status = if endpoint.is_enabled() { DeliveryStatus::Pending } else { DeliveryStatus::Canceled };
    Delivery {
        id: DeliveryId { event: event.id().to_owned(), replayed_at: None, endpoint: endpoint.id.clone() },
        kind: event.kind(),
        status,
        attempts: Vec::new(),
        next_attempt_at: endpoint.is_enabled().then_some(now),
        created_at: now,
    }
}
