//! The answers to a caller when the platform refuses, fails or is unavailable (R-8, R-10).

use std::time::Duration;

use counterfoil_core::settings::Settings;
use serde_json::json;

use crate::harness::{Answer, Installation, LARKSPUR, get, post};

#[tokio::test]
async fn r8_the_read_that_finds_the_grant_refused_gets_a_502_and_every_later_one_a_409() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    place.stand_ins.control("revoke", json!({ "realm": LARKSPUR })).await;
    place.pass(3_600).await;
    let first = place.token("beach-blend").await;
    insta::assert_json_snapshot!(first.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "grant_refused",
        "detail": "The platform refused the refresh token: access was withdrawn or has ended. Send the customer to /oauth/start/beach-blend?platform=quickbooks to consent again.",
        "request_id": "[id]",
        "status": 502,
        "title": "Bad Gateway",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 502
    }
    "#);
    assert_eq!(first.header("retry-after"), None, "trying again does not help");
    let second = place.token("beach-blend").await;
    insta::assert_json_snapshot!(second.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "reauthorization_required",
        "detail": "The platform refused the refresh token: access was withdrawn or has ended. Send the customer to /oauth/start/beach-blend?platform=quickbooks to consent again.",
        "request_id": "[id]",
        "status": 409,
        "title": "Conflict",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 409
    }
    "#);
    assert_eq!(place.refresh("beach-blend").await.problem(), (409, "reauthorization_required".to_owned()));
    assert_eq!(place.stand_ins.requests("token.refresh_token").await, 1, "a dead grant is not presented again");

    let mut history = place.rows.history("beach-blend").await;
    history.retain(|line| !line.starts_with("token_refreshed by key:"));
    assert_eq!(history[1..], ["grant_ended by vault: revoked"]);
    let events = place.rows.events("beach-blend").await;
    let event = events.last().expect("an event");
    assert_eq!(event["event"].as_s().map(String::as_str), Ok("oauth.reauthorization_required"));
    assert_eq!(event["reason"].as_s().map(String::as_str), Ok("revoked"));
}

#[tokio::test]
async fn r8_a_refused_grant_shows_on_the_connection_and_a_consent_revives_it() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    place.stand_ins.control("revoke", json!({ "realm": LARKSPUR })).await;
    place.refresh("beach-blend").await;
    let connection = place.connection("beach-blend").await.json();
    insta::assert_json_snapshot!(connection["last_error"], @r#"
    {
      "at": 1772442000,
      "code": "revoked",
      "message": "The platform refused the refresh token: access was withdrawn or has ended."
    }
    "#);
    assert_eq!(connection["status"], "needs_reauthorization");
    place.connect("beach-blend", LARKSPUR).await;
    let healed = place.connection("beach-blend").await.json();
    assert_eq!((&healed["status"], &healed["last_error"]), (&json!("active"), &json!(null)));
    assert_eq!(place.token("beach-blend").await.status, 200);
}

#[tokio::test]
async fn r10_a_token_that_is_still_valid_is_served_while_the_platform_is_down() {
    for kind in ["status", "reset", "garbage", "throttled", "oversized"] {
        let place = Installation::start().await;
        place.connect("beach-blend", LARKSPUR).await;
        let stored = place.token("beach-blend").await.text("access_token");
        place.pass(3_400).await;
        place.stand_ins.fault("token", kind).await;
        assert_eq!(place.token("beach-blend").await.text("access_token"), stored, "{kind}");
        let asked = place.stand_ins.requests("token.refresh_token").await;
        assert!((1..=2).contains(&asked), "{kind}: {asked}");
        assert_eq!(place.token("beach-blend").await.text("access_token"), stored);
        assert_eq!(place.stand_ins.requests("token.refresh_token").await, asked, "{kind}: it is given a pause");
        assert_eq!(place.connection("beach-blend").await.json()["status"], "active");
    }
}

#[tokio::test]
async fn r10_an_expired_token_and_a_platform_that_is_down_are_a_502_with_retry_after() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    place.pass(3_600).await;
    place.stand_ins.fault("token", "status").await;
    let answer = place.token("beach-blend").await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "platform_unavailable",
        "detail": "The platform answered with an error.",
        "request_id": "[id]",
        "status": 502,
        "title": "Bad Gateway",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 502
    }
    "#);
    assert!(seconds_to_wait(&answer) >= 1);
    let paused = place.token("beach-blend").await;
    assert_eq!(paused.problem(), (502, "platform_unavailable".to_owned()));
    let wait = seconds_to_wait(&paused);
    place.stand_ins.no_more_faults().await;
    place.pass(wait).await;
    assert_eq!(place.token("beach-blend").await.status, 200, "after the time that was said");
}

/// A connection with an expired access token, and a read of it that got no answer from the platform.
async fn read_without_an_answer(kind: &str) -> Installation {
    // A second for the platform, and one for the answer: the process waits for a silent platform in real time.
    let place = Installation::start().await.with_settings(|settings| Settings {
        platform_timeout: Duration::from_millis(300),
        commit_budget: Duration::from_millis(300),
        store_timeout: Duration::from_millis(100),
        lease: Duration::from_secs(1),
        function_time: Duration::from_millis(2_400),
        ..settings
    });
    place.connect("beach-blend", LARKSPUR).await;
    place.pass(3_600).await;
    place.stand_ins.fault("token", kind).await;
    assert_eq!(place.token("beach-blend").await.status, 502, "{kind}");
    place.stand_ins.no_more_faults().await;
    place
}

#[tokio::test]
async fn r1_a_token_whose_refresh_got_no_answer_rests_before_it_is_presented_again() {
    for kind in ["reset", "timeout"] {
        let place = read_without_an_answer(kind).await;
        place.pass(20).await;
        let resting = place.token("beach-blend").await;
        assert!(matches!(resting.status, 502 | 503), "{kind}: {}", resting.body);
        assert_eq!(place.stand_ins.requests("token.refresh_token").await, 1, "{kind}");
        place.pass(seconds_to_wait(&resting)).await;
        assert_eq!(place.token("beach-blend").await.status, 200, "{kind}");
        assert_eq!(place.stand_ins.requests("token.refresh_token").await, 2, "{kind}");
    }
}

#[tokio::test]
async fn r7_a_refusal_after_a_lost_answer_is_rotation_lost() {
    let place = read_without_an_answer("answer_lost_after_rotating").await;
    place.pass(60).await;
    let answer = place.token("beach-blend").await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "grant_refused",
        "detail": "The platform refused the refresh token after one of its answers was lost. Send the customer to /oauth/start/beach-blend?platform=quickbooks to consent again.",
        "request_id": "[id]",
        "status": 502,
        "title": "Bad Gateway",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 502
    }
    "#);
    assert_eq!(place.connection("beach-blend").await.json()["last_error"]["code"], "rotation_lost");
    assert_eq!(place.rows.history("beach-blend").await[1..], ["grant_ended by vault: rotation_lost"]);
}

#[tokio::test]
async fn r8_a_refusal_of_our_own_credentials_ends_no_grant() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let stored = place.token("beach-blend").await.text("access_token");
    let wrong = place.process(&[("QUICKBOOKS_CLIENT_SECRET", "wrong")]);
    let answer = post("/api/token/beach-blend/refresh").key(&place.key).to(&wrong).await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "client_refused",
        "detail": "The platform refuses this installation's client id or secret.",
        "request_id": "[id]",
        "status": 502,
        "title": "Bad Gateway",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 502
    }
    "#);
    assert!(seconds_to_wait(&answer) >= 1);
    let connection = place.connection("beach-blend").await.json();
    assert_eq!((&connection["status"], &connection["last_error"]["code"]), (&json!("active"), &json!("client_refused")));
    let read = get("/api/token/beach-blend").key(&place.key).to(&wrong).await;
    assert_eq!(read.text("access_token"), stored);
    place.pass(600).await;
    assert_eq!(place.refresh("beach-blend").await.status, 200, "with the right secret");
    assert_eq!(place.connection("beach-blend").await.json()["last_error"], json!(null));
}

#[tokio::test]
async fn r8_a_throttled_platform_gets_the_pause_it_asks_for() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    place.stand_ins.fault("token", "throttled").await;
    let answer = place.refresh("beach-blend").await;
    assert_eq!(answer.problem(), (502, "platform_throttled".to_owned()));
    assert!(seconds_to_wait(&answer) >= 1);
    assert_eq!(place.token("beach-blend").await.status, 200);
}

fn seconds_to_wait(answer: &Answer) -> u32 {
    let header = answer.header("retry-after").unwrap_or_else(|| panic!("no Retry-After: {} {}", answer.status, answer.body));
    header.parse().expect("seconds")
}
