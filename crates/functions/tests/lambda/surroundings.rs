//! A deployment that lacks something: each function says what, and writes nothing (S-3, S-5, O-8).

use counterfoil_functions::routes::{Route, routes};
use counterfoil_testkit::http_event::HttpEvent;
use counterfoil_testkit::lambda::InvokeError;
use counterfoil_testkit::secrets_manager::SecretsFailure;
use serde_json::{Value, json};

use crate::browser::LARKSPUR;
use crate::deployment::{Deployment, credentials, secret_arn};
use crate::event::Sample;
use crate::function::{Answer, Function};

/// Routes that need a body of their own before they read anything, and those that need nothing.
const APART: [&str; 6] =
    ["/v1/oauth/token", "/oauth/result/{id}/choose", "/health", "/openapi.json", "/docs", "/oauth/disconnect"];

/// An event for each other route of a function, with a key. Preflights are left out.
fn events(function: &str, key: &str) -> Vec<Value> {
    let looks = |route: &Route| route.method != "OPTIONS" && !APART.contains(&route.path);
    let routes = routes().into_iter().filter(|route| route.function == function).filter(looks);
    let filled = |path: &str| {
        let named = path.replace("{company_key}", "beach-blend").replace("{platform}", "quickbooks").replace("{id}", ID);
        let query = if path == "/v1/oauth/authorize" { "?platform=quickbooks&partnerId=default" } else { "" };
        format!("{}{query}", named.replace("{token}", "default.token"))
    };
    let event = |method, path: &str| {
        let event = HttpEvent::new(method, path).header("x-api-key", key);
        if method == "PATCH" { event.json(&serde_json::json!({})) } else { event }
    };
    routes.map(|route| event(route.method, &filled(route.path)).to_json()).collect()
}

/// The same without the events that open no sealed value.
fn events_with_secrets(function: &str, key: &str) -> Vec<Value> {
    let mut events = events(function, key);
    events.retain(|event| event["rawPath"].as_str().is_some_and(|path| !path.ends_with("/readiness")));
    events
}

/// A flow's id in the right form, of no flow.
const ID: &str = "0000000000000000000000000000000000000000000000000000000000000000";

const HTTP_FUNCTIONS: [&str; 6] = ["health", "start", "callback", "token", "connections", "disconnect"];

/// Checks for a 500 with this code, in either error body, whose message names what is missing.
fn names(answer: &Answer, code: &str, missing: &str) {
    let body = answer.json(500);
    let is_problem = answer.headers["content-type"] == "application/problem+json";
    let (told, words) = if is_problem { (&body, &body["detail"]) } else { (&body["error"], &body["error"]["message"]) };
    assert_eq!(told["code"], code, "{body}");
    assert!(words.as_str().is_some_and(|words| words.contains(missing)), "{missing} is not named: {body}");
}

/// A start whose error is answered as JSON, not as a page.
fn start_by_a_program() -> Value {
    Sample::of("start").header("accept", "application/json").to_json()
}

/// Checks that the table got no write.
fn wrote_nothing(function: &Function) {
    let reads = ["GetItem", "BatchGetItem", "Query"];
    let wrote: Vec<_> =
        function.wire.requests().into_iter().filter(|request| !reads.contains(&request.operation.as_str())).collect();
    assert!(wrote.is_empty(), "{wrote:?}");
}

#[tokio::test]
async fn without_a_table_name_every_route_but_health_names_the_variable() {
    let deployment = crate::deployment().await;
    let key = deployment.key(std::time::Duration::ZERO).await;
    for name in HTTP_FUNCTIONS {
        let mut variables = deployment.environment(name);
        variables.remove("TABLE_NAME");
        let function = deployment.function_in(name, variables).await;
        for event in events(name, &key) {
            names(&function.answer(&event).await, "configuration_incomplete", "TABLE_NAME");
        }
        function.answer(&Sample::of("health").to_json()).await.json(200);
        assert!(function.wire.requests().is_empty());
    }
}

#[tokio::test]
async fn a_worker_without_a_table_name_does_not_start_and_names_it() {
    let deployment = crate::deployment().await;
    for name in ["refresher", "revoker", "purger", "sync-worker"] {
        let mut variables = deployment.environment(name);
        variables.remove("TABLE_NAME");
        let function = deployment.function_in(name, variables).await;
        match function.lambda.invoke(&Sample::of(name).to_json()).await {
            Err(InvokeError::Exited { output, .. }) => assert!(output.contains("TABLE_NAME"), "{output}"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_table_that_does_not_exist_is_named() {
    let deployment = crate::deployment().await;
    let key = deployment.key(std::time::Duration::ZERO).await;
    for name in HTTP_FUNCTIONS {
        let mut variables = deployment.environment(name);
        variables.insert("TABLE_NAME".to_owned(), "no-such-table".to_owned());
        let function = deployment.function_in(name, variables).await;
        for event in events(name, &key) {
            let answer = function.answer(&event).await;
            match event["rawPath"].as_str() {
                Some("/ready") => {
                    let checks = &answer.json(503)["checks"];
                    assert!(checks["table"].as_str().is_some_and(|problem| problem.contains("no-such-table")), "{checks}");
                }
                // No company key: refused before anything is read.
                Some("/oauth/start") => assert_eq!(answer.json(400)["code"], "missing_company_key"),
                // No state: refused as above.
                Some("/oauth/callback" | "/oauth/callback/quickbooks") => {
                    assert_eq!(answer.json(400)["code"], "missing_state");
                }
                // No form: refused as above.
                Some(path) if path.ends_with("/choose") => assert_eq!(answer.json(400)["code"], "invalid_body"),
                _ => names(&answer, "table_missing", "no-such-table"),
            }
        }
        wrote_nothing(&function);
    }
}

#[tokio::test]
async fn a_keyring_that_cannot_be_read_is_named_and_nothing_is_written() {
    let deployment = crate::deployment().await;
    deployment.connect(LARKSPUR).await;
    deployment.secrets.fail_with(SecretsFailure::AccessDenied);
    let variable = "KEYRING_SECRET_ARN";
    let key = deployment.key(std::time::Duration::ZERO).await;

    let token = deployment.function("token").await;
    for event in events_with_secrets("token", &key) {
        names(&token.answer(&event).await, "secret_missing", variable);
    }
    deployment.expire().await;
    names(&token.answer(&Sample::of("token").header("x-api-key", &key).to_json()).await, "secret_missing", variable);
    wrote_nothing(&token);
    assert_eq!(deployment.intuit.requests("token.refresh_token").await, 0);

    let health = deployment.function("health").await;
    let ready = health.answer(&HttpEvent::get("/ready").to_json()).await.json(503);
    assert!(ready["checks"]["keyring"].as_str().is_some_and(|problem| problem.contains(variable)), "{ready}");
}

/// A wrong keyring opens nothing and overwrites nothing (S-6).
#[tokio::test]
async fn s6_a_keyring_that_sealed_nothing_here_is_refused_and_nothing_is_written() {
    let deployment = crate::deployment().await;
    deployment.connect(LARKSPUR).await;
    deployment.expire().await;
    deployment.secrets.set("keyring", r#"{"primary":"another-key-of-forty-three-characters-or-even-more"}"#);
    let key = deployment.key(std::time::Duration::ZERO).await;

    let token = deployment.function("token").await;
    for event in events_with_secrets("token", &key) {
        names(&token.answer(&event).await, "keyring_unusable", "A stored secret cannot be opened");
    }
    wrote_nothing(&token);
    assert_eq!(deployment.intuit.requests("token.refresh_token").await, 0);
}

/// The customer has consented and our configuration lacks something, so the code must stay usable.
#[tokio::test]
async fn a_callback_without_secrets_writes_nothing_and_succeeds_after_they_are_set() {
    for missing in ["keyring", "credentials"] {
        let deployment = crate::deployment().await;
        let start = deployment.function("start").await;
        let started = start.answer(&Sample::of("start").to_json()).await;
        let query = deployment.intuit.consent(started.location(302), Some(LARKSPUR)).await;
        let event = Sample::of("callback").query(&query).cookies(&started.cookies).header("accept", "application/json").to_json();

        let mut variables = deployment.environment("callback");
        let variable = format!("{}_SECRET_ARN", missing.to_uppercase());
        variables.insert(variable.clone(), secret_arn("no-such-secret"));
        let callback = deployment.function_in("callback", variables).await;
        let answer = callback.answer(&event).await;
        names(&answer, "secret_missing", &variable);
        assert!(!answer.body.contains("arn:aws"), "an account's number is nobody's business");
        wrote_nothing(&callback);
        assert_eq!(deployment.intuit.requests("token.authorization_code").await, 0);

        let mended = deployment.function("callback").await;
        assert_eq!(mended.answer(&event).await.json(200)["realm_id"], LARKSPUR);
    }
}

/// Every process that starts later uses the new credentials. A running one reads them again after five minutes.
#[tokio::test]
async fn credentials_that_are_filled_in_are_used_without_a_deploy() {
    let deployment = crate::deployment().await;
    deployment.secrets.set("credentials", "{}");
    let before = deployment.function("start").await;
    let event = start_by_a_program();
    names(&before.answer(&event).await, "credentials_missing", "QUICKBOOKS_CLIENT_ID and QUICKBOOKS_CLIENT_SECRET");
    wrote_nothing(&before);

    deployment.secrets.set("credentials", &credentials().to_string());
    let after = deployment.function("start").await;
    assert!(after.answer(&event).await.location(302).contains("client_id=stand-in-quickbooks-client&"));
    assert_eq!(requests_for_credentials(&deployment, &before, &event).await, 0, "it looks again after five minutes");
}

async fn requests_for_credentials(deployment: &Deployment, function: &Function, event: &Value) -> usize {
    let so_far = deployment.secrets.request_count();
    function.answer(event).await.json(500);
    deployment.secrets.request_count() - so_far
}

#[tokio::test]
async fn credentials_that_are_not_json_are_refused_and_not_quoted() {
    let deployment = crate::deployment().await;
    deployment.secrets.set("credentials", "{canary");
    let start = deployment.function("start").await;
    let answer = start.answer(&start_by_a_program()).await;
    names(&answer, "credentials_unusable", "JSON");
    let said = json!([answer.body, start.lambda.logs()]).to_string();
    assert!(!said.contains("canary"), "{said}");
    wrote_nothing(&start);
}
