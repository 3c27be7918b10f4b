//! Endpoints that fail for days, or are gone (W-7).

use std::time::Duration;

use counterfoil_core::model::event::EventKind;
use counterfoil_core::model::webhook::endpoint::{DisabledReason, EndpointStatus};
use counterfoil_core::model::webhook::notification::{EndpointChange, Notification};
use counterfoil_core::port::wake::CourierCall;
use counterfoil_core::service::webhook::deliver::deliver;
use counterfoil_core::service::webhook::endpoints::{EndpointPatch, change_endpoint, read_endpoint};
use counterfoil_testkit::webhooks::status;
use counterfoil_testkit::wire::{Fault, Rule};

use super::{Hooks, URL, create};

const HOUR: Duration = Duration::from_secs(3_600);

impl Hooks {
    async fn status(&self) -> EndpointStatus {
        read_endpoint(&self.stage.app, &Self::partner(), &self.id).await.expect("an endpoint").endpoint.status
    }

    /// The events about endpoints.
    async fn notices(&self) -> Vec<Notification> {
        let events = self.stage.app.outbox.events_between(&Self::partner(), "evt_", "evt_~", 1_000).await.expect("a table");
        events.events.into_iter().filter(|event| matches!(event, Notification::Endpoint(_))).collect()
    }

    /// An event whose delivery fails, so many hours later.
    async fn fails_after(&self, hours: u32) {
        self.stage.clock.advance(HOUR * hours);
        self.dispatched().await;
        self.deliver().await;
    }
}

#[tokio::test]
async fn w7_after_four_days_of_failures_the_partner_is_notified_and_after_five_the_endpoint_is_disabled() {
    let hooks = Hooks::new().await;
    let other = create(&hooks.stage, &hooks.key, "https://other.example.com", &[EventKind::WebhookEndpointDisabled]).await;
    hooks.stage.installation.webhooks.always(URL, status(500));
    hooks.fails_after(0).await;
    hooks.fails_after(95).await;
    assert_eq!(hooks.notices().await, []);
    hooks.fails_after(2).await;
    let kinds = |notices: &[Notification]| notices.iter().map(Notification::kind).collect::<Vec<_>>();
    assert_eq!(kinds(&hooks.notices().await), [EventKind::WebhookEndpointFailing]);
    hooks.fails_after(22).await;
    assert_eq!(hooks.status().await, EndpointStatus::Enabled);
    hooks.fails_after(3).await;
    assert_eq!(hooks.status().await, EndpointStatus::Disabled(DisabledReason::Failing));
    let notices = hooks.notices().await;
    assert_eq!(kinds(&notices), [EventKind::WebhookEndpointFailing, EventKind::WebhookEndpointDisabled]);

    hooks.stage.installation.courier_calls.take();
    hooks.dispatch(notices[1].id()).await;
    let called: Vec<_> = hooks.stage.installation.courier_calls.take().into_iter().map(|(call, _)| call.endpoint.id).collect();
    assert_eq!(called, [other], "the partner's other endpoints are told");
}

#[tokio::test]
async fn w7_the_first_success_resets_the_time() {
    let hooks = Hooks::new().await;
    hooks.stage.installation.webhooks.always(URL, status(500));
    hooks.fails_after(0).await;
    hooks.stage.installation.webhooks.next(URL, [status(204)]);
    hooks.fails_after(119).await;
    hooks.fails_after(2).await;
    assert_eq!((hooks.status().await, hooks.notices().await), (EndpointStatus::Enabled, Vec::new()));
}

#[tokio::test]
async fn w7_an_endpoint_that_fails_seldom_is_notified_a_day_before_it_is_disabled() {
    let hooks = Hooks::new().await;
    hooks.stage.installation.webhooks.always(URL, status(500));
    hooks.fails_after(0).await;
    hooks.fails_after(24 * 30).await;
    assert_eq!((hooks.status().await, hooks.notices().await.len()), (EndpointStatus::Enabled, 1));
    hooks.fails_after(23).await;
    assert_eq!(hooks.status().await, EndpointStatus::Enabled);
    hooks.fails_after(1).await;
    assert_eq!(hooks.status().await, EndpointStatus::Disabled(DisabledReason::Failing));
}

#[tokio::test]
async fn w3_an_endpoint_that_is_gone_is_disabled_at_once_until_its_partner_enables_it() {
    let hooks = Hooks::new().await;
    hooks.stage.installation.webhooks.next(URL, [status(410)]);
    hooks.fails_after(0).await;
    assert_eq!(hooks.status().await, EndpointStatus::Disabled(DisabledReason::Gone));
    let notices = hooks.notices().await;
    let [Notification::Endpoint(event)] = &notices[..] else { panic!("{notices:?}") };
    assert_eq!(event.change, EndpointChange::Disabled { reason: DisabledReason::Gone });

    let enable = EndpointPatch { is_enabled: Some(true), ..EndpointPatch::default() };
    change_endpoint(&hooks.stage.app, &hooks.key, &hooks.id, &enable).await.expect("an endpoint");
    hooks.dispatched().await;
    assert_eq!(hooks.deliver().await.len(), 1, "only what happened since");
}

#[tokio::test]
async fn w7_the_partner_is_notified_once_even_if_the_courier_dies_then() {
    let hooks = Hooks::new().await;
    hooks.stage.installation.webhooks.always(URL, status(500));
    hooks.fails_after(0).await;
    hooks.stage.clock.advance(HOUR * 97);
    hooks.dispatched().await;
    // Nothing is stored any more after the notification.
    let end = Rule::on("UpdateItem", Fault::InternalServerError).when("returned").times(20);
    hooks.stage.installation.wire.inject(end);
    let call = CourierCall { endpoint: hooks.name(), deliveries: Vec::new() };
    let died = deliver(&hooks.stage.app, call, hooks.stage.app.clock.elapsed() + HOUR).await;
    assert!(died.is_err());
    hooks.stage.installation.wire.reset();
    hooks.fails_after(1).await;
    assert_eq!(hooks.notices().await.len(), 1);
}
