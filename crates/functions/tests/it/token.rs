//! `GET /api/token/{company_key}` and `POST …/refresh`: a valid token, and when it is a new one (T-3, T-4).

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::model::api_key::Scope;
use counterfoil_core::port::clock::{Clock as _, SystemClock};
use futures_util::future::join_all;

use crate::harness::{Installation, LARKSPUR, get, post};

#[tokio::test]
async fn a_token_comes_with_the_fields_of_the_contract_and_no_refresh_token() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let shown = place.token("beach-blend").await.shown();
    insta::assert_json_snapshot!(shown, { ".body.access_token" => "[token]", ".body.api_base_url" => "[base]" }, @r#"
    {
      "body": {
        "access_token": "[token]",
        "access_token_expires_at": 1772445600,
        "api_base_url": "[base]",
        "company_id": "9130357849012345",
        "company_key": "beach-blend",
        "company_name": "Larkspur Roofing LLC",
        "last_refresh_at": 1772442000,
        "platform": "quickbooks",
        "realm_id": "9130357849012345",
        "refresh_token_expires_at": 1781168400,
        "updated_at": 1772442000,
        "uses_sandbox_credentials": false
      },
      "content_type": "application/json",
      "status": 200
    }
    "#);
}

#[tokio::test]
async fn a_forced_refresh_answers_with_a_new_token_in_the_same_form() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let old = place.token("beach-blend").await.text("access_token");
    place.pass(60).await;
    let answer = place.refresh("beach-blend").await;
    let shown = answer.shown();
    insta::assert_json_snapshot!(shown, { ".body.access_token" => "[token]", ".body.api_base_url" => "[base]" }, @r#"
    {
      "body": {
        "access_token": "[token]",
        "access_token_expires_at": 1772445660,
        "api_base_url": "[base]",
        "company_id": "9130357849012345",
        "company_key": "beach-blend",
        "company_name": "Larkspur Roofing LLC",
        "last_refresh_at": 1772442060,
        "platform": "quickbooks",
        "realm_id": "9130357849012345",
        "refresh_token_expires_at": 1781168460,
        "updated_at": 1772442060,
        "uses_sandbox_credentials": false
      },
      "content_type": "application/json",
      "status": 200
    }
    "#);
    assert_ne!(answer.text("access_token"), old);
    assert_eq!(place.token("beach-blend").await.body, answer.body, "the read shows the same from now on");
}

#[tokio::test]
async fn a_company_key_without_a_connection_is_a_404() {
    let place = Installation::start().await;
    let answer = place.token("nobody").await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "not_found",
        "detail": "There is no connection with this company key.",
        "request_id": "[id]",
        "status": 404,
        "title": "Not Found",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 404
    }
    "#);
    assert_eq!(place.refresh("nobody").await.problem().0, 404);
    place.connect("beach-blend", LARKSPUR).await;
    assert_eq!(place.token("Beach-Blend").await.problem().0, 404, "a key keeps its case");
}

#[tokio::test]
async fn t3_reading_a_token_needs_the_scope_for_it() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let others: Vec<_> = Scope::ALL.into_iter().filter(|scope| *scope != Scope::TokensRead).collect();
    let lesser = place.key_of("default", &others).await;
    let answer = get("/api/token/beach-blend").key(&lesser).to(&place.server).await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "insufficient_scope",
        "detail": "This API key lacks the scope tokens:read.",
        "request_id": "[id]",
        "status": 403,
        "title": "Forbidden",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 403
    }
    "#);
    let forced = post("/api/token/beach-blend/refresh").key(&lesser).to(&place.server).await;
    assert_eq!(forced.problem(), (403, "insufficient_scope".to_owned()));
    let unknown = get("/api/token/nobody").key(&lesser).to(&place.server).await;
    assert_eq!(unknown.problem(), (403, "insufficient_scope".to_owned()), "it does not tell what exists");

    let least = place.key_of("default", &[Scope::TokensRead]).await;
    assert_eq!(get("/api/token/beach-blend").key(&least).to(&place.server).await.status, 200);
}

#[tokio::test]
async fn t4_by_default_a_token_is_valid_for_five_minutes_more() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let first = place.token("beach-blend").await.text("access_token");
    place.pass(3_300).await;
    assert_eq!(place.token("beach-blend").await.text("access_token"), first, "300 s are left");
    place.pass(1).await;
    let second = place.token("beach-blend").await;
    assert_ne!(second.text("access_token"), first);
    assert_eq!(second.json()["access_token_expires_at"], crate::harness::BEGINNING + 3_301 + 3_600);
    assert_eq!(place.stand_ins.requests("token.refresh_token").await, 1);
}

#[tokio::test]
async fn t4_a_caller_may_ask_for_up_to_half_the_tokens_life() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let read = async |seconds: u64| {
        get(format!("/api/token/beach-blend?min_valid_seconds={seconds}")).key(&place.key).to(&place.server).await
    };
    let first = read(1_800).await.text("access_token");
    let answer = read(1_801).await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "invalid_min_valid_seconds",
        "detail": "min_valid_seconds may be at most 1800, half of this token's life.",
        "request_id": "[id]",
        "status": 400,
        "title": "Bad Request",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 400
    }
    "#);
    place.pass(1_801).await;
    assert_eq!(read(1_799).await.text("access_token"), first);
    assert_eq!(read(0).await.text("access_token"), first);
    assert_ne!(read(1_800).await.text("access_token"), first);
    place.pass(3_599).await;
    assert_eq!(read(0).await.status, 200, "one second is left");
    assert_eq!(place.stand_ins.requests("token.refresh_token").await, 1);
    place.pass(1).await;
    assert_eq!(read(0).await.status, 200);
    assert_eq!(place.stand_ins.requests("token.refresh_token").await, 2, "none is left");
}

#[tokio::test]
async fn t4_the_default_is_half_the_life_of_a_short_token() {
    let place = Installation::start().await;
    place.stand_ins.control("settings", serde_json::json!({ "access_token_seconds": 400 })).await;
    place.connect("beach-blend", LARKSPUR).await;
    place.pass(200).await;
    place.token("beach-blend").await;
    assert_eq!(place.stand_ins.requests("token.refresh_token").await, 0);
    place.pass(1).await;
    place.token("beach-blend").await;
    assert_eq!(place.stand_ins.requests("token.refresh_token").await, 1);
}

#[tokio::test]
async fn t4_forced_refreshes_call_the_platform_at_most_once_in_ten_seconds() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let first = place.refresh("beach-blend").await;
    place.pass(9).await;
    assert_eq!(place.refresh("beach-blend").await.body, first.body, "the token just refreshed");
    assert_eq!(place.stand_ins.requests("token.refresh_token").await, 1);
    place.pass(1).await;
    assert_ne!(place.refresh("beach-blend").await.text("access_token"), first.text("access_token"));
    assert_eq!(place.stand_ins.requests("token.refresh_token").await, 2);
}

#[tokio::test]
async fn t4_a_forced_refresh_that_failed_keeps_its_distance_too() {
    let place = Installation::start_with(&[("BACKOFF_FIRST_MS", "1"), ("BACKOFF_LONGEST_MS", "1")]).await;
    place.connect("beach-blend", LARKSPUR).await;
    place.stand_ins.fault("token", "throttled").await;
    assert_eq!(place.refresh("beach-blend").await.status, 502);
    place.pass(5).await;
    let answer = place.refresh("beach-blend").await;
    assert_eq!(answer.status, 502);
    assert!(answer.header("retry-after").is_some());
    assert_eq!(place.stand_ins.requests("token.refresh_token").await, 1);
    place.pass(5).await;
    place.refresh("beach-blend").await;
    assert_eq!(place.stand_ins.requests("token.refresh_token").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn t4_thirty_forced_refreshes_at_once_are_one_call_and_one_token() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let server = place.process_at(&[], place.wire.endpoint(), Arc::new(SystemClock::start()));
    place.stand_ins.control("settings", serde_json::json!({ "token_delay_ms": 200 })).await;
    let refreshes = (0..30).map(|_| {
        let (server, ask) = (server.clone(), post("/api/token/beach-blend/refresh").key(&place.key));
        tokio::spawn(async move { ask.to(&server).await })
    });
    let answers: Vec<_> = join_all(refreshes).await.into_iter().map(|answer| answer.expect("no panic")).collect();
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (200, &answers[0].body));
    }
    assert_eq!(place.stand_ins.requests("token.refresh_token").await, 1);
}

/// Lambda freezes or ends a function at its deadline. So no refresh starts that could not be stored by then.
#[tokio::test]
async fn no_refresh_is_begun_that_could_not_end_before_the_functions_deadline() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let old = place.token("beach-blend").await.text("access_token");
    let refresh = async |seconds| {
        let due_by = place.clock.now() + Duration::from_secs(seconds);
        post("/api/token/beach-blend/refresh").key(&place.key).due_by(due_by).to(&place.server).await
    };
    place.pass(60).await;
    assert_eq!(
        refresh(20).await.problem(),
        (503, "refresh_in_progress".to_owned()),
        "a lease lasts 18 s, then it may have to park"
    );
    assert_eq!(place.token("beach-blend").await.text("access_token"), old);
    assert_ne!(refresh(22).await.text("access_token"), old);
}
