//! Wakes the courier.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;

use crate::App;
use crate::model::name::PartnerId;
use crate::model::webhook::delivery::{Delivery, DeliveryStatus};
use crate::model::webhook::endpoint::EndpointName;
use crate::port::clock::within;
use crate::port::wake::{CourierCall, NAMED_MOST};

/// Wakes the courier for each endpoint of these new deliveries. The first ones of each are named.
pub(crate) async fn wake_for(app: &App, partner: &PartnerId, deliveries: Vec<Delivery>) {
    let mut by_endpoint = BTreeMap::<_, Vec<_>>::new();
    for delivery in deliveries.into_iter().filter(|delivery| delivery.status == DeliveryStatus::Pending) {
        by_endpoint.entry(delivery.id.endpoint.clone()).or_default().push(delivery.id);
    }
    let calls = by_endpoint.into_iter().map(|(id, mut deliveries)| {
        deliveries.truncate(NAMED_MOST);
        CourierCall { endpoint: EndpointName { partner: partner.clone(), id }, deliveries }
    });
    join_all(calls.map(async |call| wake(app, &call, Duration::ZERO).await)).await;
}

/// Wakes the courier, within the time of one request to the queue. If that fails, the sweep wakes it.
pub(crate) async fn wake(app: &App, call: &CourierCall, delay: Duration) {
    let waking = app.courier.wake_courier(call, delay);
    match within(app.clock.as_ref(), app.settings.store_timeout, waking).await {
        Some(Ok(())) => {}
        Some(Err(error)) => tracing::warn!(endpoint = %call.endpoint, %error, "the courier could not be woken"),
        None => tracing::warn!(endpoint = %call.endpoint, "the courier could not be woken in time"),
    }
}
