//! Revocation: by the app, and by the customer at Intuit.

use counterfoil_stand_ins::quickbooks::Environment;
use reqwest::StatusCode;
use serde_json::json;

use super::harness::{DAY, HARBOR, LARKSPUR, World, refusal};

#[tokio::test]
async fn t5_revoking_either_token_ends_the_grant_and_an_invalid_one_is_a_400() {
    let world = World::start().await;
    for by_refresh_token in [true, false] {
        let given = world.connect(LARKSPUR).await;
        let token = if by_refresh_token { &given.refresh } else { &given.access };
        assert_eq!(world.revoke(token).await, StatusCode::OK);
        assert_eq!(world.probe(LARKSPUR, &given.access).await, StatusCode::UNAUTHORIZED);
        assert_eq!(world.refresh(&given.refresh).await.status(), StatusCode::BAD_REQUEST);
        assert_eq!(world.revoke(token).await, StatusCode::BAD_REQUEST);
    }
    assert_eq!(world.revoke("RT1-39-H0-made-up").await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_token_that_was_replaced_revokes_nothing() {
    let world = World::start().await;
    let first = world.connect(LARKSPUR).await;
    world.pass(DAY).await;
    let second = world.refreshed(&first.refresh).await;
    assert_eq!(world.revoke(&first.refresh).await, StatusCode::BAD_REQUEST);
    assert_eq!(world.revoke(&first.access).await, StatusCode::BAD_REQUEST);
    world.refreshed(&second.refresh).await;
}

#[tokio::test]
async fn r15_revoking_reaches_every_grant_at_that_company_and_no_other() {
    let world = World::start().await;
    let one = world.connect(LARKSPUR).await;
    let same_company = world.connect(LARKSPUR).await;
    let other_company = world.connect(HARBOR).await;
    assert_eq!(world.revoke(&one.refresh).await, StatusCode::OK);
    assert_eq!(world.probe(LARKSPUR, &same_company.access).await, StatusCode::UNAUTHORIZED);
    assert_eq!(world.probe(HARBOR, &other_company.access).await, StatusCode::OK);
}

#[tokio::test]
async fn a_setting_makes_revoking_end_one_grant_only() {
    let world = World::start().await;
    world.control("settings", json!({ "revoke_ends_company": false })).await;
    let one = world.connect(LARKSPUR).await;
    let same_company = world.connect(LARKSPUR).await;
    assert_eq!(world.revoke(&one.access).await, StatusCode::OK);
    assert_eq!(world.probe(LARKSPUR, &one.access).await, StatusCode::UNAUTHORIZED);
    assert_eq!(world.probe(LARKSPUR, &same_company.access).await, StatusCode::OK);
}

#[tokio::test]
async fn a_revocation_needs_the_right_credentials_and_body() {
    let world = World::start().await;
    let given = world.connect(LARKSPUR).await;
    let body = json!({ "token": given.refresh });
    let request = || world.client.post(&world.endpoints.revoke);
    let production = Environment::Production;
    let with_keys = || request().basic_auth(production.client_id(), Some(production.client_secret()));
    let sandbox = Environment::Sandbox;
    let foreign = request().basic_auth(sandbox.client_id(), Some(sandbox.client_secret()));
    for (request, status, error) in [
        (request().json(&body), 401, "invalid_client"),
        (foreign.json(&body), 400, "invalid_request"),
        (with_keys().form(&[("token", given.refresh.as_str())]), 400, "invalid_request"),
        (with_keys().json(&json!({ "token": given.refresh, "token_type_hint": "refresh_token" })), 400, "invalid_request"),
        (with_keys().json(&json!({})), 400, "invalid_request"),
    ] {
        let answer = refusal(request.send().await.expect("answers")).await;
        assert_eq!((answer.0, answer.1["error"].as_str()), (status, Some(error)));
        assert!(!answer.1.to_string().contains(&given.refresh));
    }
    world.refreshed(&given.refresh).await;
}

#[tokio::test]
async fn t7_the_customer_disconnects_one_company() {
    let world = World::start().await;
    let gone = world.connect(LARKSPUR).await;
    let kept = world.connect(HARBOR).await;
    let answer = world.control("revoke", json!({ "realm": LARKSPUR })).await;
    assert_eq!(answer["grants_ended"], 1);
    assert_eq!(world.probe(LARKSPUR, &gone.access).await, StatusCode::UNAUTHORIZED);
    assert_eq!(world.refresh(&gone.refresh).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(world.probe(HARBOR, &kept.access).await, StatusCode::OK);
    let state = world.control_get("state").await;
    assert_eq!(state["grants"][0]["ended_by"], "disconnected_by_customer");
    let (status, _) = world.try_control("revoke", json!({ "realm": "1" })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}
