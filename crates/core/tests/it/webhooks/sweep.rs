//! The sweep finds what a lost wake-up left.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::model::api_key::ApiKey;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::webhook::endpoint::Endpoints;
use counterfoil_core::port::clock::Clock;
use counterfoil_core::port::store::sweeps::{PartnerSweep, SweepStore};
use counterfoil_core::port::store::{StoreError, Written};
use counterfoil_core::service::webhook::sweep::{Swept, sweep};
use counterfoil_testkit::clock::MovableClock;

use super::{Hooks, LONG, URL, create};

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
    hooks.stage.installation.wire.reset();
    assert_eq!(hooks.sweep().await.events, 0, "it has its delivery");
    assert!(!hooks.stage.installation.courier_calls.take().is_empty());
    assert_eq!(hooks.stage.installation.wire.counts().get("PutItem"), None, "which is not stored again");
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

#[tokio::test]
async fn w5_an_event_of_a_later_version_is_dispatched_after_the_deploy_that_can_read_it() {
    let hooks = Hooks::new().await;
    let (newer, other) = (hooks.event().await, hooks.event().await);
    hooks.stage.installation.set_text("EVENTS#default", &newer, "event", "oauth.of_a_later_version").await;
    hooks.stage.clock.advance(TWO_MINUTES);
    assert_eq!(hooks.sweep().await, Swept { events: 1, ..Swept::default() });
    assert_eq!(hooks.sweep().await, Swept::default(), "the sweep goes on behind it");
    hooks.stage.installation.set_text("EVENTS#default", &newer, "event", "oauth.connected").await;
    assert_eq!(hooks.sweep().await, Swept { events: 1, ..Swept::default() });
    assert_eq!(hooks.sweep().await, Swept::default());
    let mut delivered: Vec<_> = hooks.deliver().await.into_iter().map(|request| request.event).collect();
    delivered.sort();
    assert_eq!(delivered, [newer, other]);
}

/// A table whose partners take a second each.
struct Slow {
    inner: Arc<dyn SweepStore>,
    clock: Arc<MovableClock>,
    swept: Mutex<Vec<String>>,
}

#[async_trait]
impl SweepStore for Slow {
    async fn partners_with_endpoints(&self, after: Option<&PartnerId>, most: u32) -> Result<Vec<PartnerId>, StoreError> {
        self.inner.partners_with_endpoints(after, most).await
    }

    async fn endpoints_and_sweep(&self, partner: &PartnerId) -> Result<(Endpoints, PartnerSweep), StoreError> {
        self.swept.lock().expect("no holder panics").push(partner.to_string());
        self.clock.advance(Duration::from_secs(1));
        self.inner.endpoints_and_sweep(partner).await
    }

    async fn save_sweep(&self, partner: &PartnerId, seen_to: Option<&str>, sweep: &PartnerSweep) -> Result<Written, StoreError> {
        self.inner.save_sweep(partner, seen_to, sweep).await
    }

    async fn sweep_ended_at(&self) -> Result<Option<PartnerId>, StoreError> {
        self.inner.sweep_ended_at().await
    }

    async fn set_sweep_ended_at(&self, partner: Option<&PartnerId>) -> Result<(), StoreError> {
        self.inner.set_sweep_ended_at(partner).await
    }
}

#[tokio::test]
async fn w5_a_sweep_goes_on_where_the_one_before_ended() {
    let hooks = Hooks::new().await;
    let partners = ["default", "e", "f", "g", "h"];
    for name in &partners[1..] {
        let key = ApiKey { partner: PartnerId::parse(name).expect("an id"), ..hooks.key.clone() };
        create(&hooks.stage, &key, URL, &[]).await;
    }
    let clock = Arc::clone(&hooks.stage.clock);
    let mut app = hooks.stage.installation.app(Arc::clone(&clock) as Arc<dyn Clock>);
    let slow = Arc::new(Slow { inner: Arc::clone(&app.sweeps), clock, swept: Mutex::default() });
    app.sweeps = Arc::clone(&slow) as Arc<dyn SweepStore>;
    let app = Arc::new(app);
    let swept = async || {
        sweep(&app, app.clock.elapsed() + Duration::from_secs(3)).await.expect("a table");
        std::mem::take(&mut *slow.swept.lock().expect("no holder panics"))
    };
    assert_eq!(swept().await, partners[..3]);
    assert_eq!(swept().await, partners[3..]);
    assert_eq!(swept().await, partners[..3]);
}

/// The figure of the reads of a partner without new events.
#[tokio::test]
async fn a_sweep_of_a_partner_without_new_events_is_two_requests() {
    let hooks = Hooks::new().await;
    hooks.dispatched().await;
    hooks.deliver().await;
    hooks.stage.clock.advance(TWO_MINUTES);
    hooks.sweep().await;
    hooks.stage.installation.wire.reset();
    hooks.sweep().await;
    let requests = hooks.stage.installation.wire.requests();
    let of_the_partner: Vec<_> = requests.iter().filter(|request| request.body.contains("#default")).collect();
    assert_eq!(of_the_partner.len(), 2, "{of_the_partner:?}");
    assert!(of_the_partner.iter().all(|request| !request.body.contains("ConsistentRead")), "{of_the_partner:?}");
}
