//! Each fault: what the client gets, and the state afterwards.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::harness::{DAY, LARKSPUR, World, refusal};

async fn connected_with(fault: Value) -> (World, super::harness::Tokens) {
    let world = World::start().await;
    let given = world.connect(LARKSPUR).await;
    world.control("faults", fault).await;
    (world, given)
}

#[tokio::test]
async fn the_fault_status_applies_the_given_number_of_times_and_changes_nothing() {
    let fault = json!({ "at": "token", "kind": "status", "status": 502, "times": 2 });
    let (world, given) = connected_with(fault).await;
    for _ in 0..2 {
        let (status, body) = refusal(world.refresh(&given.refresh).await).await;
        assert_eq!(status, 502);
        assert_eq!(body["fault"]["error"][0]["code"], "10000");
    }
    world.refreshed(&given.refresh).await;
    assert_eq!(world.control_get("faults").await, json!({ "faults": [] }));
    assert_eq!(world.control_get("state").await["grants"][0]["refreshes"], 1);
}

#[tokio::test]
async fn a_fault_without_times_applies_until_it_is_cleared() {
    let (world, given) = connected_with(json!({ "at": "api", "kind": "throttled" })).await;
    for _ in 0..3 {
        let request = world.company_info(&world.endpoints.api, LARKSPUR, &given.access);
        let (status, body) = refusal(request.send().await.expect("answers")).await;
        assert_eq!(status, 429);
        let error = &body["fault"]["error"][0];
        assert_eq!(error["code"], "3001");
        assert_eq!(error["message"], "message=ThrottleExceeded; errorCode=003001; statusCode=429");
    }
    world.refreshed(&given.refresh).await;
    world.clear_faults().await;
    assert_eq!(world.probe(LARKSPUR, &given.access).await, StatusCode::OK);
}

#[tokio::test]
async fn reset_closes_the_connection_without_an_answer() {
    let (world, given) = connected_with(json!({ "at": "token", "kind": "reset", "times": 1 })).await;
    let error = world.refresh_request(&given.refresh).send().await.expect_err("no answer comes");
    assert!(error.is_request() && !error.is_timeout(), "{error:?}");
    assert_eq!(world.refreshed(&given.refresh).await.refresh, given.refresh);
}

#[tokio::test]
async fn the_fault_timeout_answers_nothing_and_ends_when_the_caller_disconnects() {
    let (world, given) = connected_with(json!({ "at": "token", "kind": "timeout", "times": 1 })).await;
    let request = world.refresh_request(&given.refresh).timeout(Duration::from_millis(100));
    assert!(request.send().await.expect_err("no answer comes").is_timeout());
    world.until(|state| state["log"].to_string().contains("the caller went away")).await;
    world.refreshed(&given.refresh).await;
    assert_eq!(world.control_get("state").await["max_in_flight_per_refresh_token"], 1);
}

#[tokio::test]
async fn r1_a_request_that_times_out_counts_as_in_flight() {
    let (world, given) = connected_with(json!({ "at": "token", "kind": "timeout", "times": 1 })).await;
    let waiting = tokio::spawn(world.refresh_request(&given.refresh).send());
    world.until(|state| state["requests"]["token.refresh_token"] == 1).await;
    assert_eq!(world.refresh(&given.refresh).await.status(), StatusCode::BAD_REQUEST);
    waiting.abort();
    assert_eq!(world.control_get("state").await["max_in_flight_per_refresh_token"], 2);
}

#[tokio::test]
async fn the_fault_garbage_is_a_success_that_is_no_json() {
    let (world, given) = connected_with(json!({ "at": "token", "kind": "garbage", "times": 1 })).await;
    let answer = world.refresh(&given.refresh).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let body = answer.bytes().await.expect("a body");
    serde_json::from_slice::<Value>(&body).expect_err("no JSON");
}

#[tokio::test]
async fn oversized_is_a_success_of_eight_mebibytes() {
    let (world, given) = connected_with(json!({ "at": "api", "kind": "oversized", "times": 1 })).await;
    let request = world.company_info(&world.endpoints.api, LARKSPUR, &given.access);
    let answer = request.send().await.expect("answers");
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.content_length(), None);
    assert_eq!(answer.bytes().await.expect("a body").len(), 8 * 1024 * 1024);
}

#[tokio::test]
async fn the_fault_slow_delays_the_right_answer() {
    let fault = json!({ "at": "token", "kind": "slow", "delay_ms": 200, "times": 1 });
    let (world, given) = connected_with(fault).await;
    let early = tokio::time::timeout(Duration::from_millis(100), world.refresh(&given.refresh));
    early.await.expect_err("the answer is held back");
    world.until(|state| state["grants"][0]["refreshes"] == 1).await;
    let fault = json!({ "at": "api", "kind": "slow", "delay_ms": 50, "times": 1 });
    world.control("faults", fault).await;
    assert_eq!(world.probe(LARKSPUR, &given.access).await, StatusCode::OK);
}

#[tokio::test]
async fn r7_an_answer_lost_after_rotating_leaves_a_replaced_token() {
    let fault = json!({ "at": "token", "kind": "answer_lost_after_rotating", "times": 1 });
    let (world, given) = connected_with(fault).await;
    world.refresh_request(&given.refresh).send().await.expect_err("no answer comes");
    assert_eq!(world.control_get("state").await["grants"][0]["rotations"], 1);
    let (status, body) = refusal(world.refresh(&given.refresh).await).await;
    assert_eq!((status, body["error"].as_str()), (400, Some("invalid_grant")));
}

#[tokio::test]
async fn r14_the_fault_status_after_rotating_changes_the_token() {
    let fault = json!({ "at": "token", "kind": "status_after_rotating", "status": 500, "times": 1 });
    let (world, given) = connected_with(fault).await;
    let answer = world.refresh(&given.refresh).await;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let state = world.control_get("state").await;
    assert_eq!(state["grants"][0]["rotations"], 1);
    assert_eq!(state["grants"][0]["live"], true);
}

#[tokio::test]
async fn a_revocation_can_be_made_and_its_answer_lost() {
    let fault = json!({ "at": "revoke", "kind": "answer_lost_after_rotating", "times": 1 });
    let (world, given) = connected_with(fault).await;
    let request = world.revoke_request(&given.refresh);
    request.send().await.expect_err("no answer comes");
    assert_eq!(world.revoke(&given.refresh).await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn faults_apply_to_the_consent_page_too() {
    let (world, _) = connected_with(json!({ "at": "authorize", "kind": "status", "times": 1 })).await;
    let request = world.client.get(&world.endpoints.authorize);
    let answer = request.send().await.expect("answers");
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_fault_changes_no_rule_of_rotation() {
    let fault = json!({ "at": "token", "kind": "slow", "delay_ms": 1, "times": 2 });
    let (world, given) = connected_with(fault).await;
    assert_eq!(world.refreshed(&given.refresh).await.refresh, given.refresh);
    world.pass(DAY).await;
    assert_ne!(world.refreshed(&given.refresh).await.refresh, given.refresh);
}
