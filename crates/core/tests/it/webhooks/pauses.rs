//! The pauses of an endpoint as a whole.

use std::time::Duration;

use counterfoil_core::model::webhook::delivery::{Reply, SendFailure};
use counterfoil_core::port::webhooks::Sent;
use counterfoil_core::service::webhook::deliver::AT_ONCE_MOST;
use counterfoil_testkit::webhooks::status;

use super::{Hooks, URL};

/// No answer in time.
pub(super) const LATE: Sent = Sent { reply: Reply::None(SendFailure::TimedOut), retry_after: None };

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
