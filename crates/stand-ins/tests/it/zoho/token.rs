//! The token endpoint: credentials in the body, errors with HTTP 200, one data centre for each code and token.

use counterfoil_stand_ins::zoho::{CLIENT_ID, CLIENT_SECRET};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{ASK, World};
use crate::world::{DAY, REDIRECT_URI, answered, tokens, with};

fn error(name: &str) -> (u16, Value) {
    (200, json!({ "error": name }))
}

#[tokio::test]
async fn a_code_gives_tokens_in_zohos_shape() {
    let world = World::start().await;
    let given = world.connect("eu").await;
    assert_eq!(given.body.as_object().expect("an object").len(), 6);
    assert_eq!((&given.body["token_type"], &given.body["expires_in"]), (&json!("Bearer"), &json!(3600)));
    assert_eq!(given.body["scope"], "ZohoBooks.settings.READ ZohoBooks.vendorpayments.READ");
    assert_eq!(given.body["api_domain"], world.endpoints.data_centers[1].api_domain);
    assert!(given.access.starts_with("1000.") && given.refresh.starts_with("1000."));
}

#[tokio::test]
async fn a_refresh_gives_no_refresh_token_and_the_old_one_stays_good() {
    let world = World::start().await;
    let given = world.connect("in").await;
    for _ in 0..3 {
        world.pass(400 * DAY).await;
        let again = tokens(world.refresh("in", &given.refresh).await).await;
        assert_eq!(again.body.get("refresh_token"), None);
        assert_eq!(again.body["api_domain"], world.endpoints.data_centers[2].api_domain);
        assert_eq!(world.probe("in", &again.access).await, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_code_must_be_exchanged_in_its_own_data_centre() {
    let world = World::start().await;
    let code = world.code_for(&ASK, "eu").await;
    assert_eq!(answered(world.exchange("us", &code).await).await, error("invalid_code"));
    let given = tokens(world.exchange("eu", &code).await).await;
    assert_eq!(answered(world.exchange("eu", &code).await).await, error("invalid_code"));
    assert_eq!(answered(world.refresh("us", &given.refresh).await).await, error("invalid_code"));
    assert_eq!(world.probe("us", &given.access).await, StatusCode::UNAUTHORIZED);
    tokens(world.refresh("eu", &given.refresh).await).await;
}

#[tokio::test]
async fn credentials_and_parameters_may_be_in_the_query_too() {
    let world = World::start().await;
    let code = world.code_for(&ASK, "us").await;
    let query = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", REDIRECT_URI),
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
    ];
    let in_both = world.client.post(&world.endpoints.token).query(&query).form(&query[3..]);
    assert_eq!(answered(in_both.send().await.expect("answers")).await, error("general_error"));
    let in_query = world.client.post(&world.endpoints.token).query(&query);
    tokens(in_query.send().await.expect("answers")).await;
}

#[tokio::test]
async fn errors_come_with_http_200_and_a_code() {
    let world = World::start().await;
    let code = world.code_for(&ASK, "us").await;
    let post = || world.client.post(&world.endpoints.token);
    let right = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", REDIRECT_URI),
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
    ];
    let but = |name: &str, value: &'static str| with(&right, name, value);
    let mut extra = right.to_vec();
    extra.push(("audience", "x"));
    for (request, name) in [
        (post().form(&but("client_id", "1000.ANOTHER")), "invalid_client"),
        (post().form(&right[..3]).basic_auth(CLIENT_ID, Some(CLIENT_SECRET)), "invalid_client"),
        (post().form(&but("client_secret", "wrong")), "invalid_client_secret"),
        (post().form(&but("code", "1000.made-up")), "invalid_code"),
        (post().form(&but("redirect_uri", "http://localhost:3000/")), "redirect_uri_mismatch"),
        (post().form(&but("grant_type", "password")), "general_error"),
        (post().form(&extra), "general_error"),
        (post().json(&json!({ "grant_type": "refresh_token" })), "general_error"),
    ] {
        assert_eq!(answered(request.send().await.expect("answers")).await, error(name));
    }
    tokens(post().form(&right).send().await.expect("answers")).await;
}

#[tokio::test]
async fn a_code_lives_a_minute() {
    let world = World::start().await;
    let code = world.code_for(&ASK, "us").await;
    world.pass(60).await;
    assert_eq!(answered(world.exchange("us", &code).await).await, error("invalid_code"));
}

#[tokio::test]
async fn t5_revoking_ends_one_grant_and_its_access_tokens() {
    let world = World::start().await;
    let given = world.connect("us").await;
    let kept = world.connect("us").await;
    assert_eq!(world.revoke("eu", &given.refresh).await, (400, json!({ "error": "invalid_token" })));
    assert_eq!(world.revoke("us", &given.refresh).await, (200, json!({ "status": "success" })));
    assert_eq!(world.revoke("us", &given.refresh).await, (400, json!({ "error": "invalid_token" })));
    assert_eq!(world.probe("us", &given.access).await, StatusCode::UNAUTHORIZED);
    assert_eq!(answered(world.refresh("us", &given.refresh).await).await, error("invalid_code"));
    assert_eq!(world.probe("us", &kept.access).await, StatusCode::OK);
}

#[tokio::test]
async fn t7_the_customer_revokes_the_app_in_one_data_centre() {
    let world = World::start().await;
    let gone = world.connect("us").await;
    let kept = world.connect("eu").await;
    assert_eq!(world.control("revoke", json!({ "location": "us" })).await["grants_ended"], 1);
    assert_eq!(answered(world.refresh("us", &gone.refresh).await).await, error("invalid_code"));
    tokens(world.refresh("eu", &kept.refresh).await).await;
    let (status, _) = world.try_control("revoke", json!({ "location": "moon" })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}
