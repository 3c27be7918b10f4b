//! The figures of webhooks in the health of a partner's integrations.

use std::time::Duration;

use counterfoil_core::service::health::figures::store_figures;
use counterfoil_core::service::health::partner::{HealthStatus, WebhooksHealth, health_of};
use counterfoil_testkit::webhooks::status;

use super::{Hooks, URL};

impl Hooks {
    async fn health(&self) -> WebhooksHealth {
        self.stage.clock.advance(Duration::from_secs(60));
        store_figures(&self.stage.app).await;
        health_of(&self.stage.app, &Self::partner()).await.expect("a table").webhooks
    }
}

#[tokio::test]
async fn s7_the_health_of_webhooks_has_delays_pending_deliveries_and_failing_endpoints() {
    let hooks = Hooks::new().await;
    let none = hooks.health().await;
    assert_eq!((none.pending, none.failing, none.delay_ms_p50, none.oldest_pending_seconds), (0, 0, None, None));
    hooks.dispatched().await;
    hooks.stage.clock.advance(Duration::from_millis(900));
    hooks.deliver().await;
    let well = hooks.health().await;
    assert_eq!((well.status, well.pending, well.failing), (HealthStatus::Ok, 0, 0));
    assert_eq!((well.delay_ms_p50, well.delay_ms_p95), (Some(1_024), Some(1_024)), "900 ms, rounded up to a power of two");

    hooks.stage.installation.webhooks.always(URL, status(500));
    hooks.dispatched().await;
    hooks.deliver().await;
    let failing = hooks.health().await;
    assert_eq!((failing.status, failing.pending, failing.failing), (HealthStatus::Failing, 1, 1));
    assert_eq!(failing.oldest_pending_seconds, Some(60));
    assert_eq!((failing.delay_ms_p50, failing.delay_ms_p95), (Some(1), Some(1_024)), "the second waited for no time");
}

#[tokio::test]
async fn s7_later_attempts_replays_and_tests_have_no_delay() {
    let hooks = Hooks::new().await;
    hooks.stage.installation.webhooks.next(URL, [status(500)]);
    hooks.dispatched().await;
    hooks.deliver().await;
    hooks.stage.clock.advance(Duration::from_secs(60));
    hooks.deliver().await;
    let health = hooks.health().await;
    assert_eq!((health.pending, health.delay_ms_p50, health.delay_ms_p95), (0, Some(1), Some(1)), "of the first attempt alone");
}
