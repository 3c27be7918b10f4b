//! One courier at a time for each endpoint: its lease, and work that arrives meanwhile.

use std::time::Duration;

use counterfoil_core::model::lease::LeaseId;
use counterfoil_core::model::webhook::endpoint::Health;
use counterfoil_core::port::store::webhooks::EndpointLease;
use counterfoil_core::port::wake::CourierCall;
use counterfoil_core::service::webhook::deliver::deliver;
use counterfoil_core::service::webhook::endpoints::{EndpointPatch, change_endpoint};
use counterfoil_testkit::wire::{Fault, Rule};

use super::{Hooks, LONG};

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
    let lease = EndpointLease { id: LeaseId::new("lease_1"), at: app.now(), life: Duration::from_secs(60) };
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
    let lease = EndpointLease { id: LeaseId::new("lease_1"), at: app.now(), life: Duration::from_secs(60) };
    app.endpoints.take_endpoint(&hooks.name(), &lease).await.expect("a table").expect("it is free");
    hooks.dispatched().await;
    assert_eq!(hooks.due_at().await, Some(app.now() - Duration::from_millis(1) + Duration::from_secs(60)), "at the lease's end");
    hooks.stage.clock.advance(Duration::from_secs(61));
    assert_eq!(hooks.deliver().await.len(), 1);
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
    let lease = EndpointLease { id: LeaseId::new("lease_1"), at: app.now(), life: Duration::from_secs(60) };
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
