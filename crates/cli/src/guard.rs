//! Protects every port of this machine. A port on the loopback interface is open to every user of the machine and to every page in a
//! browser on it. A page may send requests to any address, and a page whose own name resolves to 127.0.0.1 (DNS rebinding) may also read
//! the answers.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use counterfoil_core::model::secret::{Secret, hex};
use counterfoil_core::port::entropy::{Entropy as _, SystemEntropy};
use url::Url;

/// The allowed values of a request's `Host`.
pub(crate) struct Names(Vec<String>);

impl Names {
    /// This machine's own names for a port.
    pub(crate) fn of_port(port: u16) -> Self {
        let loopback = ["localhost", "127.0.0.1", "[::1]"];
        let with_port = loopback.map(|name| format!("{name}:{port}"));
        // A browser leaves out port 80.
        let bare = loopback.into_iter().filter(|_| port == 80).map(str::to_owned);
        Self(with_port.into_iter().chain(bare).collect())
    }

    /// Adds the name of the public base URL.
    pub(crate) fn and_of(mut self, base_url: Option<&str>) -> Self {
        let url = base_url.and_then(|url| Url::parse(url).ok());
        self.0.extend(url.and_then(|url| match url.port() {
            Some(port) => Some(format!("{}:{port}", url.host_str()?)),
            None => url.host_str().map(str::to_owned),
        }));
        self
    }

    /// Refuses requests whose `Host` is not one of the names. A page on another site sends its own site's name, whatever address that
    /// resolves to.
    pub(crate) fn before(self, router: Router) -> Router {
        let names = Arc::new(self);
        router.layer(from_fn(move |request: Request, next: Next| {
            let names = Arc::clone(&names);
            async move {
                if names.is_called_by(&request) {
                    next.run(request).await
                } else {
                    refusal(StatusCode::MISDIRECTED_REQUEST, "The Host of this request is not a name of this port.")
                }
            }
        }))
    }

    fn is_called_by(&self, request: &Request) -> bool {
        let knows = |name: &str| self.0.iter().any(|known| known.eq_ignore_ascii_case(name));
        let mut hosts = request.headers().get_all(HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
        host.to_str().is_ok_and(knows) && request.uri().authority().is_none_or(|authority| knows(authority.as_str()))
    }
}

/// The key for the table and for the stand-ins' control API. Each run makes one and stores it only in `dev.json`, which only its owner
/// may read, so that no other user of this machine and no page has it.
#[derive(Clone)]
pub(crate) struct AccessKey(Secret);

impl AccessKey {
    /// A new key of 128 bits.
    pub(crate) fn random() -> Self {
        let mut random = [0; 16];
        SystemEntropy.fill(&mut random);
        Self(Secret::new(hex(&random)))
    }

    /// The key as a client sends it.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Requires the key for the routes for which `is_private` holds. The other routes stay open.
    pub(crate) fn before(&self, router: Router, is_private: fn(&str) -> bool) -> Router {
        let key = self.clone();
        router.layer(from_fn(move |request: Request, next: Next| {
            let key = key.clone();
            async move {
                if !is_private(request.uri().path()) || (!is_of_a_page(request.headers()) && key.is_shown(request.headers())) {
                    next.run(request).await
                } else {
                    refusal(
                        StatusCode::FORBIDDEN,
                        "This request needs the dynamodb_access_key of dev.json, and no page may make it.",
                    )
                }
            }
        }))
    }

    /// Whether the request has the key, as the id in an AWS signature (version 4) or as a bearer token. The signature itself is not checked:
    /// it protects a secret on a network where others listen, and on this machine the id itself is the secret.
    fn is_shown(&self, headers: &HeaderMap) -> bool {
        let shown = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|text| {
            let (scheme, rest) = text.split_once(' ')?;
            match scheme {
                "AWS4-HMAC-SHA256" => {
                    let credential = rest.split(',').find_map(|part| part.trim().strip_prefix("Credential="))?;
                    credential.split('/').next()
                }
                _ => scheme.eq_ignore_ascii_case("bearer").then(|| rest.trim()),
            }
        });
        shown.is_some_and(|shown| Secret::new(shown).fingerprint().matches(&self.0.fingerprint()))
    }
}

/// Whether a page in a browser sent the request. A browser names the kind of page (Fetch), or `none` for an address that a person typed.
fn is_of_a_page(headers: &HeaderMap) -> bool {
    headers.contains_key(ORIGIN) || headers.get_all("sec-fetch-site").iter().any(|site| site != "none")
}

/// An error in `DynamoDB`'s form, so that an AWS client shows the message.
fn refusal(status: StatusCode, message: &str) -> Response {
    let body = serde_json::json!({ "__type": "com.amazon.coral.service#UnrecognizedClientException", "message": message });
    (status, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
