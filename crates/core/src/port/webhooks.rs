//! Sending to webhook endpoints.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::Error;
use crate::model::secret::Secret;
use crate::model::webhook::delivery::Reply;
use crate::model::webhook::notification::Notification;

/// Sends notifications to the addresses of endpoints. It resolves the name of an address once for each connection, and connects only to
/// public addresses.
#[async_trait]
pub trait Webhooks: Send + Sync {
    /// Checks that an endpoint may have this address: its form, its port, and the addresses of its host.
    ///
    /// # Errors
    /// `Invalid`, with the reason.
    async fn check(&self, url: &str) -> Result<(), Error>;

    /// Sends a signed request and returns the answer. It follows no redirect.
    async fn send(&self, message: Message<'_>) -> Sent;
}

/// A request to an endpoint.
pub struct Message<'a> {
    /// The endpoint's address.
    pub url: &'a str,
    /// The secrets that sign it, the newest first.
    pub secrets: &'a [Secret],
    /// What it reports.
    pub notification: &'a Notification,
    /// The time of the attempt.
    pub at: Timestamp,
    /// The time-out, from the resolution of the name to the status of the answer.
    pub time: Duration,
}

/// The result of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// The answer, or why there is none.
    pub reply: Reply,
    /// The pause that the answer asks for.
    pub retry_after: Option<Duration>,
}
