//! Refresh tokens: when they change, how long they live, and concurrent use.

use counterfoil_stand_ins::quickbooks::Environment;
use reqwest::{Response, StatusCode};
use serde_json::json;

use super::harness::{DAY, HARBOR, LARKSPUR, World, refusal, tokens};

const REFRESH_TOKEN_LIFE: i64 = 8_726_400;

async fn assert_dead(answer: Response) {
    let body = json!({ "error": "invalid_grant", "error_description": "Incorrect or invalid refresh token" });
    assert_eq!(refusal(answer).await, (400, body));
}

#[tokio::test]
async fn daily_a_token_stays_for_a_day_and_then_changes() {
    let world = World::start().await;
    let first = world.connect(LARKSPUR).await;
    let second = world.refreshed(&first.refresh).await;
    assert_eq!(second.refresh, first.refresh);
    assert_ne!(second.access, first.access);
    world.pass(DAY - 100).await;
    assert_eq!(world.refreshed(&first.refresh).await.refresh, first.refresh);
    world.pass(100).await;
    let rotated = world.refreshed(&first.refresh).await;
    assert_ne!(rotated.refresh, first.refresh);
    assert_eq!(world.refreshed(&rotated.refresh).await.refresh, rotated.refresh);
}

#[tokio::test]
async fn a_replaced_token_that_is_presented_again_ends_the_grant() {
    let world = World::start().await;
    let first = world.connect(LARKSPUR).await;
    world.pass(DAY).await;
    let second = world.refreshed(&first.refresh).await;
    assert_dead(world.refresh(&first.refresh).await).await;
    assert_dead(world.refresh(&second.refresh).await).await;
    assert_eq!(world.probe(LARKSPUR, &second.access).await, StatusCode::UNAUTHORIZED);
    let state = world.control_get("state").await;
    assert_eq!(state["grants"][0]["ended_by"], "replaced_token_presented");
}

#[tokio::test]
async fn a_setting_makes_a_replaced_token_only_invalid() {
    let world = World::start().await;
    world.control("settings", json!({ "revoke_on_reuse": false })).await;
    let first = world.connect(LARKSPUR).await;
    world.pass(DAY).await;
    let second = world.refreshed(&first.refresh).await;
    assert_dead(world.refresh(&first.refresh).await).await;
    world.refreshed(&second.refresh).await;
}

#[tokio::test]
async fn a_refresh_leaves_older_access_tokens_alive() {
    let world = World::start().await;
    let first = world.connect(LARKSPUR).await;
    world.pass(1800).await;
    let second = world.refreshed(&first.refresh).await;
    assert_eq!(world.probe(LARKSPUR, &first.access).await, StatusCode::OK);
    world.pass(1800).await;
    assert_eq!(world.probe(LARKSPUR, &first.access).await, StatusCode::UNAUTHORIZED);
    assert_eq!(world.probe(LARKSPUR, &second.access).await, StatusCode::OK);
}

#[tokio::test]
async fn each_use_restarts_the_life_and_an_unused_token_expires() {
    let world = World::start().await;
    let first = world.connect(LARKSPUR).await;
    world.pass(60 * DAY).await;
    let second = world.refreshed(&first.refresh).await;
    assert_eq!(second.body["x_refresh_token_expires_in"], REFRESH_TOKEN_LIFE);
    world.pass(60 * DAY).await;
    let third = world.refreshed(&second.refresh).await;
    world.pass(REFRESH_TOKEN_LIFE).await;
    assert_dead(world.refresh(&third.refresh).await).await;
    assert_eq!(world.control_get("state").await["grants"][0]["live"], false);
}

#[tokio::test]
async fn no_use_extends_a_grant_beyond_five_years() {
    let world = World::start().await;
    let mut refresh_token = world.connect(LARKSPUR).await.refresh;
    for _ in 0..18 {
        world.pass(100 * DAY).await;
        refresh_token = world.refreshed(&refresh_token).await.refresh;
    }
    let last = world.refreshed(&refresh_token).await;
    let left = last.body["x_refresh_token_expires_in"].as_i64().expect("a number");
    assert!((25 * DAY - 60..=25 * DAY).contains(&left), "{left}");
    world.pass(25 * DAY).await;
    assert_dead(world.refresh(&last.refresh).await).await;
}

#[tokio::test]
async fn unknown_and_foreign_tokens_are_refused_and_harm_nothing() {
    let world = World::start().await;
    let given = world.connect(LARKSPUR).await;
    assert_dead(world.refresh("RT1-39-H0-made-up").await).await;
    assert_dead(world.refresh(&given.access).await).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", given.refresh.as_str())];
    let foreign = world.token_request(Environment::Sandbox, &form);
    assert_dead(foreign.send().await.expect("answers")).await;
    world.refreshed(&given.refresh).await;
}

#[tokio::test]
async fn r1_two_concurrent_requests_end_the_grant_and_the_first_ones_tokens() {
    let world = World::start().await;
    let given = world.connect(LARKSPUR).await;
    let bystander = world.connect(HARBOR).await;
    world.pass(DAY).await;
    world.control("settings", json!({ "token_delay_ms": 1000 })).await;
    let first = tokio::spawn(world.refresh_request(&given.refresh).send());
    world.until(|state| state["requests"]["token.refresh_token"] == 1).await;
    world.control("settings", json!({ "token_delay_ms": 0 })).await;
    assert_dead(world.refresh(&given.refresh).await).await;
    let won = tokens(first.await.expect("no panic").expect("answers")).await;
    assert_ne!(won.refresh, given.refresh);
    assert_eq!(world.probe(LARKSPUR, &won.access).await, StatusCode::UNAUTHORIZED);
    assert_dead(world.refresh(&won.refresh).await).await;
    let state = world.control_get("state").await;
    assert_eq!(state["max_in_flight_per_refresh_token"], 2);
    assert_eq!(state["grants"][0]["ended_by"], "presented_twice_at_once");
    world.refreshed(&bystander.refresh).await;
}

#[tokio::test]
async fn r1_requests_one_after_the_other_are_no_race() {
    let world = World::start().await;
    let given = world.connect(LARKSPUR).await;
    for _ in 0..5 {
        world.refreshed(&given.refresh).await;
    }
    assert_eq!(world.control_get("state").await["max_in_flight_per_refresh_token"], 1);
}

#[tokio::test]
async fn a_request_continues_when_its_caller_disconnects() {
    let world = World::start().await;
    let given = world.connect(LARKSPUR).await;
    let fault = json!({ "at": "token", "kind": "slow", "delay_ms": 120_000, "times": 1 });
    world.control("faults", fault).await;
    let impatient = tokio::spawn(world.refresh_request(&given.refresh).send());
    world.until(|state| state["requests"]["token.refresh_token"] == 1).await;
    impatient.abort();
    world.until(|state| state["log"].to_string().contains("the caller went away")).await;
    assert_dead(world.refresh(&given.refresh).await).await;
}
