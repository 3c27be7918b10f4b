//! The metric lines of a process, read as `CloudWatch` reads them: the alarms count them.

use std::time::Duration;

use counterfoil_functions::metrics::NAMESPACE;
use counterfoil_testkit::http_event::HttpEvent;
use counterfoil_testkit::metric_line::measurements;
use serde_json::json;

use crate::browser::LARKSPUR;
use crate::event::Sample;

/// The largest number of runs of the refresher to wait for.
const RUNS_MOST: u32 = 10;

/// The values of a metric by one dimension in a log, each with the dimension's value.
fn measured(logs: &str, metric: &str, dimension: &str) -> Vec<(f64, String)> {
    let of = measurements(logs).into_iter().filter(|it| it.is_of(NAMESPACE, metric, &[dimension]));
    of.map(|it| (it.value, it.dimensions[dimension].clone())).collect()
}

/// Each value of the dimension, measured once.
fn once(values: &[&str]) -> Vec<(f64, String)> {
    values.iter().map(|value| (1.0, (*value).to_owned())).collect()
}

#[tokio::test]
async fn a_request_with_an_incomplete_configuration_is_counted_as_a_fault() {
    let deployment = crate::deployment().await;
    deployment.secrets.set("credentials", "{}");
    let start = deployment.function("start").await;
    let event = Sample::of("start").header("accept", "application/json").to_json();
    start.answer(&event).await.json(500);
    assert_eq!(measured(&start.lambda.logs(), "Faults", "fault"), once(&["misconfigured"]));
    start.answer(&HttpEvent::get("/oauth/start").to_json()).await.json(400);
    assert_eq!(measured(&start.lambda.logs(), "Faults", "fault").len(), 1, "a wrong request is no fault");
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
        counted = measured(&refresher.lambda.logs(), "Faults", "fault");
        if !counted.is_empty() {
            break;
        }
    }
    assert_eq!(counted, once(&["misconfigured"]));
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
    let ended = measured(&callback.lambda.logs(), "Consents", "outcome");
    assert_eq!(ended, once(&["connected", "refused"]));
}

#[tokio::test]
async fn r16_a_refresh_is_counted_by_its_outcome() {
    let deployment = crate::deployment().await;
    deployment.connect(LARKSPUR).await;
    deployment.expire().await;
    let token = deployment.function("token").await;
    let key = deployment.key(Duration::ZERO).await;
    token.answer(&Sample::of("token").header("x-api-key", &key).to_json()).await.json(200);
    assert_eq!(measured(&token.lambda.logs(), "Refreshes", "outcome"), once(&["refreshed"]));
}
