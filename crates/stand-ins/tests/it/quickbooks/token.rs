//! The token endpoint: credentials, form, codes and the form of the answer.

use counterfoil_stand_ins::quickbooks::Environment;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::harness::{LARKSPUR, REDIRECT_URI, World, refusal, tokens};

const PRODUCTION: Environment = Environment::Production;

fn wrong_code() -> (u16, Value) {
    let body = json!({ "error": "invalid_grant", "error_description": "Invalid authorization code" });
    (400, body)
}

#[tokio::test]
async fn a_code_gives_tokens_in_intuits_shape() {
    let world = World::start().await;
    let code = world.code(PRODUCTION, LARKSPUR).await;
    let answer = world.exchange(PRODUCTION, &code).await;
    assert!(answer.headers().contains_key("intuit_tid"));
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let given = tokens(answer).await;
    assert_eq!(given.body.as_object().expect("an object").len(), 5);
    assert_eq!(given.body["token_type"], "bearer");
    assert_eq!(given.body["expires_in"], 3600);
    assert_eq!(given.body["x_refresh_token_expires_in"], 8_726_400);
    assert!(given.access.starts_with("eyJlbmMi") && given.refresh.starts_with("RT1-"));
    assert_eq!(world.probe(LARKSPUR, &given.access).await, StatusCode::OK);
}

#[tokio::test]
async fn the_fixed_end_of_a_grant_is_answered_only_on_request() {
    let world = World::start().await;
    let given = world.connect(LARKSPUR).await;
    world.pass(1000).await;
    let request = world.refresh_request(&given.refresh).header("x-include-refresh-token-hard-expires-in", "true");
    let told = tokens(request.send().await.expect("answers")).await;
    let seconds = told.body["x_refresh_token_hard_expires_in"].as_i64().expect("a number");
    assert!((157_678_900..=157_679_000).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn wrong_credentials_are_invalid_client() {
    let world = World::start().await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", "RT1-made-up")];
    let request = || world.client.post(&world.endpoints.token).form(&form);
    let id = PRODUCTION.client_id();
    for request in [
        request(),
        request().basic_auth(id, Some("wrong")),
        request().basic_auth("wrong", Some(PRODUCTION.client_secret())),
        request().basic_auth(id, Some(Environment::Sandbox.client_secret())),
        request().bearer_auth("x"),
    ] {
        let answer = request.send().await.expect("answers");
        assert!(answer.headers().contains_key("intuit_tid"));
        assert_eq!(refusal(answer).await, (401, json!({ "error": "invalid_client" })));
    }
}

#[tokio::test]
async fn an_unknown_code_with_the_right_credentials_is_an_invalid_grant() {
    let world = World::start().await;
    assert_eq!(refusal(world.exchange(PRODUCTION, "made-up").await).await, wrong_code());
}

#[tokio::test]
async fn a_form_that_is_not_exact_is_an_invalid_request() {
    let world = World::start().await;
    let cases: [(&[(&str, &str)], &str); 5] = [
        (&[("code", "x")], "the parameter grant_type is missing or empty"),
        (&[("grant_type", "refresh_token")], "the parameter refresh_token is missing or empty"),
        (&[("grant_type", "refresh_token"), ("refresh_token", "x"), ("scope", "y")], "the parameter scope is not known here"),
        (
            &[("grant_type", "refresh_token"), ("refresh_token", "x"), ("refresh_token", "x")],
            "the parameter refresh_token is repeated",
        ),
        (&[("grant_type", "authorization_code"), ("code", "x")], "the parameter redirect_uri is missing or empty"),
    ];
    for (form, description) in cases {
        let answer = world.token_request(PRODUCTION, form).send().await.expect("answers");
        let wanted = json!({ "error": "invalid_request", "error_description": description });
        assert_eq!(refusal(answer).await, (400, wanted));
    }
    let password = world.token_request(PRODUCTION, &[("grant_type", "password")]);
    let (status, body) = refusal(password.send().await.expect("answers")).await;
    assert_eq!((status, body["error"].as_str()), (400, Some("unsupported_grant_type")));
}

#[tokio::test]
async fn json_and_query_parameters_are_refused() {
    let world = World::start().await;
    let request = || {
        let request = world.client.post(&world.endpoints.token);
        request.basic_auth(PRODUCTION.client_id(), Some(PRODUCTION.client_secret()))
    };
    let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    let as_json = request().json(&json!({ "grant_type": "refresh_token", "refresh_token": "x" }));
    let as_query = request().form(&form).query(&[("refresh_token", "x")]);
    for request in [as_json, as_query] {
        let (status, body) = refusal(request.send().await.expect("answers")).await;
        assert_eq!((status, body["error"].as_str()), (400, Some("invalid_request")));
    }
}

#[tokio::test]
async fn a_code_is_bound_to_client_and_redirect_uri() {
    let world = World::start().await;
    let code = world.code(PRODUCTION, LARKSPUR).await;
    let answer = world.exchange(Environment::Sandbox, &code).await;
    assert_eq!(refusal(answer).await, wrong_code());
    let other_uri = format!("{REDIRECT_URI}/");
    let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", &other_uri)];
    let answer = world.token_request(PRODUCTION, &form).send().await.expect("answers");
    assert_eq!(refusal(answer).await, wrong_code());
    tokens(world.exchange(PRODUCTION, &code).await).await;
}

#[tokio::test]
async fn a_code_lives_ten_minutes() {
    let world = World::start().await;
    let code = world.code(PRODUCTION, LARKSPUR).await;
    let late = world.code(PRODUCTION, LARKSPUR).await;
    world.pass(590).await;
    tokens(world.exchange(PRODUCTION, &code).await).await;
    world.pass(10).await;
    assert_eq!(refusal(world.exchange(PRODUCTION, &late).await).await, wrong_code());
}

#[tokio::test]
async fn a_code_used_twice_ends_its_grant() {
    let world = World::start().await;
    let code = world.code(PRODUCTION, LARKSPUR).await;
    let given = tokens(world.exchange(PRODUCTION, &code).await).await;
    assert_eq!(refusal(world.exchange(PRODUCTION, &code).await).await, wrong_code());
    assert_eq!(world.probe(LARKSPUR, &given.access).await, StatusCode::UNAUTHORIZED);
    assert_eq!(world.refresh(&given.refresh).await.status(), StatusCode::BAD_REQUEST);
    let state = world.control_get("state").await;
    assert_eq!(state["grants"][0]["ended_by"], "code_used_twice");
}

#[tokio::test]
async fn o15_granted_scopes_that_differ_are_in_the_answer() {
    let world = World::start().await;
    world.control("settings", json!({ "granted_scope": "openid" })).await;
    let given = world.connect(LARKSPUR).await;
    assert_eq!(given.body["scope"], "openid");
    assert_eq!(world.refreshed(&given.refresh).await.body["scope"], "openid");
    assert_eq!(world.probe(LARKSPUR, &given.access).await, StatusCode::FORBIDDEN);
}
