//! Everything that an installation has put out, and the search of it. The answers whose purpose is to hand out a secret are listed here.

use aws_sdk_dynamodb::types::AttributeValue;

use super::recorder::Recorded;
use super::secrets::{Kind, Secrets};
use crate::harness::{Row, text};

/// What the successful answers of a route hand out. No other answer may contain a secret.
const HANDED_OUT: [(&str, &str, &[Kind]); 33] = [
    ("GET", "/api/token/{company_key}", &[Kind::AccessToken]),
    ("POST", "/api/token/{company_key}/refresh", &[Kind::AccessToken]),
    ("POST", "/v1/oauth/token", &[Kind::AccessToken, Kind::Handle]),
    ("POST", "/v1/api-keys", &[Kind::ApiKey]),
    ("POST", "/v1/api-keys/{id}/rotate", &[Kind::ApiKey]),
    ("POST", "/v1/connect-links", &[Kind::Link]),
    // The browser is sent to the platform with the state, and gets the cookie; a server gets an address that opens a start.
    ("GET", "/oauth/start", &[Kind::State, Kind::Cookie, Kind::Link]),
    ("GET", "/oauth/start/{company_key}", &[Kind::State, Kind::Cookie, Kind::Link]),
    ("GET", "/v1/oauth/authorize", &[Kind::State, Kind::Cookie, Kind::Link]),
    ("GET", "/oauth/continue/{token}", &[Kind::State, Kind::Cookie]),
    ("POST", "/oauth/continue/{token}", &[Kind::State, Kind::Cookie]),
    ("GET", "/connect/{token}", &[Kind::Cookie]),
    ("POST", "/connect/{token}", &[Kind::State, Kind::Cookie]),
    // The browser is sent to the partner's page with Counterfoil's own code.
    ("GET", "/oauth/callback", &[Kind::OwnCode]),
    ("GET", "/oauth/callback/{platform}", &[Kind::OwnCode]),
    ("GET", "/oauth/result/{id}/continue", &[Kind::OwnCode]),
    ("POST", "/oauth/result/{id}/choose", &[Kind::OwnCode]),
    // A partner reads the address that it has set.
    ("POST", "/v1/webhooks", &[Kind::SigningSecret, Kind::EndpointAddress]),
    ("POST", "/v1/webhooks/{id}/rotate-secret", &[Kind::SigningSecret, Kind::EndpointAddress]),
    ("GET", "/v1/webhooks", &[Kind::EndpointAddress]),
    ("GET", "/v1/webhooks/{id}", &[Kind::EndpointAddress]),
    ("PATCH", "/v1/webhooks/{id}", &[Kind::EndpointAddress]),
    ("GET", "/v1/events", &[Kind::EndpointAddress]),
    ("GET", "/v1/events/{id}", &[Kind::EndpointAddress]),
    ("POST", "/v1/auth-sessions", &[Kind::SetupSecret]),
    ("GET", "/v1/auth-sessions/{id}", &[Kind::SetupSecret]),
    // The page has the address of its own form.
    ("GET", "/qbd/{client_secret}", &[Kind::SetupSecret]),
    ("POST", "/qbd/{client_secret}", &[Kind::SetupSecret, Kind::WebConnectorPassword]),
    ("POST", "/qbd/{client_secret}/new-file", &[Kind::SetupSecret]),
    ("POST", "/qbwc", &[Kind::Ticket]),
    ("GET", "/v1/quickbooks-desktop/company", &[Kind::TaxNumber]),
    ("POST", "/v1/end-users/{id}/request/{slug}", &[Kind::TaxNumber]),
    ("POST", "/v1/end-users/{id}/passthrough/{slug}", &[Kind::TaxNumber]),
];

/// What an installation has put out.
#[derive(Clone, Default)]
pub(super) struct Evidence {
    /// The log lines at the level trace, and the metric lines.
    pub(super) logs: String,
    pub(super) answers: Vec<Recorded>,
    /// The requests to webhook endpoints, with their headers.
    pub(super) delivered: Vec<String>,
    /// The messages to queues.
    pub(super) messages: Vec<String>,
    /// The items of the table: also events, audit rows, and the answers of requests with an `Idempotency-Key`.
    pub(super) rows: Vec<Row>,
    /// The results of the workers, with their errors.
    pub(super) results: Vec<String>,
}

impl Evidence {
    /// Each place that has a secret that does not belong there.
    pub(super) fn leaks(&self, secrets: &Secrets) -> Vec<String> {
        let search = secrets.search();
        let look = |sink: &str, content: &[u8], allowed: &[Kind]| {
            let found = search.find(content).into_iter().filter(|(kind, _)| !allowed.contains(kind));
            let near = |place: usize| {
                String::from_utf8_lossy(&content[place.saturating_sub(160)..content.len().min(place + 80)]).into_owned()
            };
            found.map(|(kind, place)| format!("{kind:?} in {sink}: {}", near(place))).collect::<Vec<_>>()
        };
        let lines = self.logs.lines().flat_map(|line| look("a log line", line.as_bytes(), &[]));
        let answers = self.answers.iter().flat_map(|Recorded { route, status, text }| {
            let handed_out = HANDED_OUT.iter().find(|(method, path, _)| (*method, *path) == *route && *status < 400);
            look(&format!("an answer {status} of {route:?}"), text.as_bytes(), handed_out.map_or(&[], |(_, _, kinds)| *kinds))
        });
        // The endpoint's address is the target of the request, and in the events about it.
        let delivered = self.delivered.iter().flat_map(|request| look("a webhook", request.as_bytes(), &[Kind::EndpointAddress]));
        let messages = self.messages.iter().flat_map(|message| look("a message to a queue", message.as_bytes(), &[]));
        let rows = self.rows.iter().flat_map(|row| {
            let (pk, sk) = (text(row, "PK"), text(row, "SK"));
            let has_addresses = (pk.starts_with("WEBHOOKS#") && sk == "ENDPOINTS") || pk.starts_with("EVENTS#");
            let allowed: &[Kind] = if has_addresses { &[Kind::EndpointAddress] } else { &[] };
            look(&format!("the item {pk} {sk}"), &content(row), allowed)
        });
        let results = self.results.iter().flat_map(|result| look("the result of a worker", result.as_bytes(), &[]));
        lines.chain(answers).chain(delivered).chain(messages).chain(rows).chain(results).collect()
    }
}

/// The names and values of an item's attributes; of a sealed one its bytes.
fn content(row: &Row) -> Vec<u8> {
    row.iter().flat_map(|(name, value)| [name.as_bytes(), &bytes(value)].join(&b'\n')).collect()
}

fn bytes(value: &AttributeValue) -> Vec<u8> {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.clone().into_bytes(),
        AttributeValue::B(bytes) => bytes.as_ref().to_vec(),
        AttributeValue::L(list) => list.iter().flat_map(bytes).collect(),
        AttributeValue::M(map) => map.iter().flat_map(|(name, value)| [name.as_bytes(), &bytes(value)].join(&b'\n')).collect(),
        AttributeValue::Ss(texts) | AttributeValue::Ns(texts) => texts.concat().into_bytes(),
        AttributeValue::Bs(all) => all.iter().flat_map(|bytes| bytes.as_ref().to_vec()).collect(),
        AttributeValue::Bool(_) | AttributeValue::Null(_) => Vec::new(),
        other => panic!("a type that no item has: {other:?}"),
    }
}
