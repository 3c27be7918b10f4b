//! The courier: attempts, retries, and when it looks again.

use std::time::Duration;

use counterfoil_core::model::event::EventKind;
use counterfoil_core::model::webhook::delivery::{DeliveryId, DeliveryStatus, PAUSES};
use counterfoil_core::port::wake::CourierCall;
use counterfoil_core::service::webhook::deliver::deliver;
use counterfoil_core::service::webhook::test_endpoint::test_endpoint;
use counterfoil_testkit::webhooks::{Received, status};

use super::pauses::LATE;
use super::{Hooks, LONG, URL, create};

#[tokio::test]
async fn w1_a_delivery_is_sent_once_and_logged() {
    let hooks = Hooks::new().await;
    let event = hooks.dispatched().await;
    let received = hooks.deliver().await;
    assert_eq!(received.iter().map(|request| request.event.as_str()).collect::<Vec<_>>(), [event.as_str()]);
    assert_eq!(hooks.deliver().await, []);
    let log = hooks.log().await;
    assert_eq!((log[0].status, log[0].attempts.len(), log[0].next_attempt_at), (DeliveryStatus::Delivered, 1, None));
}

#[tokio::test]
async fn w3_a_failed_delivery_is_tried_again_with_the_same_id_until_the_schedule_ends() {
    let hooks = Hooks::new().await;
    hooks.stage.installation.webhooks.always(URL, status(302));
    let event = hooks.dispatched().await;
    for (number, pause) in (1..).zip(PAUSES) {
        assert_eq!(hooks.deliver().await.len(), 1, "attempt {number}");
        assert_eq!(hooks.deliver().await, [], "not before its time");
        assert_eq!(hooks.log().await[0].status, DeliveryStatus::Pending);
        hooks.stage.clock.advance(pause.mul_f64(1.1));
    }
    let last = hooks.deliver().await;
    assert_eq!(last[0].event, event);
    let log = hooks.log().await;
    assert_eq!((log[0].status, log[0].attempts.len(), log[0].next_attempt_at), (DeliveryStatus::Failed, 10, None));
    hooks.stage.clock.advance(LONG * 100);
    assert_eq!(hooks.deliver().await, []);
}

#[tokio::test]
async fn the_endpoint_is_due_when_its_next_attempt_is_and_the_courier_is_woken_for_it() {
    let hooks = Hooks::new().await;
    hooks.stage.installation.webhooks.next(URL, [status(500)]);
    hooks.dispatched().await;
    hooks.stage.installation.courier_calls.take();
    hooks.deliver().await;
    let next = hooks.log().await[0].next_attempt_at;
    assert_eq!(hooks.due_at().await, next);
    let delays: Vec<_> = hooks.stage.installation.courier_calls.take().into_iter().map(|(_, delay)| delay).collect();
    assert!(matches!(delays[..], [delay] if delay >= PAUSES[0] && delay < PAUSES[0] * 2), "{delays:?}");
}

#[tokio::test]
async fn an_endpoint_without_pending_deliveries_is_looked_at_once_an_hour() {
    let hooks = Hooks::new().await;
    hooks.dispatched().await;
    hooks.deliver().await;
    assert_eq!(hooks.due_at().await, Some(hooks.stage.app.now() + LONG));
}

#[tokio::test]
async fn a_courier_without_time_leaves_the_endpoint_due() {
    let hooks = Hooks::new().await;
    hooks.dispatched().await;
    let call = CourierCall { endpoint: hooks.name(), deliveries: Vec::new() };
    deliver(&hooks.stage.app, call, hooks.stage.app.clock.elapsed()).await.expect("a table");
    assert_eq!(hooks.stage.installation.webhooks.take(), []);
    assert_eq!(hooks.due_at().await, Some(hooks.stage.app.now()));
}

#[tokio::test]
async fn w6_a_test_is_sent_now_and_once_to_one_endpoint() {
    let hooks = Hooks::new().await;
    create(&hooks.stage, &hooks.key, "https://two.example.com", &[]).await;
    hooks.stage.installation.webhooks.next(URL, [LATE]);
    let failed = test_endpoint(&hooks.stage.app, &hooks.key, &hooks.id).await.expect("a delivery");
    assert_eq!((failed.status, failed.attempts.len()), (DeliveryStatus::Failed, 1));
    hooks.stage.clock.advance(Duration::from_millis(1));
    let sent = test_endpoint(&hooks.stage.app, &hooks.key, &hooks.id).await.expect("a delivery");
    assert_eq!((sent.status, sent.kind), (DeliveryStatus::Delivered, EventKind::WebhookTest));
    hooks.dispatch(&sent.id.event).await;
    let received = hooks.stage.installation.webhooks.take();
    assert!(received.iter().all(|request| request.url == URL) && received.len() == 2, "{received:?}");
    assert_eq!(hooks.log().await.len(), 2);
    assert_eq!(hooks.deliver().await, []);
}

#[tokio::test]
async fn what_a_later_version_wrote_waits_and_holds_up_no_other_delivery() {
    let hooks = Hooks::new().await;
    let (delivery, event) = (hooks.dispatched().await, hooks.dispatched().await);
    let deliveries = format!("DELIVERIES#default#{}", hooks.id);
    let places = [(deliveries.as_str(), &delivery), ("EVENTS#default", &event)];
    for (partition, id) in places {
        hooks.stage.installation.set_text(partition, id, "event", "oauth.of_a_later_version").await;
    }
    let other = hooks.dispatched().await;
    assert_eq!(events(&hooks.deliver().await), [other]);
    assert_eq!(hooks.deliver().await, []);
    for (partition, id) in places {
        hooks.stage.installation.set_text(partition, id, "event", "oauth.connected").await;
    }
    hooks.stage.clock.advance(LONG);
    assert_eq!(events(&hooks.deliver().await), [delivery, event], "after the deploy that can read it");
}

#[tokio::test]
async fn a_delivery_that_is_named_twice_is_sent_once() {
    let hooks = Hooks::new().await;
    let event = hooks.dispatched().await;
    let id = DeliveryId { event, replayed_at: None, endpoint: hooks.id.clone() };
    let call = CourierCall { endpoint: hooks.name(), deliveries: vec![id.clone(), id] };
    deliver(&hooks.stage.app, call, hooks.stage.app.clock.elapsed() + LONG).await.expect("a table");
    assert_eq!(hooks.stage.installation.webhooks.take().len(), 1);
}

#[tokio::test]
async fn the_next_attempt_is_not_forgotten_while_the_index_lags() {
    let hooks = Hooks::new().await;
    hooks.stage.installation.webhooks.next(URL, [status(500)]);
    let event = hooks.dispatched().await;
    let id = DeliveryId { event: event.clone(), replayed_at: None, endpoint: hooks.id.clone() };
    let partition = format!("DELIVERIES#default#{}", hooks.id);
    hooks.stage.installation.remove_attribute(&partition, &event, "due_shard").await;
    let call = CourierCall { endpoint: hooks.name(), deliveries: vec![id] };
    deliver(&hooks.stage.app, call, hooks.stage.app.clock.elapsed() + LONG).await.expect("a table");
    assert_eq!(hooks.due_at().await, hooks.log().await[0].next_attempt_at);
}

fn events(received: &[Received]) -> Vec<String> {
    received.iter().map(|request| request.event.clone()).collect()
}
