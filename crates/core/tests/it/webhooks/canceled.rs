//! Deliveries that are canceled.

use counterfoil_core::model::webhook::delivery::DeliveryStatus;
use counterfoil_core::service::webhook::endpoints::{EndpointPatch, change_endpoint, delete_endpoint};
use counterfoil_core::service::webhook::log::{LogQuery, list_deliveries};
use counterfoil_testkit::webhooks::status;

use super::{Hooks, URL};

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
