//! Wakes the worker of imports and the courier of webhooks, so that work need not wait for the next scheduled invocation.

use std::time::Duration;

use async_trait::async_trait;

use crate::model::connection::ConnectionId;
use crate::model::webhook::delivery::DeliveryId;
use crate::model::webhook::endpoint::EndpointName;
use crate::port::store::StoreError;

/// Wakes the worker of imports. The table has the work to do, and the worker's scheduled invocation finds it too. So a call that is
/// lost, late or repeated does no harm.
#[async_trait]
pub trait Wake: Send + Sync {
    /// Requests a worker for a connection that has a run.
    ///
    /// # Errors
    /// The queue's error.
    async fn wake(&self, connection: &ConnectionId) -> Result<(), StoreError>;
}

/// Wakes the courier, which delivers to webhook endpoints. The table has the work to do, and the dispatcher's scheduled invocation wakes
/// the courier too. So a call that is lost, late or repeated does no harm.
#[async_trait]
pub trait WakeCourier: Send + Sync {
    /// Requests a courier for an endpoint after a delay of at most [`DELAY_MOST`].
    ///
    /// # Errors
    /// The queue's error.
    async fn wake_courier(&self, call: &CourierCall, delay: Duration) -> Result<(), StoreError>;
}

/// The longest delay of a call, which is that of a message in SQS.
pub const DELAY_MOST: Duration = Duration::from_secs(900);
/// The most deliveries that a call names.
pub const NAMED_MOST: usize = 24;

/// A call for a courier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourierCall {
    /// The endpoint that has pending deliveries.
    pub endpoint: EndpointName,
    /// New ones among them, at most [`NAMED_MOST`], so that the courier need not list them.
    pub deliveries: Vec<DeliveryId>,
}
