//! An SQS queue.

use std::sync::OnceLock;
use std::time::Duration;

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
        self.send_later(text, Duration::ZERO).await
    }

    /// The same. The message is delivered after a delay of at most 900 s, which is what SQS accepts.
    pub(crate) async fn send_later(&self, text: String, delay: Duration) -> Result<(), StoreError> {
        let client = self.client.get_or_init(|| Client::new(&self.aws));
        let request = client.send_message().queue_url(&self.url).message_body(text);
        let seconds = i32::try_from(delay.as_millis().div_ceil(1_000)).unwrap_or(i32::MAX);
        let request = if seconds == 0 { request } else { request.delay_seconds(seconds) };
        let sent = request.send().await;
        sent.map(drop).map_err(|error| fault::meaning(self.name, &error))
    }
}
