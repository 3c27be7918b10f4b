//! Replays.

use std::time::Duration;

use counterfoil_core::model::event::{Event, EventKind};
use counterfoil_core::model::webhook::delivery::{Delivery, DeliveryId, DeliveryStatus};
use counterfoil_core::service::webhook::endpoints::{EndpointPatch, change_endpoint};
use counterfoil_core::service::webhook::replay::{Range, Replayed, replay_one, replay_range};
use counterfoil_testkit::fixture::START;
use counterfoil_testkit::webhooks::status;
use counterfoil_testkit::wire::{Fault, Rule};

use super::{Hooks, URL};

impl Hooks {
    async fn switch(&self, is_enabled: bool) {
        let patch = EndpointPatch { is_enabled: Some(is_enabled), ..EndpointPatch::default() };
        change_endpoint(&self.stage.app, &self.key, &self.id, &patch).await.expect("an endpoint");
        self.deliver().await;
    }

    async fn replay(&self, is_all: bool) -> Replayed {
        self.stage.clock.advance(Duration::from_millis(1));
        let range = Range { since: START, until: None, is_all };
        replay_range(&self.stage.app, &self.key, &self.id, range).await.unwrap_or_else(|error| panic!("{error}"))
    }

    async fn events_received(&self) -> Vec<String> {
        let mut events: Vec<_> = self.deliver().await.into_iter().map(|request| request.event).collect();
        events.sort();
        events
    }
}

#[tokio::test]
async fn w6_a_replay_sends_what_was_missed_while_the_endpoint_was_disabled_and_nothing_twice() {
    let hooks = Hooks::new().await;
    hooks.dispatched().await;
    hooks.deliver().await;
    hooks.switch(false).await;
    let missed = [hooks.dispatched().await, hooks.dispatched().await];
    hooks.switch(true).await;
    assert_eq!(hooks.replay(false).await, Replayed { deliveries: 2, next_since: None });
    assert_eq!(hooks.events_received().await, missed);
    assert_eq!(hooks.replay(false).await, Replayed { deliveries: 0, next_since: None }, "their last delivery succeeded");
    assert_eq!(hooks.replay(true).await.deliveries, 3);
    assert_eq!(hooks.events_received().await.len(), 3);
}

#[tokio::test]
async fn a_replay_has_a_range() {
    let hooks = Hooks::new().await;
    let events = [hooks.dispatched().await, hooks.dispatched().await, hooks.dispatched().await];
    hooks.deliver().await;
    let at = |event: &str| counterfoil_core::model::event::Event::time_of(event).expect("a time");
    let range = Range { since: at(&events[1]), until: Some(at(&events[2])), is_all: true };
    hooks.stage.clock.advance(Duration::from_millis(1));
    replay_range(&hooks.stage.app, &hooks.key, &hooks.id, range).await.expect("a replay");
    assert_eq!(hooks.events_received().await, [events[1].clone()]);
}

#[tokio::test]
async fn w6_one_delivery_is_replayed_with_the_same_event_id() {
    let hooks = Hooks::new().await;
    hooks.stage.installation.webhooks.next(URL, [status(500)]);
    let event = hooks.dispatched().await;
    hooks.deliver().await;
    let id = DeliveryId { event: event.clone(), replayed_at: None, endpoint: hooks.id.clone() };
    hooks.stage.clock.advance(Duration::from_millis(1));
    let replay = replay_one(&hooks.stage.app, &hooks.key, &id).await.expect("a replay");
    assert_ne!(replay.id, id);
    assert_eq!(hooks.events_received().await, [event]);
    let statuses: Vec<_> = hooks.log().await.iter().map(|delivery| delivery.status).collect();
    assert_eq!(statuses, [DeliveryStatus::Delivered, DeliveryStatus::Pending]);
}

#[tokio::test]
async fn a_disabled_endpoint_is_not_replayed_to() {
    let hooks = Hooks::new().await;
    hooks.switch(false).await;
    let range = Range { since: START, until: None, is_all: false };
    let refused = replay_range(&hooks.stage.app, &hooks.key, &hooks.id, range).await.expect_err("disabled");
    assert_eq!(refused.code(), "endpoint_disabled");
}

/// A replay that ends behind its first page of 500 because its time is over, and another one from where it ended.
#[tokio::test]
async fn a_replay_that_goes_on_repeats_no_delivery() {
    let hooks = Hooks::new().await;
    let app = &hooks.stage.app;
    // The first page ends amid three events of one millisecond.
    let at = |number: i64| START + Duration::from_millis(if (498..=500).contains(&number) { 498 } else { number.unsigned_abs() });
    let missed: Vec<_> = (0..510).map(|number| canceled(&hooks, format!("{}{number:020}", Event::mark(at(number))))).collect();
    app.deliveries.create_replays(&Hooks::partner(), &missed).await.expect("a table");
    hooks.stage.clock.advance(Duration::from_secs(60));
    hooks.stage.installation.wire.reset();
    hooks.stage.installation.wire.inject(Rule::on("BatchWriteItem", Fault::UntilReleased));
    let range = Range { since: START, until: Some(app.now()), is_all: true };
    let time_passes = async {
        while !hooks.stage.installation.wire.counts().contains_key("BatchWriteItem") {
            tokio::task::yield_now().await;
        }
        hooks.stage.clock.advance(Duration::from_secs(16));
        hooks.stage.installation.wire.release();
    };
    let (first, ()) = tokio::join!(replay_range(app, &hooks.key, &hooks.id, range), time_passes);
    let first = first.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(first, Replayed { deliveries: 498, next_since: Some(at(498)) });
    let rest = Range { since: at(498), ..range };
    let rest = replay_range(app, &hooks.key, &hooks.id, rest).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(rest, Replayed { deliveries: 12, next_since: None });
}

fn canceled(hooks: &Hooks, event: String) -> Delivery {
    Delivery {
        id: DeliveryId { event, replayed_at: None, endpoint: hooks.id.clone() },
        kind: EventKind::Connected,
        status: DeliveryStatus::Canceled,
        attempts: Vec::new(),
        next_attempt_at: None,
        created_at: START,
    }
}
