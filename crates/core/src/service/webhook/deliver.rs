//! The courier's work on one endpoint. One process at a time delivers to an endpoint, with a bounded number of requests at once, so that a
//! slow endpoint delays no other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;

use crate::model::name::PartnerId;
use crate::model::secret::Secret;
use crate::model::time::{later, until};
use crate::model::webhook::delivery::{Delivery, DeliveryId, DeliveryStatus};
use crate::model::webhook::endpoint::{Endpoint, EndpointName, Health};
use crate::model::webhook::notification::Notification;
use crate::port::store::Written;
use crate::port::store::webhooks::{EndpointLease, EndpointState};
use crate::port::wake::{CourierCall, DELAY_MOST};
use crate::port::webhooks::Sent;
use crate::{App, Error};

use crate::service::webhook::attempt::{TIME, attempt, open_secrets};
use crate::service::webhook::failing;
use crate::service::webhook::wake::wake;

pub use crate::service::webhook::attempt::DELIVERY;

/// How many requests to an endpoint are under way at once.
pub const AT_ONCE_MOST: usize = 8;
/// How many deliveries are read at once. They are sent within three time-outs.
const BATCH: usize = 3 * AT_ONCE_MOST;
/// How long a lease lasts: longer than a batch and its writes.
const LEASE: Duration = Duration::from_secs(75);
/// The time that a batch may take. None begins with less time left.
const BATCH_TAKES: Duration = Duration::from_secs(60);
/// The time after which an enabled endpoint is due again in any case, because the list of pending deliveries may lag.
const LOOK_EVERY: Duration = Duration::from_secs(3_600);
/// The longest pause of a whole endpoint that is overloaded, and its pause if it names none.
const PAUSE_MOST: Duration = Duration::from_secs(3_600);
const PAUSE: Duration = Duration::from_secs(30);

/// Sends the pending deliveries of an endpoint until none is due or the time is over. `call.deliveries` are sent first.
///
/// Does nothing if another process delivers to the endpoint: that one is told that there is new work.
///
/// # Errors
/// The table's errors, and those of the keyring. The endpoint is then due when the lease ends.
pub async fn deliver(app: &App, call: CourierCall, ends_at: Duration) -> Result<(), Error> {
    let CourierCall { endpoint, deliveries } = call;
    let lease = EndpointLease { id: app.new_id("courier_"), at: app.now(), life: LEASE };
    let Some(state) = app.endpoints.take_endpoint(&endpoint, &lease).await? else { return Ok(()) };
    let mut courier = Courier { app, endpoint, lease, state, named: deliveries, has_sent: false, ends_at };
    loop {
        let next = courier.work().await?;
        match courier.give_back(next).await? {
            Written::Stored => break,
            Written::Overtaken if courier.extend().await? == Written::Stored => {}
            Written::Overtaken => return Ok(()),
        }
    }
    Ok(())
}

/// A process with the lease on an endpoint.
struct Courier<'a> {
    app: &'a App,
    endpoint: EndpointName,
    lease: EndpointLease,
    state: EndpointState,
    /// Deliveries to send first.
    named: Vec<DeliveryId>,
    /// Whether it has sent a batch under its lease as it was last taken or extended.
    has_sent: bool,
    ends_at: Duration,
}

impl Courier<'_> {
    /// Sends batch after batch. Returns when the endpoint is due next.
    async fn work(&mut self) -> Result<Option<Timestamp>, Error> {
        loop {
            let now = self.app.now();
            if !self.state.is_enabled {
                return self.cancel().await;
            }
            if let Some(paused_until) = self.state.health.paused_until.filter(|until| *until > now) {
                return Ok(Some(paused_until));
            }
            if self.app.clock.elapsed() + BATCH_TAKES > self.ends_at {
                return Ok(Some(now));
            }
            let named = std::mem::take(&mut self.named);
            let (ids, next) = if named.is_empty() { self.due(now).await? } else { (named, None) };
            if ids.is_empty() {
                return Ok(Some(next.unwrap_or(Timestamp::MAX).min(later(now, LOOK_EVERY))));
            }
            let (endpoints, found) = self.app.deliveries.endpoints_and_deliveries(&self.endpoint.partner, &ids).await?;
            let Some(endpoint) = endpoints.find(&self.endpoint.id) else { return Ok(None) };
            self.state.is_enabled = endpoint.is_enabled();
            if !self.state.is_enabled {
                continue;
            }
            // The lease covers the first batch.
            if self.has_sent && self.extend().await? == Written::Overtaken {
                return Ok(None);
            }
            self.send(endpoint, found, now).await?;
            self.has_sent = true;
        }
    }

    /// The deliveries that are due, and when the first of the others is.
    async fn due(&self, now: Timestamp) -> Result<(Vec<DeliveryId>, Option<Timestamp>), Error> {
        let pending = self.pending().await?;
        let next = pending.iter().map(|(_, at)| *at).find(|at| *at > now);
        Ok((pending.into_iter().filter(|(_, at)| *at <= now).map(|(id, _)| id).collect(), next))
    }

    /// Sends what is due of these deliveries, and stores each result.
    async fn send(
        &mut self,
        endpoint: &Endpoint,
        found: Vec<(Option<Delivery>, Option<Notification>)>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let secrets = open_secrets(self.app, &self.endpoint, &self.state.secrets, now).await?;
        let is_due = |delivery: &Delivery| delivery.next_attempt_at.is_some_and(|at| at <= now);
        let due = found.into_iter().filter_map(|(delivery, event)| Some((delivery.filter(is_due)?, event)));
        let is_paused = AtomicBool::new(false);
        let partner = &self.endpoint.partner;
        let sending: Vec<_> =
            due.map(|(delivery, event)| send_one(self.app, partner, endpoint, &secrets, delivery, event, &is_paused)).collect();
        let results: Vec<_> = stream::iter(sending).buffer_unordered(AT_ONCE_MOST).collect().await;
        let mut is_gone = false;
        for result in results {
            if let Some(sent) = result? {
                is_gone |= sent.reply.is_gone();
                note(&mut self.state.health, sent, self.app.now());
            }
        }
        failing::judge(self.app, &self.endpoint, endpoint, &mut self.state.health, is_gone).await
    }

    /// Cancels the pending deliveries of a disabled endpoint.
    async fn cancel(&self) -> Result<Option<Timestamp>, Error> {
        while self.app.clock.elapsed() + BATCH_TAKES <= self.ends_at {
            let ids: Vec<_> = self.pending().await?.into_iter().map(|(id, _)| id).collect();
            let (_, found) = self.app.deliveries.endpoints_and_deliveries(&self.endpoint.partner, &ids).await?;
            let is_pending = |delivery: &Delivery| delivery.status == DeliveryStatus::Pending;
            let pending: Vec<_> = found.into_iter().filter_map(|(delivery, _)| delivery.filter(is_pending)).collect();
            if pending.is_empty() {
                return Ok(Some(later(self.app.now(), LOOK_EVERY)));
            }
            for delivery in pending {
                cancel_one(self.app, &self.endpoint.partner, delivery).await?;
            }
            if self.extend().await? == Written::Overtaken {
                return Ok(None);
            }
        }
        Ok(Some(self.app.now()))
    }

    async fn pending(&self) -> Result<Vec<(DeliveryId, Timestamp)>, Error> {
        Ok(self.app.deliveries.pending(&self.endpoint, u32::try_from(BATCH).unwrap_or(u32::MAX)).await?)
    }

    async fn extend(&self) -> Result<Written, Error> {
        Ok(self.app.endpoints.extend_endpoint(&self.endpoint, &self.lease, &self.state.health, self.app.now()).await?)
    }

    /// Returns the lease, and has the courier woken when the endpoint is due next, if that is soon.
    async fn give_back(&self, due_at: Option<Timestamp>) -> Result<Written, Error> {
        let returned = self.app.endpoints.return_endpoint(&self.endpoint, &self.lease, &self.state.health, due_at).await?;
        let delay = until(self.app.now(), due_at.unwrap_or(Timestamp::MAX));
        if returned == Written::Stored && delay <= DELAY_MOST {
            let call = CourierCall { endpoint: self.endpoint.clone(), deliveries: Vec::new() };
            wake(self.app, &call, delay).await;
        }
        Ok(returned)
    }
}

/// Sends one delivery and stores the result. `None` if it was not sent: the endpoint has asked for a pause, or the event is gone.
async fn send_one(
    app: &App,
    partner: &PartnerId,
    endpoint: &Endpoint,
    secrets: &[Secret],
    delivery: Delivery,
    event: Option<Notification>,
    is_paused: &AtomicBool,
) -> Result<Option<Sent>, Error> {
    let Some(event) = event else {
        return cancel_one(app, partner, delivery).await.map(|()| None);
    };
    if is_paused.load(Ordering::Relaxed) {
        return Ok(None);
    }
    let attempts = delivery.attempts.len();
    let (delivery, sent) = attempt(app, &endpoint.url, secrets, delivery, &event).await;
    if sent.reply.is_overload() || sent.reply.is_gone() {
        is_paused.store(true, Ordering::Relaxed);
    }
    // If it is overtaken, the lease was lost and another courier has sent it too; both attempts have the same `webhook-id`.
    app.deliveries.save_delivery(partner, &delivery, attempts).await?;
    Ok(Some(sent))
}

async fn cancel_one(app: &App, partner: &PartnerId, delivery: Delivery) -> Result<(), Error> {
    let attempts = delivery.attempts.len();
    let canceled = Delivery { status: DeliveryStatus::Canceled, next_attempt_at: None, ..delivery };
    app.deliveries.save_delivery(partner, &canceled, attempts).await?;
    Ok(())
}

/// Notes the result of an attempt in the endpoint's health.
fn note(health: &mut Health, sent: Sent, now: Timestamp) {
    if sent.reply.is_success() {
        *health = Health { last_success_at: Some(now), ..Health::default() };
        return;
    }
    health.failing_since.get_or_insert(now);
    if sent.reply.is_overload() {
        let pause = sent.retry_after.unwrap_or(PAUSE).clamp(TIME, PAUSE_MOST);
        health.paused_until = Some(health.paused_until.unwrap_or(now).max(later(now, pause)));
    }
}
