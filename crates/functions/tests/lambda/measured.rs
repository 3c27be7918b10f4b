//! The metric lines of a process, read as `CloudWatch` reads them: the alarms count them.

use std::time::Duration;

use counterfoil_functions::metrics::NAMESPACE;
use counterfoil_testkit::http_event::HttpEvent;
use serde_json::{Value, json};

use crate::browser::LARKSPUR;
use crate::event::Sample;

/// The largest number of runs of the refresher to wait for.
const RUNS_MOST: u32 = 10;

/// The measurements of a metric in a log: each value, with the values of its first set of dimensions.
fn measured(logs: &str, metric: &str) -> Vec<(Value, Vec<Value>)> {
    let lines = logs.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let measurements = lines.flat_map(|line| {
        let directives = line["_aws"]["CloudWatchMetrics"].as_array().cloned().unwrap_or_default();
        directives.into_iter().map(move |directive| (line.clone(), directive))
    });
    measurements
        .filter(|(line, directive)| {
            let metrics = directive["Metrics"].as_array().expect("metrics");
            assert!(line["_aws"]["Timestamp"].is_u64(), "{line}");
            directive["Namespace"] == NAMESPACE && metrics.iter().any(|named| named["Name"] == metric)
        })
        .map(|(line, directive)| {
            let fields = directive["Dimensions"][0].as_array().expect("a set of fields");
            let values = fields.iter().map(|field| line[field.as_str().expect("a name")].clone()).collect();
            (line[metric].clone(), values)
        })
        .collect()
}

#[tokio::test]
async fn a_request_with_an_incomplete_configuration_is_counted_as_a_fault() {
    let deployment = crate::deployment().await;
    deployment.secrets.set("credentials", "{}");
    let start = deployment.function("start").await;
    let event = Sample::of("start").header("accept", "application/json").to_json();
    start.answer(&event).await.json(500);
    assert_eq!(measured(&start.lambda.logs(), "Faults"), [(json!(1), vec![json!("misconfigured")])]);
    start.answer(&HttpEvent::get("/oauth/start").to_json()).await.json(400);
    assert_eq!(measured(&start.lambda.logs(), "Faults").len(), 1, "a wrong request is no fault");
}

#[tokio::test]
async fn a_refresh_with_an_incomplete_configuration_is_counted_as_a_fault() {
    let deployment = crate::deployment().await;
    deployment.connect(LARKSPUR).await;
    deployment.expire().await;
    deployment.secrets.set("credentials", "{}");
    let refresher = deployment.function("refresher").await;
    // A run in which a secret was read too slowly counts none, and the connection stays due.
    let mut counted = Vec::new();
    for _ in 0..RUNS_MOST {
        refresher.lambda.invoke(&json!({ "shards": [] })).await.expect("a run");
        counted = measured(&refresher.lambda.logs(), "Faults");
        if !counted.is_empty() {
            break;
        }
    }
    assert_eq!(counted, [(json!(1), vec![json!("misconfigured")])]);
}

#[tokio::test]
async fn a_consent_is_counted_by_its_outcome() {
    let deployment = crate::deployment().await;
    let (start, callback) = (deployment.function("start").await, deployment.function("callback").await);
    for company in [Some(LARKSPUR), None] {
        let started = start.answer(&Sample::of("start").to_json()).await;
        let query = deployment.intuit.consent(started.location(302), company).await;
        let event = Sample::of("callback").query(&query).cookies(&started.cookies).header("accept", "application/json");
        callback.answer(&event.to_json()).await;
    }
    let ended = measured(&callback.lambda.logs(), "Consents");
    assert_eq!(ended, [(json!(1), vec![json!("connected")]), (json!(1), vec![json!("refused")])]);
}

#[tokio::test]
async fn r16_a_refresh_is_counted_by_its_outcome() {
    let deployment = crate::deployment().await;
    deployment.connect(LARKSPUR).await;
    deployment.expire().await;
    let token = deployment.function("token").await;
    let key = deployment.key(Duration::ZERO).await;
    token.answer(&Sample::of("token").header("x-api-key", &key).to_json()).await.json(200);
    assert_eq!(measured(&token.lambda.logs(), "Refreshes"), [(json!(1), vec![json!("refreshed")])]);
}
