//! Canaries: every secret passes through every path, and every output is searched for it (T-1, T-2, S-3).

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::callback::encoded;
use crate::harness::{Answer, Browser, Installation, Logs, RETURN_URL, Row, ScriptedServer, get, parameter, post};

const CODE: &str = "canary-code-5b1f";
const ACCESS: [&str; 3] = ["canary-access-one-91aa", "canary-access-two-02cd", "canary-access-three-77ef"];
const REFRESH: [&str; 3] = ["canary-refresh-one-3c4d", "canary-refresh-two-8e8e", "canary-refresh-three-66b0"];
const CLIENT_SECRET: &str = "canary-client-secret-e1e1";
const RING: &str = "canary-ring-0123456789-0123456789-0123456789-0123";

/// The secrets, and the answers that must not contain them.
struct Hunt {
    secrets: BTreeMap<String, &'static str>,
    answers: Vec<Answer>,
}

impl Hunt {
    fn new(place: &Installation) -> Self {
        let mut hunt = Self { secrets: BTreeMap::new(), answers: Vec::new() };
        hunt.keep(CODE, "a code");
        hunt.keep(CLIENT_SECRET, "a client secret");
        hunt.keep(RING, "a key of the keyring");
        hunt.keep(&place.key[place.key.len() - 43..], "an API key");
        for token in ACCESS.iter().chain(&REFRESH) {
            hunt.keep(token, "a token");
        }
        hunt
    }

    fn keep(&mut self, secret: &str, what: &'static str) {
        self.secrets.insert(secret.to_owned(), what);
    }

    /// The first secret in a text, in the clear or encoded as base64 or with percent signs.
    fn find(&self, text: &str) -> Option<&'static str> {
        let is_there = |secret: &str| {
            let forms = [secret.to_owned(), STANDARD.encode(secret), URL_SAFE_NO_PAD.encode(secret), encoded(secret)];
            forms.iter().any(|form| text.contains(form.trim_end_matches('=')))
        };
        self.secrets.iter().find_map(|(secret, what)| is_there(secret).then_some(*what))
    }

    fn search(&self, sink: &str, text: &str) {
        assert_eq!(self.find(text), None, "in {sink}: {text}");
    }
}

/// An anonymous consent. Remembers its state and cookie, and returns the answer of the callback.
async fn consent(hunt: &mut Hunt, browser: &mut Browser<'_>, start: &str, callback: &str) -> Answer {
    let page = browser.start(start).await;
    let state = parameter(&page, "state").expect("a state");
    hunt.keep(state.rsplit(':').next().expect("its random part"), "a state");
    let cookie = browser.cookie.clone().expect("a cookie");
    assert_eq!(hunt.find(&page), Some("a state"), "the hunt finds what is there");
    hunt.keep(cookie.split_once('=').expect("a value").1, "a browser id");
    browser.get(format!("/oauth/callback?state={}&{callback}", encoded(&state))).await
}

fn grant(number: usize) -> Value {
    json!({ "access_token": ACCESS[number], "refresh_token": REFRESH[number], "expires_in": 3600 })
}

#[tokio::test]
async fn t1_no_secret_is_in_a_log_an_error_a_redirect_or_unsealed_in_the_table() {
    let logs = Logs::capture();
    let platform = ScriptedServer::start().await;
    let [token, api] = platform.variables();
    let keyring = format!(r#"{{"primary":"{RING}"}}"#);
    let variables = [("QUICKBOOKS_CLIENT_SECRET", CLIENT_SECRET), ("KEYRING", &keyring), (token.0, &token.1), (api.0, &api.1)];
    let place = Installation::start_with(&variables).await;
    let mut hunt = Hunt::new(&place);

    flows(&place, &platform, &mut hunt).await;
    reads(&place, &platform, &mut hunt).await;
    refusals(&place, &mut hunt).await;

    let logged = logs.text();
    assert!(logged.lines().count() > 30, "the logs were captured: {logged}");
    hunt.search("a log", &logged);
    for answer in &hunt.answers {
        hunt.search("an answer", &answer.body);
        for (name, value) in &answer.headers {
            if name != "set-cookie" {
                hunt.search(name.as_str(), value.to_str().expect("text"));
            }
        }
    }
    for row in place.rows.all().await {
        hunt.search("the table", &in_clear(&row));
    }
}

/// Successful and failed consents, with a browser and with a command line.
async fn flows(place: &Installation, platform: &ScriptedServer, hunt: &mut Hunt) {
    let good = format!("code={CODE}&realmId=1");
    platform.answer(200, grant(0));
    let mut browser = Browser::at(&place.server);
    let redirected = consent(hunt, &mut browser, "/oauth/start/beach-blend", &good).await;
    let result = browser.get(redirected.location()).await;
    assert_eq!(result.status, 200);
    platform.answer(200, grant(0));
    let mut curl = Browser::curl(&place.server);
    let connected = consent(hunt, &mut curl, "/oauth/start/beach-blend", &good).await;
    assert_eq!(connected.status, 200);
    hunt.answers.extend([redirected, result, connected]);

    let with_return = format!("/oauth/start/b?return_url={}", encoded(RETURN_URL));
    for (start, bad) in [
        (with_return.as_str(), format!("{good}&error=x")),
        ("/oauth/start/b", format!("{good}&code={CODE}")),
        ("/oauth/start/b", "error=access_denied".to_owned()),
    ] {
        for mut someone in [Browser::at(&place.server), Browser::curl(&place.server)] {
            let answer = consent(hunt, &mut someone, start, &bad).await;
            hunt.answers.push(answer);
        }
    }
    for refusal in [json!({ "error": "invalid_grant", "error_description": CODE }), json!({ "error": CLIENT_SECRET })] {
        platform.answer(400, refusal);
        let answer = consent(hunt, &mut curl, "/oauth/start/b", &good).await;
        hunt.answers.push(answer);
    }
    let page = curl.start("/oauth/start/b").await;
    let stolen = format!("/oauth/callback?{good}&state={}", encoded(&parameter(&page, "state").expect("a state")));
    hunt.keep(&parameter(&page, "state").expect("a state")[2..], "a state");
    hunt.answers.push(get(&stolen).to(&place.server).await);
    hunt.answers.push(Browser::at(&place.server).get(&stolen).await);
}

/// Reads and refreshes of tokens. Only these answers may contain an access token, and no other secret.
async fn reads(place: &Installation, platform: &ScriptedServer, hunt: &mut Hunt) {
    assert_eq!(place.token("beach-blend").await.text("access_token"), ACCESS[0]);
    platform.answer(200, grant(1));
    let refreshed = place.refresh("beach-blend").await;
    assert!(!refreshed.body.contains("refresh-"), "T-3: {}", refreshed.body);
    place.pass(3_500).await;
    platform.answer(500, json!({ "echo": REFRESH[1] }));
    platform.answer(200, grant(2));
    assert_eq!(place.token("beach-blend").await.text("access_token"), ACCESS[2]);
    for query in ["", "?limit=1", "/beach-blend/readiness", "/beach-blend/readiness?live=true"] {
        hunt.answers.push(get(format!("/api/connections{query}")).key(&place.key).to(&place.server).await);
    }
    hunt.answers.push(get(format!("/api/connections?api_key={}", place.key)).to(&place.server).await);
    place.pass(3_600).await;
    platform.answer(400, json!({ "error": "invalid_grant", "error_description": REFRESH[2] }));
    hunt.answers.push(place.token("beach-blend").await);
    hunt.answers.push(place.token("beach-blend").await);
    hunt.answers.push(place.connection("beach-blend").await);
}

/// Refused requests, and an installation that lacks something.
async fn refusals(place: &Installation, hunt: &mut Hunt) {
    let in_query = format!("/api/token/nobody?api_key={}&min_valid_seconds={}", place.key, ACCESS[0]);
    let broken = place.process(&[("KEYRING", r#"{"primary":"another-keyring-0123456789-0123456789-01234567"}"#)]);
    let bare = place.process(&[("TABLE_NAME", "elsewhere"), ("KEYRING", "canary-ring")]);
    for server in [&place.server, &broken, &bare] {
        for ask in [
            get(&in_query),
            get("/api/token/beach-blend").key(format!("{}x", place.key)),
            get("/api/token/beach-blend").key(&place.key).header("authorization", format!("Bearer {}", ACCESS[1])),
            post("/api/token/beach-blend/refresh").key(&place.key),
            get(format!("/oauth/start/b?return_url=https://x.example/{CODE}")).key(&place.key),
            get(format!("/oauth/callback?code={CODE}&state=b:{CODE}")),
            get("/ready"),
            get("/api/connections/beach-blend/readiness?live=true").key(&place.key),
        ] {
            hunt.answers.push(ask.to(server).await);
        }
    }
}

/// The readable parts of an item: texts and numbers, and sealed bytes that happen to be text.
fn in_clear(row: &Row) -> String {
    row.iter().map(|(name, value)| format!("{name}={}", text_of(value))).collect::<Vec<_>>().join(" ")
}

fn text_of(value: &AttributeValue) -> String {
    match value {
        AttributeValue::B(bytes) => String::from_utf8_lossy(bytes.as_ref()).into_owned(),
        AttributeValue::M(map) => map.values().map(text_of).collect::<Vec<_>>().join(" "),
        AttributeValue::L(list) => list.iter().map(text_of).collect::<Vec<_>>().join(" "),
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn t2_a_token_answer_is_logged_by_status_length_and_trace_alone() {
    let logs = Logs::capture();
    let place = Installation::start().await;
    place.connect("beach-blend", crate::harness::LARKSPUR).await;
    let lines = logs.text();
    let line = lines.lines().find(|line| line.contains("token answer")).expect("a line about it");
    let line: Value = serde_json::from_str(line).expect("logs are JSON");
    assert_eq!(line["status"], 200);
    assert!(line["bytes"].as_u64().is_some_and(|bytes| bytes > 500), "{line}");
    assert!(line["trace"].as_str().is_some_and(|trace| trace.starts_with("1-")), "{line}");
}

#[tokio::test]
async fn s3_every_line_that_a_request_logs_carries_its_id() {
    let place = Installation::start().await;
    let logs = Logs::capture();
    place.connect("beach-blend", crate::harness::LARKSPUR).await;
    let refreshed = place.refresh("beach-blend").await;
    let id = refreshed.header("x-request-id").expect("an id");
    let lines: Vec<Value> = logs.text().lines().map(|line| serde_json::from_str(line).expect("logs are JSON")).collect();
    let ours: Vec<_> =
        lines.iter().filter(|line| line["target"].as_str().is_some_and(|t| t.starts_with("counterfoil"))).collect();
    assert!(ours.len() >= 4, "{ours:?}");
    for line in &ours {
        assert!(line["span"]["id"].as_str().is_some_and(|id| id.starts_with("req_")), "{line}");
    }
    assert!(ours.iter().any(|line| line["message"] == "refresh" && line["span"]["id"] == id), "{ours:?}");
}
