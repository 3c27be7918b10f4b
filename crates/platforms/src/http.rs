//! The one HTTP client to the platforms: embedded roots, no redirects, no retries, no proxies from the environment, bounded
//! time and bounded answers.

use std::time::Duration;

use counterfoil_core::Error;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, StatusCode};

/// Bounds of a request.
#[derive(Debug, Clone, Copy)]
pub struct HttpSettings {
    /// How long a request may take, from the connection to the last byte.
    pub timeout: Duration,
}

/// The most that is read of an answer, in bytes. A token answer has some 5 KB, company details a little more.
const ANSWER_MOST: usize = 256 * 1024;

/// Makes the client.
///
/// Nothing is pooled: each token request has a connection of its own, so that none dies of another's leftovers.
#[expect(clippy::disallowed_methods, reason = "the one place that makes an HTTP client")]
pub(crate) fn client(settings: HttpSettings) -> Result<Client, Error> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = rustls::ClientConfig::builder_with_provider(rustls::crypto::aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Internal(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .pool_max_idle_per_host(0)
        .connect_timeout(settings.timeout.min(Duration::from_secs(4)))
        .timeout(settings.timeout)
        .user_agent(concat!("counterfoil/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| Error::Internal(format!("the HTTP client could not be made: {error}")))
}

/// An answer, read whole within its bound.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) retry_after: Option<Duration>,
    /// The platform's own name for the request, for its support (Intuit: `intuit_tid`).
    pub(crate) trace: String,
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// The request was never sent: no address, no connection, no TLS.
    NotSent,
    /// It may have been sent and even acted on.
    Lost,
    /// It came, but larger than is read.
    TooLarge(StatusCode),
}

/// Sends a request and reads its answer.
pub(crate) async fn send(request: RequestBuilder, trace_header: &str) -> Result<Answer, NoAnswer> {
    let mut response =
        request.send().await.map_err(|error| if error.is_connect() { NoAnswer::NotSent } else { NoAnswer::Lost })?;
    let status = response.status();
    let retry_after = header(&response, "retry-after").and_then(|value| value.parse().ok()).map(Duration::from_secs);
    let trace = header(&response, trace_header).unwrap_or_default();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| NoAnswer::Lost)? {
        if body.len() + chunk.len() > ANSWER_MOST {
            return Err(NoAnswer::TooLarge(status));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, retry_after, trace, body })
}

/// A header as text of sane length: it goes into logs.
fn header(response: &reqwest::Response, name: &str) -> Option<String> {
    let value = response.headers().get(name)?.to_str().ok()?;
    (value.len() <= 100).then(|| value.to_owned())
}
