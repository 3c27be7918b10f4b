//! Records the answers of a process, by their routes, and learns the secrets that they hand out.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use counterfoil_functions::routes::{Route, routes};
use serde_json::Value;

use super::mirror::Mirror;
use super::secrets::{Kind, Secrets};
use crate::desktop::password_in;
use crate::harness::{BASE_URL, parameter};

/// The largest body of an answer.
const BODY_MOST: usize = 16 << 20;
/// The length of the secret part of an API key.
const KEY_SECRET: usize = 43;

/// An answer, with the method and the path of its route; both are empty if no route matched.
#[derive(Debug, Clone)]
pub(super) struct Recorded {
    pub(super) route: (&'static str, &'static str),
    pub(super) status: u16,
    pub(super) text: String,
}

/// The answers of a process.
pub(super) type Record = Arc<Mutex<Vec<Recorded>>>;

/// The process, whose answers are recorded.
pub(super) fn recorded(server: Router, record: &Record, mirror: &Arc<Mirror>) -> Router {
    let (record, mirror) = (Arc::clone(record), Arc::clone(mirror));
    server.layer(from_fn(move |request: Request, next: Next| {
        let (record, mirror) = (Arc::clone(&record), Arc::clone(&mirror));
        async move {
            let (method, uri) = (request.method().to_string(), request.uri().to_string());
            let (head, body) = next.run(request).await.into_parts();
            let body = to_bytes(body, BODY_MOST).await.expect("a whole body");
            learn(&mut mirror.passed().secrets, &uri, &head.headers, &body);
            let path = uri.split('?').next().unwrap_or_default();
            let text = format!("{:?} {}", head.headers, String::from_utf8_lossy(&body));
            let answer = Recorded { route: route_of(&method, path), status: head.status.as_u16(), text };
            record.lock().expect("no holder panics").push(answer);
            Response::from_parts(head, Body::from(body))
        }
    }))
}

/// The route of a request. Of several that fit, the one with the fewest parameters.
fn route_of(method: &str, path: &str) -> (&'static str, &'static str) {
    let fits = |route: &Route| {
        let (known, asked): (Vec<_>, Vec<_>) = (route.path.split('/').collect(), path.split('/').collect());
        let same = |(known, asked): (&&str, &&str)| known.starts_with('{') || known == asked;
        route.method == method && known.len() == asked.len() && known.iter().zip(&asked).all(same)
    };
    let fitting = routes().into_iter().filter(fits).min_by_key(|route| route.path.matches('{').count());
    fitting.map_or(("", ""), |route| (route.method, route.path))
}

fn learn(secrets: &mut Secrets, uri: &str, headers: &HeaderMap, body: &[u8]) {
    if uri.starts_with("/oauth/callback") {
        secrets.keep(&parameter(uri, "code").unwrap_or_default(), Kind::Code);
    }
    for cookie in headers.get_all(header::SET_COOKIE) {
        let value = cookie.to_str().ok().and_then(|cookie| cookie.split(';').next()?.split_once('='));
        secrets.keep(value.unwrap_or_default().1, Kind::Cookie);
    }
    if let Some(location) = headers.get(header::LOCATION).and_then(|location| location.to_str().ok()) {
        learn_of_address(secrets, location);
    }
    if let Ok(body) = std::str::from_utf8(body) {
        learn_of_web_connector(secrets, uri, body);
    }
    // The tokens in the OpenAPI document are examples.
    if !uri.starts_with("/openapi.json")
        && let Ok(body) = serde_json::from_slice(body)
    {
        learn_of_body(secrets, "", &body);
    }
}

fn learn_of_web_connector(secrets: &mut Secrets, uri: &str, body: &str) {
    let last = |text: &str| text.rsplit('_').next().unwrap_or_default().to_owned();
    if uri.starts_with("/qbd/") {
        secrets.keep(password_in(body).unwrap_or_default(), Kind::WebConnectorPassword);
    } else if uri == "/qbwc" {
        let ticket = body.split("<authenticateResult><string>").nth(1).and_then(|rest| rest.split('<').next());
        secrets.keep(&last(ticket.unwrap_or_default()), Kind::Ticket);
    }
}

fn learn_of_address(secrets: &mut Secrets, address: &str) {
    let last = || address.rsplit('/').next().unwrap_or_default();
    let own = address.strip_prefix(BASE_URL).unwrap_or_default();
    if own.starts_with("/oauth/continue/") || own.starts_with("/connect/") {
        secrets.keep(last(), Kind::Link);
    } else if parameter(address, "client_id").is_some() {
        let state = parameter(address, "state").unwrap_or_default();
        secrets.keep(state.rsplit(':').next().unwrap_or_default(), Kind::State);
    } else {
        secrets.keep(&parameter(address, "code").unwrap_or_default(), Kind::OwnCode);
    }
}

fn learn_of_body(secrets: &mut Secrets, name: &str, value: &Value) {
    match (name, value) {
        ("access_token" | "accessToken", Value::String(token)) => secrets.keep(token, Kind::AccessToken),
        ("refreshToken", Value::String(handle)) => secrets.keep(handle, Kind::Handle),
        ("key", Value::String(key)) if key.len() > KEY_SECRET => secrets.keep(&key[key.len() - KEY_SECRET..], Kind::ApiKey),
        ("secret", Value::String(secret)) => secrets.keep(secret.trim_start_matches("whsec_"), Kind::SigningSecret),
        ("clientSecret", Value::String(secret)) => secrets.keep(secret.rsplit('_').next().unwrap_or_default(), Kind::SetupSecret),
        ("url", Value::String(address)) => learn_of_address(secrets, address),
        (_, Value::Object(object)) => object.iter().for_each(|(name, value)| learn_of_body(secrets, name, value)),
        (_, Value::Array(list)) => list.iter().for_each(|value| learn_of_body(secrets, name, value)),
        _ => {}
    }
}
