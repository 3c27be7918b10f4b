//! A proxy between a `DynamoDB` client and an endpoint, which also takes the messages to SQS. It counts requests and injects the faults
//! of networks and of the real service. It is below the client's library, so that tests cover its retries and its reading of errors too.

mod capacity;
mod fault;
mod journal;
mod proxy;
mod queue;
mod rule;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub use self::fault::Fault;
pub use self::journal::Request;
pub use self::queue::Message;
pub use self::rule::Rule;

use self::proxy::Proxy;
use crate::loopback::Loopback;

/// The longest time that a test waits until a request is held. Even a loaded machine needs less.
const HELD_WITHIN: Duration = Duration::from_secs(60);

/// The proxy. Dropping it closes all its connections.
#[derive(Debug)]
pub struct Wire {
    server: Loopback,
    proxy: Arc<Proxy>,
}

impl Wire {
    /// Starts a proxy for `upstream_endpoint`.
    ///
    /// # Panics
    ///
    /// If that does not have the form `http://host:port`.
    pub async fn before(upstream_endpoint: &str) -> Self {
        Self::of(Proxy::to(upstream_endpoint)).await
    }

    /// Starts a proxy that also makes every request ask for its consumed capacity: [`Request::capacity`].
    ///
    /// # Panics
    ///
    /// As [`Wire::before`].
    pub async fn metered_before(upstream_endpoint: &str) -> Self {
        let mut proxy = Proxy::to(upstream_endpoint);
        proxy.metered = true;
        Self::of(proxy).await
    }

    async fn of(proxy: Proxy) -> Self {
        let proxy = Arc::new(proxy);
        let serving = Arc::clone(&proxy);
        let server = Loopback::start(|listener, stop| serving.serve(listener, stop)).await;
        Self { server, proxy }
    }

    /// The endpoint URL for the client.
    pub fn endpoint(&self) -> &str {
        self.server.endpoint()
    }

    /// Adds a rule after the existing ones. Only the first rule that matches a request is applied.
    ///
    /// # Panics
    ///
    /// If the rule's operation can never fail with its fault.
    pub fn inject(&self, rule: Rule) {
        self.proxy.rules.add(rule);
    }

    /// All requests in the order in which they arrived, including a client's retries.
    pub fn requests(&self) -> Vec<Request> {
        self.proxy.journal.requests()
    }

    /// The number of requests of each operation.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for request in self.requests() {
            *counts.entry(request.operation).or_default() += 1;
        }
        counts
    }

    /// All messages that were sent to a queue, also those that a fault refused. They outlast [`Wire::reset`].
    pub fn messages(&self) -> Vec<Message> {
        self.proxy.queue.all()
    }

    /// Waits until a request is held, by [`Fault::Hold`] or [`Fault::HoldAnswer`]; each call waits for another one.
    ///
    /// # Panics
    ///
    /// If none is held within a minute.
    pub async fn held(&self) {
        let held = tokio::time::timeout(HELD_WITHIN, self.proxy.held.acquire()).await;
        held.expect("a request is held within a minute").expect("it is never closed").forget();
    }

    /// Lets one request with [`Fault::UntilReleased`] continue, now or when it arrives.
    pub fn release(&self) {
        self.proxy.released.add_permits(1);
    }

    /// Clears requests and rules. Requests under way keep their fault.
    pub fn reset(&self) {
        self.proxy.journal.clear();
        self.proxy.rules.clear();
    }
}
