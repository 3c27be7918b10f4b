//! An SQS queue.

use std::sync::OnceLock;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use counterfoil_core::port::store::StoreError;

use crate::fault;

/// A queue. Its client is created when something is first sent, because that is rare and a client slows down a start.
pub(crate) struct Queue {
    aws: SdkConfig,
    client: OnceLock<Client>,
    url: String,
    /// The word for its content in errors.
    name: &'static str,
}

impl Queue {
    /// The queue at this URL. Sends no request.
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
