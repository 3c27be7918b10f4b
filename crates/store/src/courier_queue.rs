//! The queue that wakes the courier. A message names an endpoint and the deliveries that are new.

use std::time::Duration;

use async_trait::async_trait;
use aws_config::SdkConfig;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::webhook::delivery::DeliveryId;
use counterfoil_core::model::webhook::endpoint::{EndpointId, EndpointName};
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::wake::{CourierCall, DELAY_MOST, WakeCourier};
use serde::{Deserialize, Serialize};

use crate::queue::Queue;
use crate::row::damaged;
use crate::waking::NoQueue;

/// The SQS queue.
pub struct CourierQueue(Queue);

impl CourierQueue {
    /// The queue at this URL. Sends no request.
    pub fn new(aws: &SdkConfig, url: String) -> Self {
        Self(Queue::new(aws, url, "of endpoints to deliver to"))
    }
}

#[async_trait]
impl WakeCourier for CourierQueue {
    async fn wake_courier(&self, call: &CourierCall, delay: Duration) -> Result<(), StoreError> {
        self.0.send_later(write(call)?, delay.min(DELAY_MOST)).await
    }
}

#[async_trait]
impl WakeCourier for NoQueue {
    async fn wake_courier(&self, _: &CourierCall, _: Duration) -> Result<(), StoreError> {
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
struct Message {
    partner: String,
    endpoint: String,
    #[serde(default)]
    deliveries: Vec<String>,
}

/// The text of a message.
///
/// # Errors
/// `Damaged` if it cannot be serialized.
pub fn write(call: &CourierCall) -> Result<String, StoreError> {
    let message = Message {
        partner: call.endpoint.partner.to_string(),
        endpoint: call.endpoint.id.to_string(),
        deliveries: call.deliveries.iter().map(ToString::to_string).collect(),
    };
    serde_json::to_string(&message).map_err(|error| damaged(ITEM, &error.to_string()))
}

/// The call in the text of a message. A delivery of another endpoint, or one with an unknown id, is left out.
///
/// # Errors
/// `Damaged` if the text has another form.
pub fn read(text: &str) -> Result<CourierCall, StoreError> {
    let message: Message = serde_json::from_str(text).map_err(|_| damaged(ITEM, "its format is unknown"))?;
    let partner = PartnerId::parse(&message.partner).map_err(|_| damaged(ITEM, "partner"))?;
    let id = EndpointId::parse(&message.endpoint).ok_or_else(|| damaged(ITEM, "endpoint"))?;
    let deliveries = message.deliveries.iter().filter_map(|id| DeliveryId::parse(id)).filter(|delivery| delivery.endpoint == id);
    Ok(CourierCall { deliveries: deliveries.collect(), endpoint: EndpointName { partner, id } })
}

const ITEM: &str = "a message that wakes the courier";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_back_and_names_no_delivery_of_another_endpoint() {
        let endpoint = |digit: &str| EndpointId::new(format!("we_{}", digit.repeat(32)));
        let delivery = |id| DeliveryId { event: format!("evt_{}", "0".repeat(32)), replayed_at: Some(7), endpoint: id };
        let name = EndpointName { partner: PartnerId::default_partner(), id: endpoint("a") };
        let call = CourierCall { endpoint: name.clone(), deliveries: vec![delivery(endpoint("a"))] };
        assert_eq!(read(&write(&call).expect("text")).as_ref(), Ok(&call));
        let mixed = CourierCall { deliveries: vec![delivery(endpoint("b")), delivery(endpoint("a"))], ..call.clone() };
        assert_eq!(read(&write(&mixed).expect("text")), Ok(call));
        for text in ["", "{}", r#"{"partner":"default","endpoint":"x"}"#] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
