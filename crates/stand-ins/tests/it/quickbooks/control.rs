//! The control routes: strict requests, and their answers.

use reqwest::StatusCode;
use serde_json::json;

use super::harness::{LARKSPUR, REDIRECT_URI, World};

#[tokio::test]
async fn the_clock_is_read_set_and_advanced() {
    let world = World::start().await;
    world.control("clock", json!({ "now": 1_900_000_000 })).await;
    world.pass(3600).await;
    let clock = world.control_get("clock").await;
    let now = clock["now"].as_i64().expect("a number");
    assert!((1_900_003_600..1_900_003_660).contains(&now), "{now}");
    assert!(clock["timestamp"].as_str().expect("text").starts_with("2030-03-17T18:"));
}

#[tokio::test]
async fn an_invalid_control_request_is_refused_with_a_reason() {
    let world = World::start().await;
    for (route, body, reason) in [
        ("clock", json!({}), "either now or advance_seconds"),
        ("clock", json!({ "now": 1, "advance_seconds": 1 }), "either now or"),
        ("clock", json!({ "now": -1 }), "between 1970 and 2200"),
        ("clock", json!({ "later": 1 }), "unknown field `later`"),
        ("faults", json!({ "at": "moon", "kind": "reset" }), "unknown variant `moon`"),
        ("faults", json!({ "at": "api", "kind": "slow" }), "needs delay_ms"),
        ("faults", json!({ "at": "api", "kind": "reset", "often": 1 }), "unknown field `often`"),
        ("settings", json!({ "speed": 1 }), "unknown field `speed`"),
        ("settings", json!({ "access_token_seconds": 0 }), "between 1 and 86400"),
        ("settings", json!({ "access_token_age_seconds": 3600 }), "less than access_token_seconds"),
        ("settings", json!({ "token_delay_ms": 120_001 }), "at most 120000"),
        ("settings", json!({ "revoke_on_reuse": "no" }), "expected a boolean"),
        ("redirect-uris", json!({ "uri": "/oauth/callback" }), "whole http or https"),
        ("redirect-uris", json!({ "uri": "https://a.example/#x" }), "fragment"),
        ("revoke", json!({ "company": "1" }), "unknown field `company`"),
    ] {
        let (status, answer) = world.try_control(route, body.clone()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{route} {body}");
        let error = answer["error"].as_str().expect("a reason");
        assert!(error.contains(reason), "{route} {body}: {error}");
    }
    let (status, answer) = world.try_control("weather", json!({})).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(answer["error"].is_string());
}

#[tokio::test]
async fn settings_change_field_by_field() {
    let world = World::start().await;
    let at_start = world.control_get("settings").await;
    assert_eq!(at_start["access_token_seconds"], 3600);
    assert_eq!(at_start["rotate_after_seconds"], 86_400);
    let changes = json!({ "access_token_seconds": 120, "rotate_after_seconds": 0, "granted_scope": "openid" });
    world.control("settings", changes).await;
    let after = world.control("settings", json!({ "granted_scope": null })).await;
    assert_eq!(after["access_token_seconds"], 120);
    assert_eq!(after["granted_scope"], json!(null));
    let first = world.connect(LARKSPUR).await;
    assert_eq!(first.body["expires_in"], 120);
    assert_ne!(world.refreshed(&first.refresh).await.refresh, first.refresh);
}

#[tokio::test]
async fn t1_the_state_and_the_log_of_a_stand_in_have_no_secret() {
    let world = World::start().await;
    let given = world.connect(LARKSPUR).await;
    world.refreshed(&given.refresh).await;
    world.refresh("RT1-made-up").await;
    world.probe(LARKSPUR, &given.access).await;
    world.revoke(&given.access).await;
    let state = world.control_get("state").await;
    assert_eq!(
        state["requests"],
        json!({
            "api": 1, "authorize": 1, "revoke": 1,
            "token.authorization_code": 1, "token.refresh_token": 2, "token.invalid": 0,
        })
    );
    let log = state["log"].as_array().expect("a list");
    let lines: Vec<_> = log.iter().map(|line| (line["endpoint"].as_str(), line["outcome"].as_str())).collect();
    assert_eq!(
        lines,
        [
            (Some("authorize"), Some("303 connected")),
            (Some("token.authorization_code"), Some("200")),
            (Some("token.refresh_token"), Some("200")),
            (Some("token.refresh_token"), Some("400 invalid_grant")),
            (Some("api"), Some("200")),
            (Some("revoke"), Some("200")),
        ]
    );
    let grant = &state["grants"][0];
    assert_eq!((&grant["holder"], &grant["live"]), (&json!(LARKSPUR), &json!(false)));
    assert_eq!(grant["ended_by"], "revoked_by_app");
    let text = state.to_string();
    for secret in [&given.access, &given.refresh] {
        assert!(!text.contains(secret.as_str()));
    }
}

#[tokio::test]
async fn the_log_has_the_last_200_requests() {
    let world = World::start().await;
    for _ in 0..205 {
        world.probe(LARKSPUR, "made-up").await;
    }
    let state = world.control_get("state").await;
    assert_eq!(state["requests"]["api"], 205);
    assert_eq!(state["log"].as_array().expect("a list").len(), 200);
}

#[tokio::test]
async fn reset_forgets_everything() {
    let world = World::start().await;
    let given = world.connect(LARKSPUR).await;
    let extra = json!({ "uri": "https://books.example/oauth/callback" });
    world.control("redirect-uris", extra).await;
    world.control("settings", json!({ "revoke_on_reuse": false })).await;
    world.control("faults", json!({ "at": "token", "kind": "reset" })).await;
    world.control("clock", json!({ "now": 4_000_000_000_u64 })).await;
    world.control("reset", json!({})).await;
    let state = world.control_get("state").await;
    assert_eq!(state["grants"], json!([]));
    assert_eq!(state["log"], json!([]));
    assert_eq!(world.control_get("settings").await["revoke_on_reuse"], true);
    assert_eq!(world.control_get("faults").await, json!({ "faults": [] }));
    let uris = world.control_get("redirect-uris").await;
    assert_eq!(uris, json!({ "production": [REDIRECT_URI], "sandbox": [REDIRECT_URI] }));
    let now = world.control_get("clock").await["now"].as_i64().expect("a number");
    assert!(now < 4_000_000_000);
    assert_eq!(world.refresh(&given.refresh).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_body_beyond_64_kib_is_refused() {
    let world = World::start().await;
    let long = "x".repeat(70_000);
    let answer = world.refresh(&long).await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
}
