//! A queue of SQS.

use std::sync::OnceLock;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use counterfoil_core::port::store::StoreError;

use crate::fault;

/// A queue, with a client that is made when something is first sent: often nothing is, and a client costs a start.
pub(crate) struct Queue {
    aws: SdkConfig,
    client: OnceLock<Client>,
    url: String,
    /// What it is of, for errors.
    name: &'static str,
}

impl Queue {
    /// The queue at that URL; nothing is asked of it yet.
    pub(crate) fn new(aws: &SdkConfig, url: String, name: &'static str) -> Self {
        Self { aws: aws.clone(), client: OnceLock::new(), url, name }
    }

    /// Sends a message. When this returns, the message is durable.
    pub(crate) async fn send(&self, text: String) -> Result<(), StoreError> {
        let client = self.client.get_or_init(|| Client::new(&self.aws));
        let sent = client.send_message().queue_url(&self.url).message_body(text).send().await;
        sent.map(drop).map_err(|error| fault::meaning(self.name, &error))
    }
}
