//! A proxy at the `DynamoDB` wire, between a client and an endpoint: it counts what goes over it, and does to it what a
//! network and the real service do. Below the client's library, so its retries and its reading of errors are under test too.

mod capacity;
mod fault;
mod journal;
mod proxy;
mod rule;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub use self::fault::Fault;
pub use self::journal::Request;
pub use self::rule::Rule;

use self::proxy::Proxy;
use crate::loopback::Loopback;

/// The longest a test waits for a request to be held: a loaded machine starts and reads in less.
const HELD_WITHIN: Duration = Duration::from_secs(60);

/// The proxy. Dropping it closes all its connections.
#[derive(Debug)]
pub struct Wire {
    server: Loopback,
    proxy: Arc<Proxy>,
}

impl Wire {
    /// Starts a proxy before `upstream_endpoint`.
    ///
    /// # Panics
    ///
    /// When that is not of the form `http://host:port`.
    pub async fn before(upstream_endpoint: &str) -> Self {
        Self::of(Proxy::to(upstream_endpoint)).await
    }

    /// The same, and every request is made to ask what it consumes: [`Request::capacity`].
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

    /// What the client takes as its endpoint URL.
    pub fn endpoint(&self) -> &str {
        self.server.endpoint()
    }

    /// Adds a rule, behind those there are: the first that matches a request is applied to it, and no other.
    ///
    /// # Panics
    ///
    /// When the rule's operation can never fail with its fault.
    pub fn inject(&self, rule: Rule) {
        self.proxy.rules.add(rule);
    }

    /// All requests in the order they arrived, a client's retries included.
    pub fn requests(&self) -> Vec<Request> {
        self.proxy.journal.requests()
    }

    /// How many requests of each operation arrived.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for request in self.requests() {
            *counts.entry(request.operation).or_default() += 1;
        }
        counts
    }

    /// Waits until a request is held, by [`Fault::Hold`] or [`Fault::HoldAnswer`]; each call waits for another one.
    ///
    /// # Panics
    ///
    /// When none is within a minute.
    pub async fn held(&self) {
        let held = tokio::time::timeout(HELD_WITHIN, self.proxy.held.acquire()).await;
        held.expect("a request is held within a minute").expect("it is never closed").forget();
    }

    /// Lets one request of [`Fault::UntilReleased`] go on, now or when it comes.
    pub fn release(&self) {
        self.proxy.released.add_permits(1);
    }

    /// Forgets requests and rules; what is under way keeps its fault.
    pub fn reset(&self) {
        self.proxy.journal.clear();
        self.proxy.rules.clear();
    }
}
