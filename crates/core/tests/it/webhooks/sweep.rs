//! The sweep finds what a lost wake-up left.

use std::time::Duration;

use counterfoil_core::service::webhook::sweep::{Swept, sweep};

use super::{Hooks, LONG};

impl Hooks {
    async fn sweep(&self) -> Swept {
        sweep(&self.stage.app, self.stage.app.clock.elapsed() + LONG).await.expect("a table")
    }
}

const TWO_MINUTES: Duration = Duration::from_secs(121);

#[tokio::test]
async fn w5_an_event_that_no_dispatch_has_seen_is_dispatched_after_two_minutes_once() {
    let hooks = Hooks::new().await;
    let lost = hooks.event().await;
    assert_eq!(hooks.sweep().await.events, 0, "it may be in dispatch");
    hooks.stage.clock.advance(TWO_MINUTES);
    hooks.dispatched().await;
    hooks.deliver().await;
    assert_eq!(hooks.sweep().await.events, 1);
    let calls = hooks.stage.installation.courier_calls.take();
    assert!(calls.iter().any(|(call, _)| call.deliveries.iter().any(|id| id.event == lost)), "{calls:?}");
    assert_eq!(hooks.sweep().await.events, 0);
    hooks.stage.clock.advance(TWO_MINUTES);
    assert_eq!(hooks.sweep().await.events, 0, "the other one was delivered");
}

#[tokio::test]
async fn w5_an_event_whose_courier_was_not_woken_is_found() {
    let hooks = Hooks::new().await;
    hooks.dispatched().await;
    hooks.stage.installation.courier_calls.take();
    hooks.stage.clock.advance(TWO_MINUTES);
    hooks.sweep().await;
    assert!(!hooks.stage.installation.courier_calls.take().is_empty());
}

#[tokio::test]
async fn an_endpoint_that_is_due_is_woken() {
    let hooks = Hooks::new().await;
    assert_eq!(hooks.sweep().await.endpoints, 0);
    hooks.stage.clock.advance(LONG + LONG);
    assert_eq!(hooks.sweep().await.endpoints, 1);
    let (call, delay) = hooks.stage.installation.courier_calls.take().pop().expect("a call");
    assert_eq!((call.endpoint, delay), (hooks.name(), Duration::ZERO));
}

#[tokio::test]
async fn a_partner_without_endpoints_is_not_swept() {
    let hooks = Hooks::new().await;
    hooks.event().await;
    counterfoil_core::service::webhook::endpoints::delete_endpoint(&hooks.stage.app, &hooks.key, &hooks.id)
        .await
        .expect("deleted");
    hooks.stage.clock.advance(TWO_MINUTES);
    assert_eq!(hooks.sweep().await, Swept::default());
}

#[tokio::test]
async fn w5_a_delivery_of_a_later_version_does_not_end_the_sweep() {
    let hooks = Hooks::new().await;
    let newer = hooks.dispatched().await;
    hooks.event().await;
    let partition = format!("DELIVERIES#default#{}", hooks.id);
    hooks.stage.installation.set_text(&partition, &newer, "event", "oauth.of_a_later_version").await;
    hooks.stage.clock.advance(TWO_MINUTES);
    let swept = hooks.sweep().await;
    assert_eq!((swept.events, swept.unfinished), (1, 0));
}

#[tokio::test]
async fn a_sweep_whose_time_is_over_begins_nothing() {
    let hooks = Hooks::new().await;
    hooks.event().await;
    hooks.stage.clock.advance(LONG + LONG);
    let swept = sweep(&hooks.stage.app, hooks.stage.app.clock.elapsed()).await.expect("a table");
    assert_eq!((swept.events, swept.unfinished), (0, 1));
    assert_eq!(hooks.stage.installation.courier_calls.take(), []);
}
