//! Webhooks: endpoints, dispatch, the courier, failing endpoints, replays, and the sweep.

mod canceled;
mod courier;
mod courier_lease;
mod dispatch;
mod endpoints;
mod failing;
mod health;
mod pauses;
mod replay;
mod secrets;
mod sweep;

use std::time::Duration;

use counterfoil_core::model::api_key::ApiKey;
use counterfoil_core::model::event::{Event, EventKind};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::webhook::delivery::Delivery;
use counterfoil_core::model::webhook::endpoint::{EndpointId, EndpointName};
use counterfoil_core::port::wake::CourierCall;
use counterfoil_core::service::webhook::deliver::deliver;
use counterfoil_core::service::webhook::dispatch::dispatch;
use counterfoil_core::service::webhook::endpoints::{NewEndpoint, create_endpoint};
use counterfoil_core::service::webhook::log::{LogQuery, list_deliveries};
use counterfoil_testkit::fixture::connection_id;
use counterfoil_testkit::platform::RotationPolicy;
use counterfoil_testkit::webhooks::Received;
use jiff::Timestamp;

use crate::harness::{Stage, key};

const URL: &str = "https://one.example.com/hooks";
/// Longer than any batch.
const LONG: Duration = Duration::from_secs(3_600);

/// An installation whose partner has one endpoint for all events.
struct Hooks {
    stage: Stage,
    key: ApiKey,
    id: EndpointId,
}

impl Hooks {
    async fn new() -> Self {
        let stage = Stage::new(RotationPolicy::Strict).await;
        let key = key(&connection_id("acme"));
        let id = create(&stage, &key, URL, &[]).await;
        stage.installation.courier_calls.take();
        Self { stage, key, id }
    }

    fn partner() -> PartnerId {
        PartnerId::default_partner()
    }

    fn name(&self) -> EndpointName {
        EndpointName { partner: Self::partner(), id: self.id.clone() }
    }

    /// Stores an event, and returns its id.
    async fn event(&self) -> String {
        self.stage.clock.advance(Duration::from_millis(1));
        let mark = Event::mark(self.stage.app.now());
        let number = self.stage.app.new_id("");
        self.stage.installation.connect(&self.stage.app, &format!("acme-{}", &number[..28])).await;
        let events = self.stage.app.outbox.events_between(&Self::partner(), &mark, "evt_~", 100).await.expect("a table");
        events.events.last().expect("the event of the consent").id().to_owned()
    }

    /// Stores an event and dispatches it.
    async fn dispatched(&self) -> String {
        let id = self.event().await;
        self.dispatch(&id).await;
        id
    }

    async fn dispatch(&self, event: &str) {
        dispatch(&self.stage.app, &Self::partner(), &[event.to_owned()]).await.expect("a table");
    }

    /// Has a courier deliver what is due to the first endpoint, and returns what was received.
    async fn deliver(&self) -> Vec<Received> {
        let call = CourierCall { endpoint: self.name(), deliveries: Vec::new() };
        let ends_at = self.stage.app.clock.elapsed() + LONG;
        deliver(&self.stage.app, call, ends_at).await.expect("a table");
        self.stage.installation.webhooks.take()
    }

    /// The deliveries to the first endpoint, the newest first.
    async fn log(&self) -> Vec<Delivery> {
        let query = LogQuery { endpoint: Some(self.id.clone()), most: 100, ..LogQuery::default() };
        list_deliveries(&self.stage.app, &Self::partner(), &query).await.expect("a table").deliveries
    }

    /// When the first endpoint is due.
    async fn due_at(&self) -> Option<Timestamp> {
        let items = self.stage.installation.items_under("WEBHOOKS#default").await;
        let (_, item) = items.into_iter().find(|(sk, _)| *sk == format!("ENDPOINT#{}", self.id)).expect("the endpoint");
        let millis = item.get("due_at")?.as_n().expect("a number").parse().expect("milliseconds");
        Timestamp::from_millisecond(millis).ok()
    }
}

async fn create(stage: &Stage, key: &ApiKey, url: &str, events: &[EventKind]) -> EndpointId {
    stage.clock.advance(Duration::from_millis(1));
    let new = NewEndpoint { url: url.to_owned(), description: None, events: events.to_vec() };
    let (view, _) = create_endpoint(&stage.app, key, new).await.unwrap_or_else(|error| panic!("{error}"));
    view.endpoint.id
}
