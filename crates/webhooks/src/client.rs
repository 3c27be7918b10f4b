//! The HTTP client for endpoints: embedded root certificates, no redirects, no proxies from the environment, and the resolver of permitted
//! addresses.

use std::sync::OnceLock;
use std::time::Duration;

use counterfoil_core::Error;
use reqwest::Client;
use reqwest::redirect::Policy;

use crate::resolver::Resolver;

/// The longest time to connect. The addresses of a name share it.
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// The largest number of idle connections to a host.
const IDLE_MOST: usize = 8;
/// The largest number of headers of an answer. It is high, so that an answer's headers do not cost its status.
const HEADERS_MOST: usize = 1_000;

/// A client that is created at its first use.
pub(crate) struct LazyClient {
    resolver: Resolver,
    made: OnceLock<Client>,
}

impl LazyClient {
    pub(crate) const fn new(resolver: Resolver) -> Self {
        Self { resolver, made: OnceLock::new() }
    }

    pub(crate) fn get(&self) -> Result<Client, Error> {
        if let Some(client) = self.made.get() {
            return Ok(client.clone());
        }
        let made = client(self.resolver.clone())?;
        Ok(self.made.get_or_init(|| made).clone())
    }
}

/// The client has no time-out for whole requests: the sender has one that is right for frozen processes too.
#[expect(clippy::disallowed_methods, reason = "the one client that posts to addresses that users set")]
fn client(resolver: Resolver) -> Result<Client, Error> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = rustls::ClientConfig::builder_with_provider(rustls::crypto::aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Internal(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .dns_resolver(resolver)
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .pool_max_idle_per_host(IDLE_MOST)
        .http1_max_headers(HEADERS_MOST)
        .http1_ignore_invalid_headers_in_responses(true)
        .connect_timeout(CONNECT_TIME)
        .user_agent(concat!("Counterfoil-Webhooks/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| Error::Internal(format!("the HTTP client for webhooks could not be made: {error}")))
}
