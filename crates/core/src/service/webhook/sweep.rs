//! The sweep: finds what a lost wake-up left. It dispatches events that no dispatch has seen, and wakes the courier for each endpoint
//! that is due.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};

use crate::model::event::Event;
use crate::model::name::PartnerId;
use crate::model::time::{earlier, until};
use crate::model::webhook::delivery::{Delivery, DeliveryStatus};
use crate::model::webhook::endpoint::Endpoints;
use crate::model::webhook::notification::Notification;
use crate::port::store::webhooks::PAIRS_MOST;
use crate::port::store::{ALL_SHARDS, StoreError};
use crate::port::wake::CourierCall;
use crate::{App, Error};

use crate::service::webhook::dispatch::{deliveries_of, dispatch_read};
use crate::service::webhook::wake::wake;

/// The age from which on an event should have its deliveries. Younger ones may be in dispatch, or in a transaction that is not stored yet.
const SETTLED_AFTER: Duration = Duration::from_secs(120);
/// How many endpoints of a shard are woken in one sweep. Later sweeps wake the others.
const ENDPOINTS_MOST: u32 = 1_000;
/// How many events are read at once.
const EVENTS_MOST: u32 = 40;
/// How many partners are read at once.
const PARTNERS_MOST: u32 = 100;
/// How many endpoints are woken, and how many partners' events are checked, at once.
const AT_ONCE_MOST: usize = 16;

/// What a sweep found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// How many endpoints were due.
    pub endpoints: usize,
    /// How long the longest overdue endpoint had been due: how late couriers are.
    pub oldest_overdue: Duration,
    /// How many events had no deliveries.
    pub events: usize,
    /// How many partners' events were not checked to their end: the time was over, or the table failed. Of the partners that were not
    /// read for lack of time none is counted.
    pub unfinished: usize,
}

/// Sweeps. It begins nothing after the clock's elapsed time is `ends_at`.
///
/// # Errors
/// The table's errors, if the due endpoints or the partners could not be read.
pub async fn sweep(app: &App, ends_at: Duration) -> Result<Swept, Error> {
    let mut swept = Swept::default();
    for shard in ALL_SHARDS {
        let now = app.now();
        let due = app.endpoints.due_endpoints(shard, now, ENDPOINTS_MOST).await?;
        swept.endpoints += due.len();
        swept.oldest_overdue =
            due.first().map_or(swept.oldest_overdue, |(_, since)| until(*since, now).max(swept.oldest_overdue));
        let calls = due.into_iter().map(|(endpoint, _)| CourierCall { endpoint, deliveries: Vec::new() });
        let waking: Vec<_> = calls.map(|call| wake_within(app, call, ends_at)).collect();
        stream::iter(waking).buffer_unordered(AT_ONCE_MOST).collect::<()>().await;
    }
    let mut after = None;
    loop {
        let partners = app.endpoints.partners_with_endpoints(after.as_ref(), PARTNERS_MOST).await?;
        let sweeping: Vec<_> =
            partners.iter().map(async |partner| (partner, sweep_partner(app, partner, ends_at).await)).collect();
        let results: Vec<_> = stream::iter(sweeping).buffer_unordered(AT_ONCE_MOST).collect().await;
        for (partner, result) in results {
            match result {
                Ok(Some(events)) => swept.events += events,
                Ok(None) => swept.unfinished += 1,
                Err(error) => {
                    tracing::error!(%partner, %error, "a partner's events could not be swept");
                    swept.unfinished += 1;
                }
            }
        }
        after = partners.last().cloned();
        if partners.len() < PARTNERS_MOST as usize || app.clock.elapsed() >= ends_at {
            return Ok(swept);
        }
    }
}

async fn wake_within(app: &App, call: CourierCall, ends_at: Duration) {
    if app.clock.elapsed() < ends_at {
        wake(app, &call, Duration::ZERO).await;
    }
}

/// Dispatches the events of a partner that have no deliveries. `None` if the time was over before all were checked.
async fn sweep_partner(app: &App, partner: &PartnerId, ends_at: Duration) -> Result<Option<usize>, Error> {
    if app.clock.elapsed() >= ends_at {
        return Ok(None);
    }
    let (endpoints, _) = app.deliveries.endpoints_and_events(partner, &[]).await?;
    let Some(oldest) = endpoints.list.iter().map(|endpoint| endpoint.created_at).min() else { return Ok(Some(0)) };
    let mut after = app.endpoints.swept_to(partner).await?.unwrap_or_default().max(Event::mark(oldest));
    let before = Event::mark(earlier(app.now(), SETTLED_AFTER));
    let mut missed = 0;
    loop {
        if app.clock.elapsed() >= ends_at {
            return Ok(None);
        }
        let events = app.outbox.events_between(partner, &after, &before, EVENTS_MOST).await?;
        let Some(last) = events.last() else { return Ok(Some(missed)) };
        last.id().clone_into(&mut after);
        let undelivered = undelivered(app, partner, &endpoints, events).await?;
        missed += undelivered.len();
        dispatch_read(app, partner, &endpoints, &undelivered).await?;
        app.endpoints.set_swept_to(partner, &after).await?;
    }
}

/// The events that lack a delivery, or that have one that no attempt has been made for.
async fn undelivered(
    app: &App,
    partner: &PartnerId,
    endpoints: &Endpoints,
    events: Vec<Notification>,
) -> Result<Vec<Notification>, StoreError> {
    let mut undelivered = Vec::new();
    for event in events {
        let wanted: Vec<_> = deliveries_of(&event, endpoints, app.now()).into_iter().map(|delivery| delivery.id).collect();
        let mut is_complete = true;
        for ids in wanted.chunks(PAIRS_MOST) {
            let (_, found) = app.deliveries.endpoints_and_deliveries(partner, ids).await?;
            let is_begun = |delivery: &Delivery| delivery.status != DeliveryStatus::Pending || !delivery.attempts.is_empty();
            // A delivery that cannot be read exists.
            is_complete &= found.iter().flatten().all(|(delivery, _)| delivery.as_ref().is_some_and(is_begun));
        }
        if !is_complete {
            undelivered.push(event);
        }
    }
    Ok(undelivered)
}
