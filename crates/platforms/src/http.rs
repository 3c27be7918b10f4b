//! The one HTTP client to the platforms: embedded roots, no redirects, no retries, no proxies from the environment, bounded
//! time and bounded answers.

use std::sync::OnceLock;
use std::time::Duration;

use counterfoil_core::Error;
use counterfoil_core::port::clock::{Clock as _, SystemClock, within};
use counterfoil_core::service::vault::skew::Skew;
use jiff::Timestamp;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, StatusCode};

use crate::retry_after::read_date;
use crate::text::unpacked;

/// Bounds of a request.
#[derive(Debug, Clone, Copy)]
pub struct HttpSettings {
    /// How long a request may take, from the connection to the last byte; whoever sends a token request says how long for that.
    pub timeout: Duration,
}

/// The most that is read of a token answer, in bytes, packed and unpacked. One has some 5 KB; 64 may be in hand at once.
const TOKEN_ANSWER_MOST: usize = 1024 * 1024;
/// The most that is read of any other answer. A thousand organisations have 400 KB.
const ANSWER_MOST: usize = 4 * 1024 * 1024;
/// The most that is read of a page of records. A thousand of the largest seen have 5 MB.
const PAGE_MOST: usize = 16 * 1024 * 1024;
/// How many headers an answer may have: what a header says or how many there are must not cost the body.
const HEADERS_MOST: usize = 1_000;

/// A client that is made when first needed.
pub(crate) struct LazyClient {
    settings: HttpSettings,
    idle_most: usize,
    made: OnceLock<Client>,
}

impl LazyClient {
    /// One that keeps that many idle connections to a host.
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

/// Makes a client.
///
/// It keeps that many idle connections to a host. For token requests none: each has a connection of its own, so that none dies of
/// another's leftovers. It has no time-out for whole requests: [`send`] has one that a frozen process does not fall for.
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

/// An answer, read within its bound and as far as it came.
pub(crate) struct HttpAnswer {
    pub(crate) status: StatusCode,
    /// `Retry-After` as it is written.
    pub(crate) retry_after: Option<String>,
    /// When the platform says that it is.
    pub(crate) date: Option<String>,
    /// The platform's own name for the request, for its support (Intuit: `intuit_tid`).
    pub(crate) trace: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Whether the body ends where the platform ended it: not at its bound, nor where the connection broke or the time was over.
    pub(crate) is_whole: bool,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// The request was never sent: no address, no connection, no TLS.
    NotSent,
    /// It may have been sent and even acted on.
    Lost,
}

/// Sends a token request and reads its answer for that long at most, or what comes of it by then.
pub(crate) async fn send(request: RequestBuilder, trace_header: &str, time: Duration) -> Result<HttpAnswer, NoAnswer> {
    send_within(request, trace_header, time, TOKEN_ANSWER_MOST).await
}

/// Sends any other request, whose answer is worth nothing unless it is whole.
pub(crate) async fn send_whole(request: RequestBuilder, trace_header: &str, time: Duration) -> Result<HttpAnswer, NoAnswer> {
    let answer = send_within(request, trace_header, time, ANSWER_MOST).await?;
    if answer.is_whole { Ok(answer) } else { Err(NoAnswer::Lost) }
}

/// The same for a page of records.
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
    let mut body = Vec::new();
    let left = time.saturating_sub(clock.elapsed());
    let is_whole = within(&clock, left, read(response, &mut body, most)).await.unwrap_or(false);
    let body = unpacked(body, says_deflate, most);
    Ok(HttpAnswer { status, retry_after, date, trace, headers, body, is_whole })
}

/// What platforms' answers tell of this machine's clock. It is only told: a platform's clock stops no refresh.
static PLATFORMS: Skew = Skew::unknown();

fn watch(skew: &Skew, asked: Timestamp, answered: Timestamp, date: Option<&str>) -> Option<i64> {
    let milliseconds = skew.observe(asked, answered, read_date(date?)?)?;
    tracing::warn!(milliseconds, "this machine's clock is ahead of a platform's, or behind it where negative");
    Some(milliseconds)
}

/// Reads that many bytes of a body at most; whether that is all of it.
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

/// A header as text of sane length: it goes into logs.
fn header(response: &reqwest::Response, name: &str) -> Option<String> {
    let value = response.headers().get(name)?.to_str().ok()?;
    (value.len() <= 100).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platforms_date_is_held_against_our_clock() {
        let skew = Skew::unknown();
        let now = Timestamp::constant(1_789_557_180, 0);
        let answer = |date| watch(&skew, now, now, date);
        assert_eq!([answer(None), answer(Some("soon")), answer(Some("Wed, 16 Sep 2026 11:13:00 GMT"))], [None; 3]);
        let behind = Some("Wed, 16 Sep 2026 11:13:40 GMT");
        assert_eq!([answer(behind), answer(behind), answer(behind)], [None, Some(-40_000), None]);
    }
}
