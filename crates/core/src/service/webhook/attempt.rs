//! One attempt to deliver.

use std::time::Duration;

use jiff::Timestamp;

use crate::App;
use crate::model::event::EventKind;
use crate::model::secret::Secret;
use crate::model::time::until;
use crate::model::webhook::delivery::{Delivery, DeliveryAttempt, DeliveryStatus, next_attempt};
use crate::model::webhook::endpoint::{EndpointName, SigningSecrets, signing_key};
use crate::model::webhook::notification::Notification;
use crate::port::clock::Moment;
use crate::port::webhooks::{Message, Sent};
use crate::service::health::figures::count_delay;
use crate::service::webhook::{PREVIOUS_SECRET, SECRET};
use crate::{Error, service};

/// The log target under which each attempt is logged. `functions::metrics` measures these lines: the outcome is `delivered`, `pending` if
/// another attempt follows, or `failed`. Of a first attempt they have the time since the event.
pub const DELIVERY: &str = "counterfoil::delivery";
/// The time-out of an attempt (W-3).
pub(crate) const TIME: Duration = Duration::from_secs(15);

/// Sends a delivery once, and returns it with the attempt and the pause that the endpoint asked for.
pub(crate) async fn attempt(
    app: &App,
    url: &str,
    secrets: &[Secret],
    delivery: Delivery,
    notification: &Notification,
) -> (Delivery, Sent) {
    let (at, began) = (app.now(), Moment::of(app.clock.as_ref()));
    let message = Message { url, secrets, notification, at, time: TIME };
    let sent = app.webhooks.send(message).await;
    let took = began.age(app.clock.as_ref());
    let delivery = after(app, delivery, DeliveryAttempt { at, took, reply: sent.reply }, sent.retry_after);
    // A replay is of an old event, and nobody waits for a test.
    let is_first = delivery.attempts.len() == 1 && delivery.id.replayed_at.is_none() && delivery.kind != EventKind::WebhookTest;
    let delay = is_first.then(|| u64::try_from(until(notification.at(), at).as_millis()).unwrap_or(u64::MAX));
    let outcome: &str = if sent.reply.is_success() { "delivered" } else { delivery.status.as_str() };
    if let Some(milliseconds) = delay {
        count_delay(app, notification.partner(), milliseconds);
    }
    tracing::info!(
        target: DELIVERY,
        outcome,
        milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        delay_milliseconds = delay,
        attempt = delivery.attempts.len(),
        delivery = %delivery.id,
        "an attempt to deliver has ended"
    );
    (delivery, sent)
}

/// The delivery after an attempt. A test is attempted once.
fn after(app: &App, mut delivery: Delivery, attempt: DeliveryAttempt, retry_after: Option<Duration>) -> Delivery {
    delivery.attempts.push(attempt);
    let ended_at: Timestamp = app.now();
    delivery.next_attempt_at = if attempt.reply.is_success() || delivery.kind == EventKind::WebhookTest {
        None
    } else {
        next_attempt(delivery.attempts.len(), retry_after, ended_at, app.entropy.fraction())
    };
    delivery.status = match (attempt.reply.is_success(), delivery.next_attempt_at) {
        (true, _) => DeliveryStatus::Delivered,
        (false, None) => DeliveryStatus::Failed,
        (false, Some(_)) => DeliveryStatus::Pending,
    };
    delivery
}

/// The secrets that sign at this time, the newest first (W-2).
///
/// # Errors
/// Those of the keyring, and `Internal` if a secret cannot sign: then nothing is sent.
pub(crate) async fn open_secrets(
    app: &App,
    endpoint: &EndpointName,
    secrets: &SigningSecrets,
    now: Timestamp,
) -> Result<Vec<Secret>, Error> {
    let owner = service::webhook::endpoints::sealing_owner(endpoint);
    let mut opened = vec![app.sealer.open(&owner, SECRET, &secrets.current).await?];
    if let Some((previous, _)) = secrets.previous.as_ref().filter(|(_, until)| *until > now) {
        opened.push(app.sealer.open(&owner, PREVIOUS_SECRET, previous).await?);
    }
    if opened.iter().any(|secret| signing_key(secret).is_none()) {
        return Err(Error::Internal(format!("a signing secret of the webhook endpoint {endpoint} is damaged")));
    }
    Ok(opened)
}
