//! The queue that wakes the worker of imports. A message contains only the name of a connection.

use async_trait::async_trait;
use aws_config::SdkConfig;
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::wake::Wake;
use serde::{Deserialize, Serialize};

use crate::queue::Queue;
use crate::row::damaged;

/// The SQS queue.
pub struct WakeQueue(Queue);

impl WakeQueue {
    /// The queue at this URL. Sends no request.
    pub fn new(aws: &SdkConfig, url: String) -> Self {
        Self(Queue::new(aws, url, "of imports to work on"))
    }
}

#[async_trait]
impl Wake for WakeQueue {
    async fn wake(&self, connection: &ConnectionId) -> Result<(), StoreError> {
        self.0.send(write(connection)?).await
    }
}

/// No queue: the worker's scheduled invocation finds the work.
pub struct NoQueue;

#[async_trait]
impl Wake for NoQueue {
    async fn wake(&self, _: &ConnectionId) -> Result<(), StoreError> {
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
struct Message {
    partner: String,
    company_key: String,
}

/// The text of a message for a connection.
///
/// # Errors
/// `Damaged` if it cannot be serialized.
pub fn write(connection: &ConnectionId) -> Result<String, StoreError> {
    let ConnectionId { partner, company_key } = connection;
    let message = Message { partner: partner.to_string(), company_key: company_key.to_string() };
    serde_json::to_string(&message).map_err(|error| damaged(ITEM, &error.to_string()))
}

/// The connection in the text of a message.
///
/// # Errors
/// `Damaged` if the text has another form.
pub fn read(text: &str) -> Result<ConnectionId, StoreError> {
    let message: Message = serde_json::from_str(text).map_err(|_| damaged(ITEM, "its format is unknown"))?;
    Ok(ConnectionId {
        partner: PartnerId::parse(&message.partner).map_err(|_| damaged(ITEM, "partner"))?,
        company_key: CompanyKey::parse(&message.company_key).map_err(|_| damaged(ITEM, "company_key"))?,
    })
}

const ITEM: &str = "a message that wakes the worker of imports";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_its_connection_and_unknown_fields_are_ignored() {
        let connection =
            ConnectionId { partner: PartnerId::default_partner(), company_key: CompanyKey::parse("beach-blend").expect("a key") };
        let text = write(&connection).expect("it can be written");
        assert_eq!(text, r#"{"partner":"default","company_key":"beach-blend"}"#);
        assert_eq!(read(&text).as_ref(), Ok(&connection));
        assert_eq!(read(r#"{"partner":"default","company_key":"beach-blend","why":"webhook"}"#), Ok(connection));
        for text in ["", "{}", "[]", r#"{"partner":"default"}"#, r#"{"partner":"default","company_key":" "}"#] {
            assert!(matches!(read(text), Err(StoreError::Damaged { .. })), "{text}");
        }
    }
}
