//! Unusual events that callers of the gateway can cause: none stops a function or puts a secret into the log.

use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::LARKSPUR;
use crate::event::Sample;

fn with(sample: &Sample, fields: &Value) -> Value {
    let mut event = sample.to_json();
    for (name, value) in fields.as_object().expect("fields") {
        event[name] = value.clone();
    }
    event
}

#[tokio::test]
async fn an_invalid_query_host_or_header_is_answered() {
    let deployment = crate::deployment().await;
    let health = deployment.function("health").await;
    let ours = Sample::of("health").to_json()["headers"].clone();
    for query in ["a b", "a=\"", "<>", "a\u{0}b", "ü", "#", "%", "\\"] {
        health.answer(&with(&Sample::of("health"), &json!({ "rawQueryString": query }))).await.json(200);
    }
    for (name, value) in [
        ("host", "a b"),
        ("host", "["),
        ("host", ""),
        ("x-forwarded-proto", "1 http"),
        ("x-forwarded-proto", ""),
        ("x-odd", "\u{1}"),
    ] {
        let mut headers = ours.clone();
        headers[name] = value.into();
        health.answer(&with(&Sample::of("health"), &json!({ "headers": headers }))).await.json(200);
    }
}

#[tokio::test]
async fn a_company_key_is_decoded_once() {
    let deployment = crate::deployment().await;
    let start = deployment.function("start").await;
    for key in ["beach-blend\u{0}", "beach-blend?x", "beach-blend/x", "beach%2Dblend", "beach-blend#", ".."] {
        let raw = format!("/oauth/start/{key}");
        let event = json!({ "rawPath": raw, "pathParameters": { "company_key": key } });
        let sample = Sample::of("start").header("accept", "application/json");
        let answer = start.answer(&with(&sample, &event)).await;
        assert!(matches!(answer.status, 400 | 404), "{key:?}: {answer:?}");
    }
    start.answer(&Sample::of("start").to_json()).await.location(302);
}

#[tokio::test]
async fn o6_the_cookies_of_other_apps_do_not_hide_ours() {
    let deployment = crate::deployment().await;
    let (start, callback) = (deployment.function("start").await, deployment.function("callback").await);
    for other in ["city=Zürich", "odd=\u{7f}", "tab=\u{1}"] {
        let started = start.answer(&Sample::of("start").to_json()).await;
        let query = deployment.intuit.consent(started.location(302), Some(LARKSPUR)).await;
        let cookies: Vec<_> = std::iter::once(other.to_owned()).chain(started.cookies.clone()).collect();
        let event = Sample::of("callback").query(&query).cookies(&cookies).header("accept", "application/json");
        callback.answer(&event.to_json()).await.json(200);
    }
}

#[tokio::test]
async fn no_log_level_shows_a_key_or_a_token() {
    let deployment = crate::deployment().await;
    deployment.connect(LARKSPUR).await;
    let key = deployment.key(Duration::ZERO).await;
    let mut variables = deployment.environment("token");
    variables.insert("RUST_LOG".to_owned(), "trace".to_owned());
    let function = deployment.function_in("token", variables).await;
    let event = Sample::of("token").header("x-api-key", &key).to_json();
    let token = function.answer(&event).await.json(200)["access_token"].as_str().expect("a token").to_owned();
    let unknown = key.replace("_default_", "_nobody_");
    function.answer(&Sample::of("token").header("x-api-key", &unknown).to_json()).await.json(401);
    let logs = function.lambda.logs();
    assert!(logs.contains("request refused"), "ours are there: {logs}");
    for (what, secret) in [("the key", &key), ("the unknown key", &unknown), ("the token", &token)] {
        assert!(!logs.contains(secret.as_str()), "{what} is in the log");
    }
}
