//! The courier: attempts, retries, pauses, and one courier for each endpoint.

use std::time::Duration;

use counterfoil_core::model::event::EventKind;
use counterfoil_core::model::webhook::delivery::{DeliveryId, DeliveryStatus, PAUSES, Reply, SendFailure};
use counterfoil_core::model::webhook::endpoint::Health;
use counterfoil_core::port::store::webhooks::EndpointLease;
use counterfoil_core::port::wake::CourierCall;
use counterfoil_core::port::webhooks::Sent;
use counterfoil_core::service::webhook::deliver::{AT_ONCE_MOST, deliver};
use counterfoil_core::service::webhook::endpoints::{EndpointPatch, change_endpoint, delete_endpoint};
use counterfoil_core::service::webhook::log::{LogQuery, list_deliveries};
use counterfoil_core::service::webhook::test_endpoint::test_endpoint;
use counterfoil_testkit::webhooks::{Received, status};
use counterfoil_testkit::wire::{Fault, Rule};

use super::{Hooks, LONG, URL, create};

/// No answer in time.
const LATE: Sent = Sent { reply: Reply::None(SendFailure::TimedOut), retry_after: None };

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
async fn w3_an_overloaded_endpoint_pauses_as_a_whole() {
    let hooks = Hooks::new().await;
    for _ in 0..AT_ONCE_MOST + 4 {
        hooks.dispatched().await;
    }
    let overloaded = Sent { retry_after: Some(Duration::from_secs(120)), ..status(429) };
    hooks.stage.installation.webhooks.always(URL, overloaded);
    assert!(hooks.deliver().await.len() <= AT_ONCE_MOST, "what has not begun waits");
    hooks.stage.clock.advance(Duration::from_secs(119));
    assert_eq!(hooks.deliver().await, []);
    hooks.stage.installation.webhooks.always(URL, status(200));
    hooks.stage.clock.advance(Duration::from_secs(2));
    assert_eq!(hooks.deliver().await.len(), AT_ONCE_MOST + 4);
    assert!(hooks.stage.installation.webhooks.most_under_way() <= AT_ONCE_MOST);
}

#[tokio::test]
async fn w3_an_endpoint_that_answers_nothing_in_time_pauses_as_a_whole() {
    let hooks = Hooks::new().await;
    for _ in 0..AT_ONCE_MOST + 4 {
        hooks.dispatched().await;
    }
    hooks.stage.installation.webhooks.always(URL, LATE);
    assert!(hooks.deliver().await.len() <= AT_ONCE_MOST, "what has not begun waits");
    hooks.stage.clock.advance(Duration::from_secs(29));
    assert_eq!(hooks.deliver().await, []);
    hooks.stage.installation.webhooks.always(URL, status(200));
    hooks.stage.clock.advance(Duration::from_secs(2));
    assert_eq!(hooks.deliver().await.len(), AT_ONCE_MOST + 4);
}

#[tokio::test]
async fn an_endpoint_that_answers_others_in_time_does_not_pause() {
    let hooks = Hooks::new().await;
    for _ in 0..AT_ONCE_MOST + 4 {
        hooks.dispatched().await;
    }
    hooks.stage.installation.webhooks.next(URL, [LATE]);
    assert_eq!(hooks.deliver().await.len(), AT_ONCE_MOST + 4);
}

#[tokio::test]
async fn new_work_of_a_paused_endpoint_neither_takes_its_lease_nor_wakes_the_courier_again() {
    let hooks = Hooks::new().await;
    hooks.stage.installation.webhooks.always(URL, status(503));
    hooks.dispatched().await;
    hooks.deliver().await;
    let due_at = hooks.due_at().await;
    hooks.dispatched().await;
    hooks.stage.installation.courier_calls.take();
    hooks.stage.installation.wire.reset();
    assert_eq!(hooks.deliver().await, []);
    assert_eq!(hooks.stage.installation.wire.requests().len(), 1, "a write that is refused");
    assert_eq!((hooks.stage.installation.courier_calls.take(), hooks.due_at().await), (Vec::new(), due_at));
}

#[tokio::test]
async fn new_work_that_the_list_does_not_have_yet_is_looked_for_again_soon() {
    let hooks = Hooks::new().await;
    hooks.dispatched().await;
    hooks.stage.installation.wire.inject(Rule::on("BatchGetItem", Fault::UntilReleased));
    let at_work = async {
        let call = CourierCall { endpoint: hooks.name(), deliveries: Vec::new() };
        deliver(&hooks.stage.app, call, hooks.stage.app.clock.elapsed() + LONG).await.expect("a table");
    };
    let another = async {
        while !hooks.stage.installation.wire.counts().contains_key("BatchGetItem") {
            tokio::task::yield_now().await;
        }
        let new = hooks.dispatched().await;
        hooks.stage.installation.remove_attribute(&format!("DELIVERIES#default#{}", hooks.id), &new, "due_shard").await;
        hooks.stage.installation.courier_calls.take();
        assert_eq!(hooks.deliver().await, [], "the other one has the lease");
        hooks.stage.installation.wire.release();
    };
    tokio::join!(at_work, another);
    assert_eq!(hooks.due_at().await, Some(hooks.stage.app.now() + Duration::from_secs(1)));
    assert_eq!(hooks.stage.installation.courier_calls.take().len(), 1);
}

#[tokio::test]
async fn w10_one_courier_at_a_time_delivers_to_an_endpoint_and_learns_of_new_work() {
    let hooks = Hooks::new().await;
    let app = &hooks.stage.app;
    let lease = EndpointLease { id: "courier_1".to_owned(), at: app.now(), life: Duration::from_secs(60) };
    let state = app.endpoints.take_endpoint(&hooks.name(), &lease).await.expect("a table").expect("it is free");
    hooks.dispatched().await;
    assert_eq!(hooks.deliver().await, [], "another courier has it");
    let returned = app.endpoints.return_endpoint(&hooks.name(), &lease, &state.health, None).await;
    assert_eq!(returned, Ok(counterfoil_core::port::store::Written::Overtaken), "there is new work");
    let extended = app.endpoints.extend_endpoint(&hooks.name(), &lease, &state.health, app.now()).await;
    assert!(extended.expect("a table").is_some());
    let returned = app.endpoints.return_endpoint(&hooks.name(), &lease, &state.health, None).await;
    assert_eq!(returned, Ok(counterfoil_core::port::store::Written::Stored));
    assert_eq!(hooks.deliver().await.len(), 1);
}

#[tokio::test]
async fn w10_after_the_death_of_a_courier_another_one_delivers() {
    let hooks = Hooks::new().await;
    let app = &hooks.stage.app;
    let lease = EndpointLease { id: "courier_1".to_owned(), at: app.now(), life: Duration::from_secs(60) };
    app.endpoints.take_endpoint(&hooks.name(), &lease).await.expect("a table").expect("it is free");
    hooks.dispatched().await;
    assert_eq!(hooks.due_at().await, Some(app.now() - Duration::from_millis(1) + Duration::from_secs(60)), "at the lease's end");
    hooks.stage.clock.advance(Duration::from_secs(61));
    assert_eq!(hooks.deliver().await.len(), 1);
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
async fn the_pending_deliveries_of_a_disabled_endpoint_are_canceled() {
    let hooks = Hooks::new().await;
    hooks.stage.installation.webhooks.always(URL, status(500));
    hooks.dispatched().await;
    hooks.deliver().await;
    hooks.dispatched().await;
    let disable = EndpointPatch { is_enabled: Some(false), ..EndpointPatch::default() };
    change_endpoint(&hooks.stage.app, &hooks.key, &hooks.id, &disable).await.expect("a table");
    assert_eq!(hooks.deliver().await, []);
    let statuses: Vec<_> = hooks.log().await.iter().map(|delivery| delivery.status).collect();
    assert_eq!(statuses, [DeliveryStatus::Canceled, DeliveryStatus::Canceled]);
}

#[tokio::test]
async fn a_deleted_endpoint_gets_nothing_and_its_pending_deliveries_are_shown_as_canceled() {
    let hooks = Hooks::new().await;
    hooks.dispatched().await;
    delete_endpoint(&hooks.stage.app, &hooks.key, &hooks.id).await.expect("a table");
    assert_eq!(hooks.deliver().await, []);
    assert_eq!(hooks.log().await[0].status, DeliveryStatus::Canceled);
    let with = async |status| {
        let query = LogQuery { endpoint: Some(hooks.id.clone()), status: Some(status), most: 100, ..LogQuery::default() };
        list_deliveries(&hooks.stage.app, &Hooks::partner(), &query).await.expect("a table").deliveries
    };
    assert_eq!(with(DeliveryStatus::Pending).await, []);
    assert_eq!(with(DeliveryStatus::Canceled).await.len(), 1, "as it is shown");
}

#[tokio::test]
async fn the_delivery_of_an_event_that_is_gone_is_canceled() {
    let hooks = Hooks::new().await;
    let event = hooks.dispatched().await;
    hooks.stage.installation.delete("EVENTS#default", &event).await;
    assert_eq!(hooks.deliver().await, []);
    assert_eq!(hooks.log().await[0].status, DeliveryStatus::Canceled);
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
async fn w3_requests_that_succeed_beside_one_that_asked_for_a_pause_do_not_end_the_pause() {
    let hooks = Hooks::new().await;
    for _ in 0..AT_ONCE_MOST {
        hooks.dispatched().await;
    }
    let overloaded = Sent { retry_after: Some(Duration::from_secs(120)), ..status(429) };
    hooks.stage.installation.webhooks.next(URL, [overloaded]);
    assert_eq!(hooks.deliver().await.len(), AT_ONCE_MOST);
    hooks.dispatched().await;
    assert_eq!(hooks.deliver().await, []);
    hooks.stage.clock.advance(Duration::from_secs(121));
    assert_eq!(hooks.deliver().await.len(), 2);
}

#[tokio::test]
async fn w3_the_other_pending_deliveries_of_an_endpoint_that_is_gone_are_canceled_at_once() {
    let hooks = Hooks::new().await;
    hooks.stage.installation.webhooks.next(URL, [status(500), status(410)]);
    hooks.dispatched().await;
    hooks.deliver().await;
    hooks.dispatched().await;
    hooks.deliver().await;
    let statuses: Vec<_> = hooks.log().await.iter().map(|delivery| delivery.status).collect();
    assert_eq!(statuses, [DeliveryStatus::Canceled, DeliveryStatus::Canceled]);
}

#[tokio::test]
async fn w7_a_courier_at_work_cannot_undo_what_enabling_an_endpoint_resets() {
    let hooks = Hooks::new().await;
    let app = &hooks.stage.app;
    let switch = async |is_enabled| {
        let patch = EndpointPatch { is_enabled: Some(is_enabled), ..EndpointPatch::default() };
        change_endpoint(app, &hooks.key, &hooks.id, &patch).await.expect("an endpoint")
    };
    switch(false).await;
    let lease = EndpointLease { id: "courier_1".to_owned(), at: app.now(), life: Duration::from_secs(60) };
    app.endpoints.take_endpoint(&hooks.name(), &lease).await.expect("a table").expect("it is free");
    switch(true).await;
    hooks.dispatched().await;
    let failing = Health { failing_since: Some(app.now()), notified_at: Some(app.now()), ..Health::default() };
    let extended = app.endpoints.extend_endpoint(&hooks.name(), &lease, &failing, app.now()).await;
    assert!(extended.expect("a table").is_none());
    assert_eq!(hooks.deliver().await.len(), 1, "another courier need not wait");
    let view = change_endpoint(app, &hooks.key, &hooks.id, &EndpointPatch::default()).await.expect("an endpoint");
    assert_eq!(view.health.failing_since, None);
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
