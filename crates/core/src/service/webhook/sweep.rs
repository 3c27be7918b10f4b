//! The sweep: finds what a lost wake-up left. It stores the deliveries that events lack, and wakes the courier for deliveries without an
//! attempt, and for each endpoint that is due.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use tokio::sync::OwnedSemaphorePermit;

use crate::model::event::Event;
use crate::model::name::PartnerId;
use crate::model::time::earlier;
use crate::model::webhook::delivery::{Delivery, DeliveryStatus};
use crate::model::webhook::endpoint::{EndpointName, Endpoints};
use crate::model::webhook::notification::Notification;
use crate::port::store::sweeps::PartnerSweep;
use crate::port::store::webhooks::{PAIRS_MOST, READ_MOST};
use crate::port::store::{ALL_SHARDS, StoreError, Written};
use crate::port::wake::CourierCall;
use crate::{App, Error};

use crate::service::health::standing::note_events;
use crate::service::webhook::dispatch::{deliveries_of, dispatch_read, store};
use crate::service::webhook::wake::{wake, wake_for};
use crate::service::worker::shards::{Bounds, DuePage, Processed, Work, run};

/// The age from which on an event should have its deliveries. Younger ones may be in dispatch, or in a transaction that is not stored yet.
const SETTLED_AFTER: Duration = Duration::from_secs(120);
/// How many endpoints of a shard are woken in one sweep. Later sweeps wake the others.
const ENDPOINTS_MOST: u32 = 1_000;
/// How many events are read at once.
const EVENTS_MOST: u32 = 40;
/// How many events of a later version a partner's sweep remembers. It does not go on behind more.
const UNREAD_MOST: usize = READ_MOST;
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
    /// How many events lacked a delivery.
    pub events: usize,
    /// How many partners' events were not checked to their end: the time was over, the table failed, or a later version wrote too many of
    /// them. Of the partners that were not read for lack of time none is counted.
    pub unfinished: usize,
}

/// Sweeps. It begins nothing after the clock's elapsed time is `ends_at`. If that is before all partners were begun, the next sweep goes on
/// behind the last one that was.
///
/// # Errors
/// The table's errors, if the partners, or the due endpoints of no shard, could be read.
pub async fn sweep(app: &Arc<App>, ends_at: Duration) -> Result<Swept, Error> {
    let bounds = Bounds { at_once: AT_ONCE_MOST, stagger: Duration::ZERO, begins_until: ends_at };
    let due = run(app, Waking { app: Arc::clone(app), began: app.now() }, &ALL_SHARDS, &bounds).await?;
    let mut swept = Swept { endpoints: due.due, oldest_overdue: due.oldest_overdue, ..Swept::default() };
    let mut after = app.sweeps.sweep_ended_at().await?;
    let began_after = after.clone();
    loop {
        let partners = app.sweeps.partners_with_endpoints(after.as_ref(), PARTNERS_MOST).await?;
        let sweeping: Vec<_> =
            partners.iter().map(async |partner| (partner, sweep_partner(app, partner, ends_at).await)).collect();
        let results: Vec<_> = stream::iter(sweeping).buffer_unordered(AT_ONCE_MOST).collect().await;
        for (partner, result) in results {
            match &result {
                Ok(Checked::All { missed }) => swept.events += missed,
                Ok(Checked::Partly | Checked::NotBegun) => swept.unfinished += 1,
                Err(error) => {
                    tracing::error!(%partner, %error, "a partner's events could not be swept");
                    swept.unfinished += 1;
                }
            }
            // They are begun in the order of their ids.
            if !matches!(result, Ok(Checked::NotBegun)) {
                after = after.max(Some(partner.clone()));
            }
        }
        let is_over = app.clock.elapsed() >= ends_at;
        if partners.len() < PARTNERS_MOST as usize && !is_over {
            after = None;
        }
        if after.is_none() || is_over {
            if after != began_after {
                app.sweeps.set_sweep_ended_at(after.as_ref()).await?;
            }
            return Ok(swept);
        }
    }
}

/// Wakes the courier for the endpoints that were due when the sweep began.
struct Waking {
    app: Arc<App>,
    began: Timestamp,
}

#[async_trait]
impl Work for Waking {
    type Item = EndpointName;

    async fn page(&self, shard: u8, _: Option<&EndpointName>) -> Result<DuePage<EndpointName>, StoreError> {
        let due = self.app.endpoints.due_endpoints(shard, self.began, ENDPOINTS_MOST).await?;
        let oldest = due.first().map(|(_, since)| *since);
        Ok(DuePage { items: due.into_iter().map(|(endpoint, _)| endpoint).collect(), last: None, oldest })
    }

    async fn process(self: Arc<Self>, endpoint: EndpointName, _slot: OwnedSemaphorePermit) -> Result<Processed, Error> {
        wake(&self.app, &CourierCall { endpoint, deliveries: Vec::new() }, Duration::ZERO).await;
        Ok(Processed::Done)
    }
}

/// How far a partner's events were checked.
enum Checked {
    /// The time was over before.
    NotBegun,
    /// The time was over meanwhile, or too many events could not be read.
    Partly,
    /// To their end. So many lacked a delivery.
    All { missed: usize },
}

/// Dispatches the events of a partner that lack a delivery.
async fn sweep_partner(app: &App, partner: &PartnerId, ends_at: Duration) -> Result<Checked, Error> {
    if app.clock.elapsed() >= ends_at {
        return Ok(Checked::NotBegun);
    }
    let (endpoints, mut sweep) = app.sweeps.endpoints_and_sweep(partner).await?;
    let Some(oldest) = endpoints.list.iter().map(|endpoint| endpoint.created_at).min() else {
        return Ok(Checked::All { missed: 0 });
    };
    let mut missed = dispatch_unread(app, partner, &endpoints, &mut sweep).await?;
    let mut after = sweep.to.clone().unwrap_or_default().max(Event::mark(oldest));
    let before = Event::mark(earlier(app.now(), SETTLED_AFTER));
    loop {
        if app.clock.elapsed() >= ends_at {
            return Ok(Checked::Partly);
        }
        let between = app.outbox.events_between(partner, &after, &before, EVENTS_MOST).await?;
        let Some(last) = between.last() else { return Ok(Checked::All { missed }) };
        last.clone_into(&mut after);
        let seen_to = sweep.to.replace(after.clone());
        sweep.unread.extend(between.unread);
        let unbegun = unbegun(app, partner, &endpoints, between.events).await?;
        missed += unbegun.events.len();
        store(app, partner, &unbegun.missing).await?;
        wake_for(app, partner, unbegun.missing.into_iter().chain(unbegun.waiting).collect()).await;
        note_events(app, &unbegun.events).await;
        if sweep.unread.len() > UNREAD_MOST {
            tracing::error!(%partner, fault = "internal", "too many events of a later version: their deliveries wait for a deploy");
            return Ok(Checked::Partly);
        }
        if app.sweeps.save_sweep(partner, seen_to.as_deref(), &sweep).await? == Written::Overtaken {
            return Ok(Checked::All { missed });
        }
    }
}

/// Dispatches the events that an earlier version could not read, if this one can, and forgets them.
async fn dispatch_unread(
    app: &App,
    partner: &PartnerId,
    endpoints: &Endpoints,
    sweep: &mut PartnerSweep,
) -> Result<usize, Error> {
    if sweep.unread.is_empty() {
        return Ok(0);
    }
    let (_, found) = app.deliveries.endpoints_and_events(partner, &sweep.unread).await?;
    let (mut readable, mut unread) = (Vec::new(), Vec::new());
    for (id, event) in sweep.unread.drain(..).zip(found) {
        match event {
            Ok(event) => readable.extend(event),
            Err(_) => unread.push(id),
        }
    }
    sweep.unread = unread;
    if !readable.is_empty() {
        dispatch_read(app, partner, endpoints, &readable).await?;
        app.sweeps.save_sweep(partner, sweep.to.as_deref(), sweep).await?;
    }
    Ok(readable.len())
}

/// What the deliveries of some events still need.
#[derive(Default)]
struct Unbegun {
    /// The events that lack a delivery.
    events: Vec<Notification>,
    /// The deliveries that they lack.
    missing: Vec<Delivery>,
    /// Stored deliveries without an attempt. A slow endpoint has many of these.
    waiting: Vec<Delivery>,
}

async fn unbegun(
    app: &App,
    partner: &PartnerId,
    endpoints: &Endpoints,
    events: Vec<Notification>,
) -> Result<Unbegun, StoreError> {
    let mut unbegun = Unbegun::default();
    for event in events {
        let had = unbegun.missing.len();
        let wanted = deliveries_of(&event, endpoints, app.now());
        for wanted in wanted.chunks(PAIRS_MOST) {
            let ids: Vec<_> = wanted.iter().map(|delivery| delivery.id.clone()).collect();
            let (_, found) = app.deliveries.endpoints_and_deliveries(partner, &ids).await?;
            for (wanted, found) in wanted.iter().zip(found) {
                match found {
                    Ok((None, _)) => unbegun.missing.push(wanted.clone()),
                    Ok((Some(found), _)) if is_unbegun(&found) => unbegun.waiting.push(found),
                    // It was begun, or it exists and cannot be read.
                    Ok(_) | Err(_) => {}
                }
            }
        }
        if unbegun.missing.len() > had {
            unbegun.events.push(event);
        }
    }
    Ok(unbegun)
}

fn is_unbegun(delivery: &Delivery) -> bool {
    delivery.status == DeliveryStatus::Pending && delivery.attempts.is_empty()
}
