//! The HTTP client for the platforms: embedded root certificates, no redirects, no retries, no proxies from the environment, and bounds on
//! time and size.

use std::sync::OnceLock;
use std::time::Duration;

use counterfoil_core::Error;
use counterfoil_core::model::retry_after::read_date;
use counterfoil_core::port::clock::{Clock as _, SystemClock, within};
use counterfoil_core::service::vault::skew::Skew;
use jiff::Timestamp;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, StatusCode};

use crate::text::unpacked;

/// Bounds of a request.
#[derive(Debug, Clone, Copy)]
pub struct HttpSettings {
    /// Time-out of a request, from the connection to the last byte. The sender of a token request names its own time.
    pub timeout: Duration,
}

/// The largest part of a token answer that is read, in bytes, packed and unpacked. Usual answers have 5 KB; 64 may be read at once.
const TOKEN_ANSWER_MOST: usize = 1024 * 1024;
/// The largest part of any other answer that is read, in bytes. A thousand organisations have 400 KB.
const ANSWER_MOST: usize = 4 * 1024 * 1024;
/// The largest part of a page of records that is read, in bytes. A thousand of the largest known records have 5 MB.
const PAGE_MOST: usize = 16 * 1024 * 1024;
/// The largest number of headers of an answer. It is high, so that an answer's headers do not cost its body.
const HEADERS_MOST: usize = 1_000;

/// A client that is created at its first use.
pub(crate) struct LazyClient {
    settings: HttpSettings,
    idle_most: usize,
    made: OnceLock<Client>,
}

impl LazyClient {
    /// A client that keeps at most this number of idle connections to a host.
    pub(crate) const fn new(settings: HttpSettings, idle_most: usize) -> Self {
        Self { settings, idle_most, made: OnceLock::new() }
    }

    pub(crate) fn get(&self) -> Result<Client, Error> {
        if let Some(client) = self.made.get() {
            return Ok(client.clone());
        }
        let made = client(self.settings, self.idle_most)?;
        Ok(self.made.get_or_init(|| made).clone())
    }
}

/// Creates a client that keeps at most this number of idle connections to a host.
///
/// For token requests that is none: each has a new connection, so that none fails because of an earlier one. The client has no time-out for
/// whole requests: [`send`] has one that is right for frozen processes too.
#[expect(clippy::disallowed_methods, reason = "the one place that makes an HTTP client")]
fn client(settings: HttpSettings, idle_most: usize) -> Result<Client, Error> {
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
        .pool_max_idle_per_host(idle_most)
        .http1_max_headers(HEADERS_MOST)
        .http1_ignore_invalid_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .connect_timeout(settings.timeout.min(Duration::from_secs(4)))
        .user_agent(concat!("counterfoil/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| Error::Internal(format!("the HTTP client could not be made: {error}")))
}

/// An answer, read up to its bound or as far as it arrived.
pub(crate) struct HttpAnswer {
    pub(crate) status: StatusCode,
    /// The header `Retry-After`.
    pub(crate) retry_after: Option<String>,
    /// The header `Date`.
    pub(crate) date: Option<String>,
    /// The platform's id of the request, for its support (Intuit: `intuit_tid`).
    pub(crate) trace: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Whether the body is complete: it was not cut off at its bound, by the connection or by the time.
    pub(crate) is_whole: bool,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// The request was not sent: no address, no connection, no TLS.
    NotSent,
    /// The request may have been sent and processed.
    Lost,
}

/// Sends a token request and reads its answer for at most `time`. Returns the part that has arrived by then.
pub(crate) async fn send(request: RequestBuilder, trace_header: &str, time: Duration) -> Result<HttpAnswer, NoAnswer> {
    send_within(request, trace_header, time, TOKEN_ANSWER_MOST).await
}

/// Sends any other request. An incomplete answer is an error.
pub(crate) async fn send_whole(request: RequestBuilder, trace_header: &str, time: Duration) -> Result<HttpAnswer, NoAnswer> {
    let answer = send_within(request, trace_header, time, ANSWER_MOST).await?;
    if answer.is_whole { Ok(answer) } else { Err(NoAnswer::Lost) }
}

/// Sends a request for a page of records. An incomplete answer is an error.
pub(crate) async fn send_page(request: RequestBuilder, trace_header: &str, time: Duration) -> Result<HttpAnswer, NoAnswer> {
    let answer = send_within(request, trace_header, time, PAGE_MOST).await?;
    if answer.is_whole { Ok(answer) } else { Err(NoAnswer::Lost) }
}

async fn send_within(request: RequestBuilder, trace_header: &str, time: Duration, most: usize) -> Result<HttpAnswer, NoAnswer> {
    let clock = SystemClock::start();
    let asked = clock.now();
    let response = match within(&clock, time, request.send()).await {
        Some(Ok(response)) => response,
        Some(Err(error)) if error.is_connect() => return Err(NoAnswer::NotSent),
        Some(Err(_)) | None => return Err(NoAnswer::Lost),
    };
    let status = response.status();
    let named = |name| header(&response, name);
    let (retry_after, date, trace) = (named("retry-after"), named("date"), named(trace_header).unwrap_or_default());
    watch(&PLATFORMS, asked, clock.now(), date.as_deref());
    let says_deflate = named("content-encoding").is_some_and(|encoding| encoding.eq_ignore_ascii_case("deflate"));
    let headers = response.headers().clone();
    let mut body = Vec::with_capacity(length(&response, most));
    let left = time.saturating_sub(clock.elapsed());
    let is_whole = within(&clock, left, read(response, &mut body, most)).await.unwrap_or(false);
    let body = unpacked(body, says_deflate, most);
    Ok(HttpAnswer { status, retry_after, date, trace, headers, body, is_whole })
}

/// The difference between this machine's clock and the platforms'. It is only logged, and stops no refresh.
static PLATFORMS: Skew = Skew::unknown();

fn watch(skew: &Skew, asked: Timestamp, answered: Timestamp, date: Option<&str>) -> Option<i64> {
    let milliseconds = skew.observe(asked, answered, read_date(date?)?)?;
    tracing::warn!(milliseconds, "this machine's clock is ahead of a platform's, or behind it where negative");
    Some(milliseconds)
}

/// The length of a body as its header names it, up to `most`; 0 if no header does. A `Vec` that grew to it would double and be copied.
fn length(response: &reqwest::Response, most: usize) -> usize {
    response.content_length().map_or(0, |length| usize::try_from(length).unwrap_or(most).min(most))
}

/// Reads at most `most` bytes of a body. Returns whether that is the whole body.
async fn read(mut response: reqwest::Response, body: &mut Vec<u8>, most: usize) -> bool {
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                let fits = chunk.len().min(most - body.len());
                body.extend_from_slice(&chunk[..fits]);
                if fits < chunk.len() {
                    return false;
                }
            }
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

/// A header of bounded length, for logs.
fn header(response: &reqwest::Response, name: &str) -> Option<String> {
    let value = response.headers().get(name)?.to_str().ok()?;
    (value.len() <= 100).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platforms_date_is_compared_with_our_clock() {
        let skew = Skew::unknown();
        let now = Timestamp::constant(1_789_557_180, 0);
        let answer = |date| watch(&skew, now, now, date);
        assert_eq!([answer(None), answer(Some("soon")), answer(Some("Wed, 16 Sep 2026 11:13:00 GMT"))], [None; 3]);
        let behind = Some("Wed, 16 Sep 2026 11:13:40 GMT");
        assert_eq!([answer(behind), answer(behind), answer(behind)], [None, Some(-40_000), None]);
    }
}
