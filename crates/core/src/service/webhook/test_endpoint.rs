//! Sends a test event to one endpoint, now.

use crate::model::api_key::ApiKey;
use crate::model::event::Event;
use crate::model::time::later;
use crate::model::webhook::delivery::{Delivery, DeliveryStatus};
use crate::model::webhook::endpoint::{EndpointId, EndpointName};
use crate::model::webhook::notification::{EndpointChange, EndpointEvent, Notification};
use crate::{App, Error};

use crate::service::webhook::attempt::{TIME, attempt, open_secrets};
use crate::service::webhook::dispatch::delivery;

/// Sends `webhook.test` to an endpoint, enabled or not, and returns the delivery with its only attempt. The attempt does not count for
/// the endpoint's health.
///
/// If this process dies, the courier makes the attempt.
///
/// # Errors
/// `NotFound`, and those of the table and the keyring.
pub async fn test_endpoint(app: &App, key: &ApiKey, id: &EndpointId) -> Result<Delivery, Error> {
    let name = EndpointName { partner: key.partner.clone(), id: id.clone() };
    let endpoint = app.endpoints.endpoints(&key.partner).await?.find(id).cloned().ok_or(Error::NO_ENDPOINT)?;
    let state = app.endpoints.states(&key.partner, std::slice::from_ref(id)).await?.pop().flatten();
    let now = app.now();
    let secrets = open_secrets(app, &name, &state.ok_or(Error::NO_ENDPOINT)?.secrets, now).await?;
    let event = EndpointEvent {
        id: app.new_id(Event::ID_PREFIX),
        endpoint: name,
        url: endpoint.url.clone(),
        at: now,
        change: EndpointChange::Test,
    };
    let notification = Notification::Endpoint(event.clone());
    let taken_over_at = later(now, 4 * TIME);
    let pending = Delivery {
        status: DeliveryStatus::Pending,
        next_attempt_at: Some(taken_over_at),
        ..delivery(&notification, &endpoint, now)
    };
    app.deliveries.create_test(&event, &pending).await?;
    let (delivery, _) = attempt(app, &endpoint.url, &secrets, pending, &notification).await;
    app.deliveries.save_delivery(&key.partner, &delivery, 0).await?;
    Ok(delivery)
}
