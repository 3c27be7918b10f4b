//! Posts signed notifications to endpoints, and checks the addresses of new ones.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::Error;
use counterfoil_core::model::retry_after;
use counterfoil_core::model::webhook::delivery::{Reply, SendFailure};
use counterfoil_core::port::clock::{Clock as _, SystemClock, within};
use counterfoil_core::port::webhooks::{Message, Sent, Webhooks};
use reqwest::header::{CONTENT_TYPE, DATE, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{RequestBuilder, Response};

use crate::address::{Permitted, Refused};
use crate::body::Body;
use crate::client::LazyClient;
use crate::failure;
use crate::resolver::{Lookup, Resolver, SystemLookup, Unresolved};
use crate::signature::sign;

/// The longest time to resolve the name of a new endpoint's host.
const RESOLVE_TIME: Duration = Duration::from_secs(2);
/// The largest part of an answer's body that is read, in bytes. A connection whose answer is longer is closed.
const ANSWER_MOST: usize = 16 * 1024;
/// The longest time to read the body of an answer. Nobody needs it; a connection is used again only if its answer was read to the end.
const ANSWER_TIME: Duration = Duration::from_secs(1);

/// The sender of webhooks. It keeps connections open for the next deliveries. Its HTTP client is created at its first use.
pub struct Sender {
    permitted: Permitted,
    resolver: Resolver,
    client: LazyClient,
}

impl Sender {
    /// A sender to public addresses over HTTPS, and with `allows_loopback` also to loopback addresses, with or without TLS.
    pub fn new(allows_loopback: bool) -> Self {
        Self::with_lookup(Arc::new(SystemLookup), Permitted { loopback: allows_loopback })
    }

    pub(crate) fn with_lookup(lookup: Arc<dyn Lookup>, permitted: Permitted) -> Self {
        let resolver = Resolver::new(lookup, permitted);
        Self { permitted, resolver: resolver.clone(), client: LazyClient::new(resolver) }
    }

    fn request(&self, message: &Message<'_>) -> Result<RequestBuilder, SendFailure> {
        // The resolver does not see a host that is an IP address.
        let url = self.permitted.read(message.url).map_err(|_| SendFailure::AddressRefused)?;
        let client = self.client.get().map_err(|error| not_made(&error))?;
        let notification = message.notification;
        let body = serde_json::to_string(&Body::of(notification)).map_err(|error| not_made(&error))?;
        let signature = sign(message.secrets, notification.id(), message.at, &body);
        let signature = signature.ok_or_else(|| not_made(&"a signing secret is damaged"))?;
        let headers = [
            ("webhook-id", notification.id().to_owned()),
            ("webhook-timestamp", message.at.as_second().to_string()),
            ("webhook-signature", signature),
        ];
        let request = client.post(url).header(CONTENT_TYPE, "application/json").body(body);
        Ok(headers.into_iter().fold(request, |request, (name, value)| request.header(HeaderName::from_static(name), value)))
    }
}

#[async_trait]
impl Webhooks for Sender {
    async fn check(&self, url: &str) -> Result<(), Error> {
        let url = self.permitted.read(url).map_err(|refused| invalid(refused.to_string()))?;
        let Some(name) = url.domain() else { return Ok(()) };
        match within(&SystemClock::start(), RESOLVE_TIME, self.resolver.addresses(name)).await {
            Some(Ok(_)) => Ok(()),
            Some(Err(Unresolved::NotPublic)) => Err(invalid(Refused::NotPublic.to_string())),
            Some(Err(Unresolved::NoAddress)) => Err(invalid("The host of the url has no IP address.")),
            None => Err(invalid("The IP address of the url's host could not be found within 2 seconds.")),
        }
    }

    async fn send(&self, message: Message<'_>) -> Sent {
        let no_answer = |failure| Sent { reply: Reply::None(failure), retry_after: None };
        let request = match self.request(&message) {
            Ok(request) => request,
            Err(failure) => return no_answer(failure),
        };
        let clock = SystemClock::start();
        let response = match within(&clock, message.time, request.send()).await {
            Some(Ok(response)) => response,
            Some(Err(error)) => return no_answer(failure::of(&error)),
            None => return no_answer(SendFailure::TimedOut),
        };
        let header = |name| response.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let retry_after = header(RETRY_AFTER).and_then(|value| retry_after::read(value, header(DATE), clock.now()));
        let reply = Reply::Status(response.status().as_u16());
        within(&clock, ANSWER_TIME, discard(response)).await;
        Sent { reply, retry_after }
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::invalid("invalid_url", message)
}

/// Neither a client nor a body nor a signature can fail to be made, save for a bug.
fn not_made(error: &dyn Display) -> SendFailure {
    tracing::error!(%error, fault = "internal", "a webhook could not be made");
    SendFailure::ConnectionFailed
}

/// Reads an answer's body up to its bound.
async fn discard(mut response: Response) {
    let mut read = 0;
    while let Ok(Some(chunk)) = response.chunk().await {
        read += chunk.len();
        if read > ANSWER_MOST {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
