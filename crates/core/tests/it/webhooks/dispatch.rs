//! Which endpoints get which events.

use std::time::Duration;

use counterfoil_core::model::event::EventKind;
use counterfoil_core::model::webhook::delivery::{DeliveryId, DeliveryStatus};
use counterfoil_core::service::webhook::dispatch::dispatch;
use counterfoil_core::service::webhook::endpoints::{EndpointPatch, change_endpoint};

use super::{Hooks, create};

#[tokio::test]
async fn an_event_becomes_one_delivery_for_each_endpoint_that_wants_it() {
    let hooks = Hooks::new().await;
    let wants = create(&hooks.stage, &hooks.key, "https://two.example.com", &[EventKind::Connected]).await;
    create(&hooks.stage, &hooks.key, "https://three.example.com", &[EventKind::Disconnected]).await;
    let event = hooks.event().await;
    hooks.dispatch(&event).await;
    hooks.dispatch(&event).await;

    let calls = hooks.stage.installation.courier_calls.take();
    let mut called: Vec<_> = calls.iter().map(|(call, _)| call.endpoint.id.clone()).collect();
    called.sort();
    let mut both = [hooks.id.clone(), hooks.id.clone(), wants.clone(), wants];
    both.sort();
    assert_eq!(called, both, "a repeated dispatch wakes the courier again");
    assert_eq!(hooks.log().await.len(), 1, "and stores nothing twice");
    let id = DeliveryId { event, replayed_at: None, endpoint: hooks.id.clone() };
    assert!(calls.iter().any(|(call, _)| call.deliveries == [id.clone()]), "{calls:?}");
}

#[tokio::test]
async fn w9_an_endpoint_gets_nothing_from_before_its_creation() {
    let hooks = Hooks::new().await;
    let event = hooks.event().await;
    hooks.stage.clock.advance(Duration::from_millis(1));
    let late = create(&hooks.stage, &hooks.key, "https://late.example.com", &[]).await;
    hooks.dispatch(&event).await;
    let calls = hooks.stage.installation.courier_calls.take();
    assert!(calls.iter().all(|(call, _)| call.endpoint.id != late), "{calls:?}");
}

#[tokio::test]
async fn a_disabled_endpoint_has_its_events_in_the_log_as_canceled() {
    let hooks = Hooks::new().await;
    let disable = EndpointPatch { is_enabled: Some(false), ..EndpointPatch::default() };
    change_endpoint(&hooks.stage.app, &hooks.key, &hooks.id, &disable).await.expect("a table");
    hooks.stage.installation.courier_calls.take();
    hooks.dispatched().await;
    assert_eq!(hooks.stage.installation.courier_calls.take(), []);
    let statuses: Vec<_> = hooks.log().await.iter().map(|delivery| delivery.status).collect();
    assert_eq!(statuses, [DeliveryStatus::Canceled]);
}

#[tokio::test]
async fn an_event_that_does_not_exist_is_left_out() {
    let hooks = Hooks::new().await;
    dispatch(&hooks.stage.app, &Hooks::partner(), &["evt_0".to_owned()]).await.expect("a table");
    assert_eq!((hooks.log().await, hooks.stage.installation.courier_calls.take()), (Vec::new(), Vec::new()));
}

/// The figure of the requests between the commit of an event and its first attempt.
#[tokio::test]
async fn w10_between_an_event_and_its_first_attempt_there_are_four_requests_to_the_table() {
    let hooks = Hooks::new().await;
    let event = hooks.event().await;
    hooks.stage.installation.courier_calls.take();
    hooks.stage.installation.wire.reset();
    hooks.dispatch(&event).await;
    let (call, _) = hooks.stage.installation.courier_calls.take().pop().expect("a call");
    // The attempt fails, so that the journal ends with the first request after it.
    let counts = {
        let wire = &hooks.stage.installation.wire;
        counterfoil_core::service::webhook::deliver::deliver(&hooks.stage.app, call, super::LONG).await.expect("a table");
        wire.counts()
    };
    // BatchGetItem, PutItem; UpdateItem (lease), BatchGetItem; then the result and the return of the lease.
    assert_eq!(counts.get("BatchGetItem"), Some(&2));
    assert_eq!(counts.get("PutItem"), Some(&1));
    assert_eq!(counts.get("UpdateItem"), Some(&3));
    assert_eq!(counts.get("Query"), Some(&1), "it looks once whether more is due");
}

#[tokio::test]
async fn an_event_of_a_later_version_is_repeated_and_holds_up_no_other_event() {
    let hooks = Hooks::new().await;
    let (newer, other) = (hooks.event().await, hooks.event().await);
    hooks.stage.installation.set_text("EVENTS#default", &newer, "event", "oauth.of_a_later_version").await;
    let dispatched = dispatch(&hooks.stage.app, &Hooks::partner(), &[newer, other.clone()]).await;
    assert!(dispatched.is_err(), "the stream repeats it");
    assert_eq!(hooks.log().await.into_iter().map(|delivery| delivery.id.event).collect::<Vec<_>>(), [other]);
}
