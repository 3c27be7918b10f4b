//! The limits on tokens, and the answers beyond them.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{ASK, World};
use crate::world::{answered, tokens};

fn access_denied() -> (u16, Value) {
    let description = "You have made too many requests continuously. Please try again after some time.";
    (400, json!({ "error": "Access Denied", "error_description": description, "status": "failure" }))
}

#[tokio::test]
async fn ten_refreshes_in_ten_minutes_and_no_more() {
    let world = World::start().await;
    let given = world.connect("us").await;
    let bystander = world.connect("us").await;
    for _ in 0..10 {
        tokens(world.refresh("us", &given.refresh).await).await;
    }
    assert_eq!(answered(world.refresh("us", &given.refresh).await).await, access_denied());
    tokens(world.refresh("us", &bystander.refresh).await).await;
    world.pass(500).await;
    assert_eq!(answered(world.refresh("us", &given.refresh).await).await, access_denied());
    world.pass(100).await;
    tokens(world.refresh("us", &given.refresh).await).await;
}

#[tokio::test]
async fn the_eleventh_access_token_ends_the_oldest() {
    let world = World::start().await;
    let given = world.connect("us").await;
    let mut access = vec![given.access];
    for _ in 0..10 {
        assert_eq!(world.probe("us", &access[0]).await, StatusCode::OK);
        access.push(tokens(world.refresh("us", &given.refresh).await).await.access);
    }
    assert_eq!(world.probe("us", &access[0]).await, StatusCode::UNAUTHORIZED);
    for good in &access[1..] {
        assert_eq!(world.probe("us", good).await, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_user_can_give_at_most_five_grants_a_minute() {
    let world = World::start().await;
    for _ in 0..5 {
        world.connect("us").await;
    }
    let code = world.code_for(&ASK, "us").await;
    assert_eq!(answered(world.exchange("us", &code).await).await, access_denied());
    world.connect("eu").await;
    world.control("settings", json!({ "grants_per_minute": 6 })).await;
    tokens(world.exchange("us", &code).await).await;
}

#[tokio::test]
async fn the_twenty_first_refresh_token_deletes_the_oldest() {
    let world = World::start().await;
    world.control("settings", json!({ "grants_per_minute": null })).await;
    let oldest = world.connect("us").await;
    world.connect_by(&ASK[..5], "us").await;
    let second = world.connect("us").await;
    let elsewhere = world.connect("eu").await;
    for _ in 2..20 {
        world.connect("us").await;
    }
    world.connect_by(&ASK[..5], "us").await;
    tokens(world.refresh("us", &oldest.refresh).await).await;
    world.connect("us").await;
    assert_eq!(answered(world.refresh("us", &oldest.refresh).await).await, (200, json!({ "error": "invalid_code" })));
    assert_eq!(world.control_get("state").await["grants"][0]["ended_by"], "evicted");
    tokens(world.refresh("us", &second.refresh).await).await;
    tokens(world.refresh("eu", &elsewhere.refresh).await).await;
}

#[tokio::test]
async fn the_limits_can_be_removed_but_not_set_to_zero() {
    let world = World::start().await;
    world.control("settings", json!({ "refreshes_per_ten_minutes": null })).await;
    let given = world.connect("us").await;
    for _ in 0..12 {
        tokens(world.refresh("us", &given.refresh).await).await;
    }
    for field in ["refresh_tokens_per_user", "access_tokens_per_grant"] {
        let (status, answer) = world.try_control("settings", json!({ field: 0 })).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(answer["error"].as_str().expect("a reason").contains("at least 1"), "{answer}");
    }
}

#[tokio::test]
async fn throttling_is_a_400_at_the_accounts_server_and_a_429_at_the_api() {
    let world = World::start().await;
    let given = world.connect("us").await;
    world.control("faults", json!({ "at": "token", "kind": "throttled", "times": 1 })).await;
    assert_eq!(answered(world.refresh("us", &given.refresh).await).await, access_denied());
    world.control("faults", json!({ "at": "api", "kind": "throttled", "times": 1 })).await;
    let request = world.organizations("us", &format!("Zoho-oauthtoken {}", given.access));
    let (status, body) = answered(request.send().await.expect("answers")).await;
    assert_eq!((status, &body["code"]), (429, &json!(44)));
}
