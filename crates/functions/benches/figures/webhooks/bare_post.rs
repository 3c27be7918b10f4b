//! One signed POST by the sender of webhooks, without a table.

use std::time::Duration;

use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::model::webhook::endpoint::{EndpointId, EndpointName, signing_secret};
use counterfoil_core::model::webhook::notification::{EndpointChange, EndpointEvent, Notification};
use counterfoil_core::port::webhooks::{Message, Webhooks as _};
use counterfoil_webhooks::Sender;
use jiff::Timestamp;

/// What is posted, and where.
pub(super) struct BarePost {
    sender: Sender,
    url: String,
    secrets: [Secret; 1],
    notification: Notification,
}

impl BarePost {
    pub(super) fn new(url: String) -> Self {
        let id = EndpointId::new(format!("{}{}", EndpointId::PREFIX, "0".repeat(32)));
        let event = EndpointEvent {
            id: format!("evt_{}", "0".repeat(32)),
            endpoint: EndpointName { partner: PartnerId::default_partner(), id },
            url: "https://example.com/0".to_owned(),
            at: Timestamp::UNIX_EPOCH,
            change: EndpointChange::Failing { failing_since: Timestamp::UNIX_EPOCH },
        };
        let notification = Notification::Endpoint(event);
        Self { sender: Sender::new(true), url, secrets: [signing_secret([7; 32])], notification }
    }

    /// Sends it, and waits for the answer.
    pub(super) async fn send(&self) {
        let message = Message {
            url: &self.url,
            secrets: &self.secrets,
            notification: &self.notification,
            at: Timestamp::UNIX_EPOCH,
            time: Duration::from_secs(15),
        };
        let sent = self.sender.send(message).await;
        assert!(sent.reply.is_success(), "{:?}", sent.reply);
    }
}
