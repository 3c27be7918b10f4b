//! Replays: new deliveries of earlier events to the same endpoint, with the same `webhook-id` (W-6).

use std::time::Duration;

use jiff::Timestamp;

use crate::model::api_key::ApiKey;
use crate::model::audit::{Action, Actor};
use crate::model::event::Event;
use crate::model::webhook::delivery::{Delivery, DeliveryId, DeliveryStatus};
use crate::model::webhook::endpoint::{EndpointId, EndpointName};
use crate::port::clock::Moment;
use crate::port::store::webhooks::DeliveryQuery;
use crate::{App, Error};

use crate::service::webhook::wake::wake_for;

/// The most deliveries that one replay makes.
pub const REPLAYED_MOST: usize = 10_000;
/// The time after which a replay begins no further page. The caller waits for the answer.
const TIME: Duration = Duration::from_secs(15);
/// How many deliveries are read at once.
const PAGE: u32 = 500;

/// Which deliveries are replayed, by the times of their events.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    /// The first time.
    pub since: Timestamp,
    /// The time after the last one.
    pub until: Option<Timestamp>,
    /// Whether delivered and pending ones are replayed too, and not only those that have failed or were canceled.
    pub is_all: bool,
}

/// What a replay did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    /// How many deliveries it made.
    pub deliveries: usize,
    /// The time from which on another replay goes on. `None` if the range is replayed.
    pub next_since: Option<Timestamp>,
}

/// Makes a new delivery of each event of a range, at most [`REPLAYED_MOST`]. The last delivery of an event decides whether the event has
/// failed.
///
/// # Errors
/// `NotFound`, `Conflict` if the endpoint is disabled, and the table's errors.
pub async fn replay_range(app: &App, key: &ApiKey, id: &EndpointId, range: Range) -> Result<Replayed, Error> {
    let name = enabled(app, key, id).await?;
    let began = Moment::of(app.clock.as_ref());
    let until = range.until.map(Event::mark);
    let (mut after, mut replayed, mut last, mut chosen) = (Event::mark(range.since), 0, None::<Delivery>, Vec::new());
    let next_since = loop {
        let query =
            DeliveryQuery { after: Some(&after), until: until.as_deref(), is_newest_first: false, statuses: &[], most: PAGE };
        let page = app.deliveries.deliveries(&name, &query).await?;
        for delivery in page.deliveries {
            let is_of_another_event = last.as_ref().is_some_and(|last| last.id.event != delivery.id.event);
            let before = last.replace(delivery).filter(|_| is_of_another_event);
            chosen.extend(before.filter(|before| range.includes(before)));
        }
        let Some(read_to) = page.read_to else {
            chosen.extend(last.take().filter(|last| range.includes(last)));
            replayed += store(app, key, chosen).await?;
            break None;
        };
        after = read_to;
        // Another replay begins with a whole millisecond, so none is replayed in part.
        let next = last.as_ref().and_then(|last| Event::time_of(&last.id.event)).filter(|next| *next > range.since);
        let ready: Vec<_> = chosen.extract_if(.., |delivery| Event::time_of(&delivery.id.event) < next).collect();
        replayed += store(app, key, ready).await?;
        let is_over = replayed + PAGE as usize > REPLAYED_MOST || began.age(app.clock.as_ref()) > TIME;
        if is_over && next.is_some() {
            break next;
        }
    };
    let detail = [("endpoint", id.to_string()), ("deliveries", replayed.to_string())];
    let audit = app.audit(&key.partner, Action::DeliveriesReplayed, Actor::Key(key.id.clone()), detail);
    app.audit_log.note(&audit).await?;
    Ok(Replayed { deliveries: replayed, next_since })
}

impl Range {
    fn includes(&self, delivery: &Delivery) -> bool {
        self.is_all || matches!(delivery.status, DeliveryStatus::Failed | DeliveryStatus::Canceled)
    }
}

/// Makes a new delivery of the event of one delivery.
///
/// # Errors
/// `NotFound`, `Conflict` if the endpoint is disabled, and the table's errors.
pub async fn replay_one(app: &App, key: &ApiKey, id: &DeliveryId) -> Result<Delivery, Error> {
    let delivery = app.deliveries.delivery(&key.partner, id).await?.ok_or(Error::NO_DELIVERY)?;
    enabled(app, key, &id.endpoint).await?;
    app.outbox.event(&key.partner, &id.event).await?.ok_or(Error::NO_EVENT)?;
    let replay = replay_of(app, delivery);
    app.deliveries.create_replays(&key.partner, std::slice::from_ref(&replay)).await?;
    let detail = [("endpoint", id.endpoint.to_string()), ("delivery", id.to_string())];
    let audit = app.audit(&key.partner, Action::DeliveriesReplayed, Actor::Key(key.id.clone()), detail);
    app.audit_log.note(&audit).await?;
    wake_for(app, &key.partner, vec![replay.clone()]).await;
    Ok(replay)
}

/// Stores the replays of these deliveries. Returns how many.
async fn store(app: &App, key: &ApiKey, chosen: Vec<Delivery>) -> Result<usize, Error> {
    let replays: Vec<_> = chosen.into_iter().map(|delivery| replay_of(app, delivery)).collect();
    let count = replays.len();
    app.deliveries.create_replays(&key.partner, &replays).await?;
    wake_for(app, &key.partner, replays).await;
    Ok(count)
}

fn replay_of(app: &App, delivery: Delivery) -> Delivery {
    let now = app.now();
    Delivery {
        id: DeliveryId { replayed_at: Some(now.as_millisecond()), ..delivery.id },
        kind: delivery.kind,
        status: DeliveryStatus::Pending,
        attempts: Vec::new(),
        next_attempt_at: Some(now),
        created_at: now,
    }
}

async fn enabled(app: &App, key: &ApiKey, id: &EndpointId) -> Result<EndpointName, Error> {
    let endpoints = app.endpoints.endpoints(&key.partner).await?;
    if !endpoints.find(id).ok_or(Error::NO_ENDPOINT)?.is_enabled() {
        return Err(Error::conflict("endpoint_disabled", "The webhook endpoint is disabled. Enable it before a replay."));
    }
    Ok(EndpointName { partner: key.partner.clone(), id: id.clone() })
}
