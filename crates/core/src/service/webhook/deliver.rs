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
use crate::model::webhook::endpoint::{Endpoint, EndpointName, Endpoints, Health};
use crate::model::webhook::notification::Notification;
use crate::port::store::Written;
use crate::port::store::webhooks::{EndpointLease, EndpointState, WithEvent};
use crate::port::wake::{CourierCall, DELAY_MOST};
use crate::port::webhooks::Sent;
use crate::{App, Error};

use crate::service::webhook::attempt::{TIME, attempt, open_secrets};
use crate::service::webhook::failing;
use crate::service::webhook::wake::wake;

pub use crate::service::webhook::attempt::DELIVERY;
pub use crate::service::webhook::failing::ENDPOINT;

/// How many requests to an endpoint are under way at once.
pub const AT_ONCE_MOST: usize = 8;
/// How many deliveries are read at once. They are sent within three time-outs.
const BATCH: usize = 3 * AT_ONCE_MOST;
/// How long a lease lasts: longer than a batch and its writes.
const LEASE: Duration = Duration::from_secs(75);
/// The time that a batch may take. None begins with less time left.
pub const BATCH_TAKES: Duration = Duration::from_secs(60);
/// The time after which an enabled endpoint is due again in any case, because the list of pending deliveries may lag.
const LOOK_EVERY: Duration = Duration::from_secs(3_600);
/// The time after which the list of pending deliveries is read again if nothing on it was due: it lags.
const LAG: Duration = Duration::from_secs(1);
/// The longest pause of a whole endpoint that is overloaded, and its pause if it names none or does not answer in time.
const PAUSE_MOST: Duration = Duration::from_secs(3_600);
const PAUSE: Duration = Duration::from_secs(30);

/// Sends the pending deliveries of an endpoint until none is due or the time is over. `call.deliveries` are sent first.
///
/// Does nothing if another process delivers to the endpoint: this call leaves it a note about the new work.
///
/// # Errors
/// The table's errors, and those of the keyring. The endpoint is then due when the lease ends.
pub async fn deliver(app: &App, call: CourierCall, ends_at: Duration) -> Result<(), Error> {
    let CourierCall { endpoint, deliveries } = call;
    let lease = EndpointLease { id: app.new_lease_id(), at: app.now(), life: LEASE };
    let Some(state) = app.endpoints.take_endpoint(&endpoint, &lease).await? else { return Ok(()) };
    let mut named = deliveries;
    named.sort();
    named.dedup();
    let mut courier = Courier { app, endpoint, lease, state, named, soonest: None, has_sent: false, is_told: false, ends_at };
    loop {
        let next = courier.work().await?;
        match courier.give_back(next).await? {
            Written::Stored => break,
            Written::Overtaken if courier.extend().await? => courier.is_told = true,
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
    /// When the first of the deliveries that this process has seen is due again. The list of pending deliveries may not have it yet.
    soonest: Option<Timestamp>,
    /// Whether it has sent a batch under its lease as it was last taken or extended.
    has_sent: bool,
    /// Whether another process has told it of new work. The list of pending deliveries may not have that yet.
    is_told: bool,
    ends_at: Duration,
}

impl Courier<'_> {
    /// Sends batch after batch, or cancels them if the endpoint is disabled. Returns when the endpoint is due next.
    async fn work(&mut self) -> Result<Option<Timestamp>, Error> {
        loop {
            let now = self.app.now();
            if let Some(paused_until) = self.state.health.paused_until.filter(|until| self.state.is_enabled && *until > now) {
                return Ok(Some(paused_until));
            }
            if self.app.clock.elapsed() + BATCH_TAKES > self.ends_at {
                return Ok(Some(now));
            }
            let named = std::mem::take(&mut self.named);
            let is_listed = named.is_empty();
            let (ids, next) = if is_listed { self.listed(now).await? } else { (named, None) };
            let (endpoints, found) = self.read(&ids, now).await?;
            if is_listed && found.is_empty() {
                let soonest = self.soonest.filter(|at| *at > now);
                // Behind some that cannot be read, and are put off now, may be others.
                let is_at_rest = ids.is_empty() && !self.is_told || !self.state.is_enabled;
                let look = if is_at_rest { LOOK_EVERY } else { LAG };
                return Ok(next.into_iter().chain(soonest).chain([later(now, look)]).min());
            }
            let Some(endpoint) = endpoints.find(&self.endpoint.id) else { return Ok(None) };
            self.state.is_enabled = endpoint.is_enabled();
            let mut due = Vec::new();
            for (delivery, event) in found.into_iter().filter_map(|(delivery, event)| Some((delivery?, event))) {
                match delivery.next_attempt_at {
                    Some(at) if at <= now || !endpoint.is_enabled() => due.push((delivery, event)),
                    Some(at) => self.note_next(at, now),
                    None => {}
                }
            }
            if is_listed && due.is_empty() {
                return Ok(Some(later(now, LAG)));
            }
            // The lease covers the first batch.
            if self.has_sent && !self.extend().await? {
                return Ok(None);
            }
            if endpoint.is_enabled() {
                self.send(endpoint, due, now).await?;
            } else {
                self.cancel(due).await?;
            }
            self.has_sent = true;
        }
    }

    /// The listed deliveries that are due, and when the first of the others is. Of a disabled endpoint all are due, to be canceled.
    async fn listed(&self, now: Timestamp) -> Result<(Vec<DeliveryId>, Option<Timestamp>), Error> {
        let most = u32::try_from(BATCH).unwrap_or(u32::MAX);
        let pending = self.app.deliveries.pending(&self.endpoint, most).await?;
        let is_due = |at: Timestamp| at <= now || !self.state.is_enabled;
        let next = pending.iter().map(|(_, at)| *at).find(|at| !is_due(*at));
        Ok((pending.into_iter().filter(|(_, at)| is_due(*at)).map(|(id, _)| id).collect(), next))
    }

    /// Reads the endpoints and these deliveries. A delivery that cannot be read waits, because a later version may be able to read it.
    async fn read(&self, ids: &[DeliveryId], now: Timestamp) -> Result<(Endpoints, Vec<WithEvent>), Error> {
        if ids.is_empty() {
            return Ok((Endpoints::default(), Vec::new()));
        }
        let partner = &self.endpoint.partner;
        let (endpoints, found) = self.app.deliveries.endpoints_and_deliveries(partner, ids).await?;
        let mut readable = Vec::new();
        for (id, read) in ids.iter().zip(found) {
            match read {
                Ok(read) => readable.push(read),
                Err(error) => {
                    tracing::error!(delivery = %id, %error, "a delivery cannot be read");
                    self.app.deliveries.postpone_delivery(partner, id, later(now, LOOK_EVERY)).await?;
                }
            }
        }
        Ok((endpoints, readable))
    }

    /// Notes when a delivery is due again.
    fn note_next(&mut self, at: Timestamp, now: Timestamp) {
        self.soonest = Some(self.soonest.filter(|soonest| *soonest > now).map_or(at, |soonest| soonest.min(at)));
    }

    /// Sends these deliveries, and stores each result.
    async fn send(
        &mut self,
        endpoint: &Endpoint,
        due: Vec<(Delivery, Option<Notification>)>,
        now: Timestamp,
    ) -> Result<(), Error> {
        if due.is_empty() {
            return Ok(());
        }
        let secrets = open_secrets(self.app, &self.endpoint, &self.state.secrets, now).await?;
        let is_paused = AtomicBool::new(false);
        let partner = &self.endpoint.partner;
        let due = due.into_iter();
        let sending: Vec<_> =
            due.map(|(delivery, event)| send_one(self.app, partner, endpoint, &secrets, delivery, event, &is_paused)).collect();
        let results: Vec<_> = stream::iter(sending).buffer_unordered(AT_ONCE_MOST).collect().await;
        let (mut is_gone, mut is_late, mut has_succeeded) = (false, false, false);
        for result in results {
            if let Some((sent, next_attempt_at)) = result? {
                let now = self.app.now();
                is_gone |= sent.reply.is_gone();
                is_late |= sent.reply.is_late();
                has_succeeded |= sent.reply.is_success();
                note(&mut self.state.health, sent, now);
                if let Some(at) = next_attempt_at {
                    self.note_next(at, now);
                }
            }
        }
        // As after a 504. It leaves the courier's time to endpoints that answer.
        if is_late && !has_succeeded {
            pause(&mut self.state.health, PAUSE, self.app.now());
        }
        self.state.is_enabled =
            failing::judge(self.app, &self.lease, &self.endpoint, endpoint, &mut self.state.health, is_gone).await?;
        Ok(())
    }

    /// Cancels the pending deliveries of a disabled endpoint.
    async fn cancel(&self, pending: Vec<(Delivery, Option<Notification>)>) -> Result<(), Error> {
        for (delivery, _) in pending {
            cancel_one(self.app, &self.endpoint.partner, delivery).await?;
        }
        Ok(())
    }

    /// Extends the lease, and reads what the partner has changed meanwhile. False if the lease is lost.
    async fn extend(&mut self) -> Result<bool, Error> {
        let Self { app, endpoint, lease, state, .. } = self;
        let extended = app.endpoints.extend_endpoint(endpoint, lease, &state.health, app.now()).await?;
        Ok(extended.map(|extended| self.state = extended).is_some())
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

/// Sends one delivery and stores the result. Returns it, and when the next attempt is due. `None` if it was not sent: the endpoint has
/// asked for a pause or did not answer in time, or the event is gone.
async fn send_one(
    app: &App,
    partner: &PartnerId,
    endpoint: &Endpoint,
    secrets: &[Secret],
    delivery: Delivery,
    event: Option<Notification>,
    is_paused: &AtomicBool,
) -> Result<Option<(Sent, Option<Timestamp>)>, Error> {
    let Some(event) = event else {
        return cancel_one(app, partner, delivery).await.map(|()| None);
    };
    if is_paused.load(Ordering::Relaxed) {
        return Ok(None);
    }
    let attempts = delivery.attempts.len();
    let (delivery, sent) = attempt(app, &endpoint.url, secrets, delivery, &event).await;
    if sent.reply.is_overload() || sent.reply.is_gone() || sent.reply.is_late() {
        is_paused.store(true, Ordering::Relaxed);
    }
    // If it is overtaken, the lease was lost and another courier has sent it too; both attempts have the same `webhook-id`.
    app.deliveries.save_delivery(partner, &delivery, attempts).await?;
    Ok(Some((sent, delivery.next_attempt_at)))
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
        // A request beside it may have asked for a pause.
        *health = Health { last_success_at: Some(now), paused_until: health.paused_until, ..Health::default() };
        return;
    }
    health.failing_since.get_or_insert(now);
    if sent.reply.is_overload() {
        pause(health, sent.retry_after.unwrap_or(PAUSE).clamp(TIME, PAUSE_MOST), now);
    }
}

/// Begins no attempt for this time. A longer pause stays.
fn pause(health: &mut Health, time: Duration, now: Timestamp) {
    health.paused_until = Some(health.paused_until.unwrap_or(now).max(later(now, time)));
}
