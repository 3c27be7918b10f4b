//! Webhook endpoints that answer as a test says, and a courier's queue that records its calls.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::Error;
use counterfoil_core::model::event::EventKind;
use counterfoil_core::model::webhook::delivery::Reply;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::wake::{CourierCall, WakeCourier};
use counterfoil_core::port::webhooks::{Message, Sent, Webhooks};
use jiff::Timestamp;

/// Accepts everything, unless a test says otherwise.
#[derive(Debug, Default)]
pub struct ScriptedWebhooks(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    next: BTreeMap<String, VecDeque<Sent>>,
    always: BTreeMap<String, Sent>,
    received: Vec<Received>,
    under_way: usize,
    most_under_way: usize,
}

/// A request that an endpoint received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The endpoint's address.
    pub url: String,
    /// The event's id.
    pub event: String,
    /// The event's kind.
    pub kind: EventKind,
    /// The time of the attempt.
    pub at: Timestamp,
    /// The secrets that signed it.
    pub secrets: Vec<String>,
}

/// An answer with this status.
pub const fn status(status: u16) -> Sent {
    Sent { reply: Reply::Status(status), retry_after: None }
}

impl ScriptedWebhooks {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next answers of an address.
    pub fn next(&self, url: &str, answers: impl IntoIterator<Item = Sent>) {
        self.state().next.entry(url.to_owned()).or_default().extend(answers);
    }

    /// The answer of an address to every request from now on, after the next ones.
    pub fn always(&self, url: &str, answer: Sent) {
        self.state().always.insert(url.to_owned(), answer);
    }

    /// The requests since the last call.
    pub fn take(&self) -> Vec<Received> {
        std::mem::take(&mut self.state().received)
    }

    /// The largest number of requests that were under way at once.
    pub fn most_under_way(&self) -> usize {
        self.state().most_under_way
    }

    fn receive(&self, message: &Message<'_>) -> Sent {
        let mut state = self.state();
        state.received.push(Received {
            url: message.url.to_owned(),
            event: message.notification.id().to_owned(),
            kind: message.notification.kind(),
            at: message.at,
            secrets: message.secrets.iter().map(|secret| secret.expose().to_owned()).collect(),
        });
        state.under_way += 1;
        state.most_under_way = state.most_under_way.max(state.under_way);
        let next = state.next.get_mut(message.url).and_then(VecDeque::pop_front);
        next.or_else(|| state.always.get(message.url).copied()).unwrap_or(status(200))
    }
}

#[async_trait]
impl Webhooks for ScriptedWebhooks {
    /// Permits all addresses but those that begin with `http:`.
    async fn check(&self, url: &str) -> Result<(), Error> {
        if url.starts_with("http:") { Err(Error::invalid("invalid_url", "The address must begin with https.")) } else { Ok(()) }
    }

    async fn send(&self, message: Message<'_>) -> Sent {
        let sent = self.receive(&message);
        tokio::task::yield_now().await;
        self.state().under_way -= 1;
        sent
    }
}

/// Records the calls for a courier, and starts none.
#[derive(Debug, Default)]
pub struct CourierCalls(Mutex<Vec<(CourierCall, Duration)>>);

impl CourierCalls {
    /// The calls since the last one, with their delays.
    pub fn take(&self) -> Vec<(CourierCall, Duration)> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl WakeCourier for CourierCalls {
    async fn wake_courier(&self, call: &CourierCall, delay: Duration) -> Result<(), StoreError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((call.clone(), delay));
        Ok(())
    }
}
