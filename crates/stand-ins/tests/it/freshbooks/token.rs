//! The token endpoint: credentials in the body, JSON or form, refresh tokens that work once.

use counterfoil_stand_ins::freshbooks::{CLIENT_ID, CLIENT_SECRET};
use reqwest::StatusCode;
use serde_json::json;

use super::{ASK, World};
use crate::world::{DAY, REDIRECT_URI, answered, tokens};

/// Checks that the token is refused as invalid.
async fn assert_dead(world: &World, refresh_token: &str) {
    let (status, body) = answered(world.refresh(refresh_token).await).await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")));
    assert!(body["error_description"].as_str().expect("text").starts_with("The provided authorization grant"));
}

#[tokio::test]
async fn a_code_gives_tokens_in_their_shape() {
    let world = World::start().await;
    world.control("clock", json!({ "now": 1_789_400_000 })).await;
    let given = world.connect().await;
    assert_eq!(given.body.as_object().expect("an object").len(), 7);
    assert_eq!((&given.body["token_type"], &given.body["expires_in"]), (&json!("Bearer"), &json!(43_200)));
    assert_eq!(given.body["scope"], "user:profile:read user:bills:read");
    assert_eq!(given.body["direct_buy_tokens"], json!({}));
    let created_at = given.body["created_at"].as_i64().expect("a number");
    assert!((1_789_400_000..1_789_400_060).contains(&created_at), "{created_at}");
    assert!(given.access.starts_with("eyJ") && given.access.split('.').count() == 3);
    assert!(given.refresh.len() == 64 && given.refresh.bytes().all(|byte| byte.is_ascii_hexdigit()));
}

#[tokio::test]
async fn a_form_is_accepted_instead_of_json() {
    let world = World::start().await;
    let code = world.code_for(&ASK).await;
    let form = [
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", REDIRECT_URI),
    ];
    tokens(world.client.post(&world.endpoints.token).form(&form).send().await.expect("answers")).await;
}

#[tokio::test]
async fn r7_a_refresh_token_works_once_without_grace_and_does_not_expire() {
    let world = World::start().await;
    let given = world.connect().await;
    world.pass(900 * DAY).await;
    let first = world.refreshed(&given.refresh).await;
    assert_ne!(first.refresh, given.refresh);
    assert_dead(&world, &given.refresh).await;
    let second = world.refreshed(&first.refresh).await;
    world.control("faults", json!({ "at": "token", "kind": "answer_lost_after_rotating", "times": 1 })).await;
    let fields = [("grant_type", "refresh_token"), ("refresh_token", second.refresh.as_str()), ("redirect_uri", REDIRECT_URI)];
    world.token_request(&fields).send().await.expect_err("no answer comes");
    assert_dead(&world, &second.refresh).await;
    assert_eq!(world.control_get("state").await["grants"][0]["live"], true);
}

#[tokio::test]
async fn an_access_token_can_be_older_than_its_answer() {
    let world = World::start().await;
    world.control("settings", json!({ "access_token_age_seconds": 40_000 })).await;
    let given = world.connect().await;
    let now = world.control_get("clock").await["now"].as_i64().expect("a number");
    let age = now - given.body["created_at"].as_i64().expect("a number");
    assert!((40_000..40_060).contains(&age), "{age}");
    assert_eq!((world.probe(&given.access).await, &given.body["expires_in"]), (StatusCode::OK, &json!(43_200)));
    world.pass(3_200).await;
    assert_eq!(world.probe(&given.access).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_rotation_policy_is_their_own() {
    let world = World::start().await;
    let settings = world.control_get("settings").await;
    assert_eq!(world.control("settings", json!({ "rotation": "strict" })).await, settings);
}

#[tokio::test]
async fn a_refresh_names_its_redirect_uri() {
    let world = World::start().await;
    let given = world.connect().await;
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", given.refresh.as_str())];
    let without = world.token_request(&refresh).send().await.expect("answers");
    let (status, body) = answered(without).await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_request")));
    assert_eq!(body["error_description"], "the parameter redirect_uri is missing or empty");
    let elsewhere = [refresh[0], refresh[1], ("redirect_uri", "http://localhost:3000/")];
    let (status, body) = answered(world.token_request(&elsewhere).send().await.expect("answers")).await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")));
    world.refreshed(&given.refresh).await;
}

#[tokio::test]
async fn a_request_that_is_not_exact_is_refused() {
    let world = World::start().await;
    let post = || world.client.post(&world.endpoints.token);
    let keys = json!({ "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET });
    let wrong = json!({ "client_id": CLIENT_ID, "client_secret": "wrong", "grant_type": "refresh_token" });
    let number = json!({ "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "grant_type": 7 });
    for (request, status, error) in [
        (post().json(&wrong), 401, "invalid_client"),
        (
            post().basic_auth(CLIENT_ID, Some(CLIENT_SECRET)).json(&json!({ "grant_type": "refresh_token" })),
            401,
            "invalid_client",
        ),
        (post().json(&keys), 400, "invalid_request"),
        (post().json(&number), 400, "invalid_request"),
        (post().query(&[("code", "x")]).json(&keys), 400, "invalid_request"),
        (post().body(keys.to_string()), 400, "invalid_request"),
        (world.token_request(&[("grant_type", "password")]), 400, "unsupported_grant_type"),
        (world.token_request(&[("grant_type", "refresh_token"), ("audience", "x")]), 400, "invalid_request"),
        (
            world.token_request(&[("grant_type", "authorization_code"), ("code", "x"), ("redirect_uri", "y")]),
            400,
            "invalid_grant",
        ),
    ] {
        let answer = answered(request.send().await.expect("answers")).await;
        assert_eq!((answer.0, &answer.1["error"]), (status, &json!(error)), "{}", answer.1);
    }
}

#[tokio::test]
async fn a_code_is_good_once_for_five_minutes() {
    let world = World::start().await;
    let code = world.code_for(&ASK).await;
    let late = world.code_for(&ASK).await;
    world.pass(290).await;
    let given = tokens(world.exchange(&code).await).await;
    world.pass(10).await;
    for dead in [&code, &late] {
        assert_eq!(world.exchange(dead).await.status(), StatusCode::BAD_REQUEST);
    }
    world.refreshed(&given.refresh).await;
}

#[tokio::test]
async fn t5_revoking_ends_the_grant_at_once() {
    let world = World::start().await;
    let kept = world.connect().await;
    for by_refresh_token in [true, false] {
        let given = world.connect().await;
        let token = if by_refresh_token { &given.refresh } else { &given.access };
        assert_eq!(world.revoke(token).await, (200, json!({})));
        assert_eq!(world.probe(&given.access).await, StatusCode::UNAUTHORIZED);
        assert_dead(&world, &given.refresh).await;
        assert_eq!(world.revoke(token).await, (200, json!({})));
    }
    assert_eq!(world.probe(&kept.access).await, StatusCode::OK);
    let keyless = world.client.post(&world.endpoints.revoke).json(&json!({ "token": kept.refresh }));
    assert_eq!(keyless.send().await.expect("answers").status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn t7_the_customer_removes_the_app() {
    let world = World::start().await;
    let given = world.connect().await;
    assert_eq!(world.control("revoke", json!({})).await["grants_ended"], 1);
    assert_eq!(world.probe(&given.access).await, StatusCode::UNAUTHORIZED);
    assert_dead(&world, &given.refresh).await;
    let (status, _) = world.try_control("revoke", json!({ "account_id": "Qx9Zb1" })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}
