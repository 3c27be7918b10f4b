//! Two hundred readers of one expired token, over eight processes, with a slow platform: one of them sends a request, and all get its
//! result.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use counterfoil_functions::router;
use counterfoil_functions::wiring::{World, assemble};
use counterfoil_store::aws::local_config;
use futures_util::future::join_all;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use crate::browser::LARKSPUR;
use crate::deployment::{COMPANY_KEY, Deployment};
use crate::event::Sample;
use crate::function::{Answer, Function};

const PROCESSES: usize = 8;
const READERS_EACH: usize = 25;
const PLATFORM_MS: u32 = 300;
/// The longest time that a reader may wait: the setting of the product.
const WAIT: Duration = Duration::from_secs(10);

/// A connection with an expired access token at a slow platform, and a key to read it.
async fn expired() -> (Deployment, String) {
    let deployment = crate::deployment().await;
    deployment.connect(LARKSPUR).await;
    deployment.expire().await;
    deployment.intuit.control("settings", json!({ "token_delay_ms": PLATFORM_MS })).await;
    let key = deployment.key(Duration::ZERO).await;
    (deployment, key)
}

/// A process handles one event at a time, so eight readers read at once, each with the others behind it.
#[tokio::test]
async fn r1_200_readers_over_8_functions_cost_one_token_request() {
    let (deployment, key) = expired().await;
    let event = Sample::of("token").header("x-api-key", &key).to_json();
    let functions = join_all((0..PROCESSES).map(|_| deployment.function("token"))).await;

    let queues = functions.iter().map(|function| async {
        let mut answers = Vec::new();
        for _ in 0..READERS_EACH {
            let answer = tokio::time::timeout(WAIT, with_its_keyring(function, &event)).await;
            answers.push(answer.expect("within the wait").json(200));
        }
        answers
    });
    let answers = join_all(queues).await.concat();
    one_token_for_all(&deployment, &answers).await;
}

/// The answer of a process that has read its keyring. On a loaded machine, the stand-in of Secrets Manager does not answer eight processes
/// that start at once in time.
async fn with_its_keyring(function: &Function, event: &Value) -> Answer {
    loop {
        let answer = function.answer(event).await;
        if answer.status != 503 || answer.json(503)["code"] != "secret_unavailable" {
            return answer;
        }
    }
}

/// The same, all at the same moment, like eight servers with many requests each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r1_200_readers_at_one_moment_cost_one_token_request() {
    let (deployment, key) = expired().await;
    let mut readers = JoinSet::new();
    let mut config = deployment.config();
    // For the machine: a debug build beside other tests needs time for 200 reads of the table.
    config.settings.wait = 3 * WAIT;
    config.settings.lease = 6 * WAIT;
    config.settings.function_time = 12 * WAIT;
    config.settings.poll = Duration::from_millis(200);
    for _ in 0..PROCESSES {
        let app = assemble(&config, &local_config(deployment.table_endpoint()), World::real());
        let process = router::all(&app);
        for _ in 0..READERS_EACH {
            readers.spawn(read(process.clone(), key.clone()));
        }
    }
    one_token_for_all(&deployment, &readers.join_all().await).await;
}

async fn read(process: Router, key: String) -> Value {
    let request = Request::get(format!("/api/token/{COMPANY_KEY}")).header("x-api-key", key);
    let answer = process.oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer");
    let status = answer.status();
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    assert_eq!(status, 200, "{body:?}");
    serde_json::from_slice(&body).expect("JSON")
}

async fn one_token_for_all(deployment: &Deployment, answers: &[Value]) {
    assert_eq!(answers.len(), PROCESSES * READERS_EACH);
    assert_eq!(deployment.intuit.requests("token.refresh_token").await, 1);
    let first = &answers[0]["access_token"];
    assert!(answers.iter().all(|answer| &answer["access_token"] == first), "somebody got another token");
    let ends_at = answers[0]["access_token_expires_at"].as_i64().expect("a time");
    assert!(ends_at > deployment.operator.now().as_second(), "the token has ended");
}
