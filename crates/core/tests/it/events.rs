//! The events that the services write, as a reader of the outbox finds them.

use std::time::Duration;

use counterfoil_core::model::connection::DeathCause;
use counterfoil_core::model::event::{Event, Payload};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::webhook::notification::Notification;
use counterfoil_core::port::store::outbox::Outbox as _;
use counterfoil_testkit::fixture::{START, connection, try_consent};
use counterfoil_testkit::platform::RotationPolicy;
use jiff::Timestamp;

use crate::harness::Stage;

async fn after(stage: &Stage, mark: &str) -> Vec<Event> {
    let events = stage.installation.table().events_between(&PartnerId::default_partner(), mark, "evt_~", 100).await;
    let of_connections = |event| match event {
        Notification::Connection(event) => Some(event),
        Notification::Endpoint(_) => None,
    };
    events.expect("a table that answers").events.into_iter().filter_map(of_connections).collect()
}

#[tokio::test]
async fn w8_events_are_ordered_by_time_from_a_mark_on_and_have_the_epoch() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    stage.clock.advance(Duration::from_millis(1));
    let mark = Event::mark(stage.app.now());
    stage.installation.platform.revoke("acme");
    stage.read(&id).await.expect_err("the grant has ended");
    stage.clock.advance(Duration::from_millis(1));
    try_consent(&stage.installation, &stage.app, "acme", "acme").await.unwrap_or_else(|error| panic!("{error}"));
    stage.clock.advance(Duration::from_millis(1));
    stage.disconnect(&id).await;

    let events = after(&stage, &Event::mark(Timestamp::UNIX_EPOCH)).await;
    let payloads: Vec<_> = events.iter().map(|event| event.payload.clone()).collect();
    let refused = Payload::ReauthorizationRequired { reason: DeathCause::Revoked };
    assert_eq!(payloads, [Payload::Connected, refused, Payload::Reauthorized, Payload::Disconnected]);
    let epochs: Vec<_> = events.iter().map(|event| event.subject.epoch).collect();
    assert_eq!(epochs, [1, 1, 2, 3]);
    assert_eq!(after(&stage, &mark).await, events[1..]);
    assert_eq!(after(&stage, &events[2].id).await, events[3..]);
}

#[tokio::test]
async fn an_id_sorts_between_the_mark_of_its_millisecond_and_the_next() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.app.new_id(Event::ID_PREFIX);
    assert!(Event::mark(START) < id && id < Event::mark(START + Duration::from_millis(1)), "{id}");
    let about = Event::about(&connection("acme"), Payload::Connected, id, START);
    assert_eq!(about.kind().as_str(), "oauth.connected");
}
