//! A state works once, within ten minutes (O-4, O-5). Requests that only look do not spend it.

use std::sync::Arc;

use axum::http::Method;
use counterfoil_core::port::clock::SystemClock;
use futures_util::future::join_all;

use crate::harness::{Ask, Browser, Installation, LARKSPUR, get, with_parameter};

#[tokio::test]
async fn o4_a_flow_older_than_ten_minutes_is_refused_while_its_row_exists() {
    let place = Installation::start().await;
    for (age, status) in [(599, 200), (600, 400)] {
        let mut curl = Browser::curl(&place.server);
        let page = curl.start("/oauth/start/beach-blend").await;
        let callback = place.stand_ins.consent(&page, LARKSPUR).await;
        place.clock.advance(std::time::Duration::from_secs(age));
        let answer = curl.get(&callback).await;
        assert_eq!(answer.status, status, "{age} s: {}", answer.body);
        if status == 400 {
            assert_eq!(answer.text("code"), "invalid_state");
        }
    }
    assert_eq!(place.rows.under("FLOW#", "").await.len(), 2, "nothing swept them");
    assert_eq!(place.stand_ins.token_requests().await, 1);
}

#[tokio::test]
async fn o4_an_unknown_or_missing_state_is_refused() {
    let place = Installation::start().await;
    for (query, code) in [
        ("code=x&realmId=1", "missing_state"),
        ("code=x&state=&realmId=1", "missing_state"),
        ("code=x&state=beach-blend:forged&realmId=1", "invalid_state"),
        ("code=x&state=a&state=a", "repeated_parameter"),
    ] {
        let answer = get(format!("/oauth/callback?{query}")).to(&place.server).await;
        assert_eq!(answer.problem(), (400, code.to_owned()), "{query}");
    }
    assert_eq!(place.stand_ins.token_requests().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn o5_fifty_parallel_callbacks_exchange_once_and_all_see_the_same_result() {
    let place = Installation::start().await;
    let server = place.process_at(&[], place.wire.endpoint(), Arc::new(SystemClock::start()));
    let mut curl = Browser::curl(&server);
    let page = curl.start("/oauth/start/beach-blend").await;
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;
    let cookie = curl.cookie.expect("it was set");
    place.stand_ins.control("settings", serde_json::json!({ "token_delay_ms": 200 })).await;

    let callbacks = (0..50).map(|_| {
        let (server, ask) = (server.clone(), get(&callback).header("cookie", &cookie));
        tokio::spawn(async move { ask.to(&server).await })
    });
    let answers: Vec<_> = join_all(callbacks).await.into_iter().map(|answer| answer.expect("no panic")).collect();

    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (200, &answers[0].body));
    }
    assert_eq!(place.stand_ins.requests("token.authorization_code").await, 1);
    assert_eq!(place.rows.history("beach-blend").await, ["connected by anonymous"]);
}

#[tokio::test]
async fn o5_a_browser_that_comes_again_sees_the_same_result() {
    let place = Installation::start().await;
    let mut curl = Browser::curl(&place.server);
    let page = curl.start("/oauth/start/beach-blend").await;
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;
    let first = curl.get(&callback).await;
    let again = curl.get(with_parameter(&callback, "code", Some("another"))).await;
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    assert_eq!(place.stand_ins.token_requests().await, 1);
}

#[tokio::test]
async fn head_and_options_change_nothing() {
    let place = Installation::start().await;
    for method in [Method::HEAD, Method::OPTIONS] {
        assert_eq!(Ask::new(method, "/oauth/start/beach-blend").to(&place.server).await.status, 405);
    }
    assert!(place.rows.under("FLOW#", "").await.is_empty());

    let mut curl = Browser::curl(&place.server);
    let page = curl.start("/oauth/start/beach-blend").await;
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;
    let before = place.rows.all().await;
    for method in [Method::HEAD, Method::OPTIONS] {
        let ask = Ask::new(method, &callback).header("cookie", curl.cookie.as_ref().expect("it was set"));
        assert_eq!(ask.to(&place.server).await.status, 405);
    }
    assert_eq!(place.rows.all().await, before);
    assert_eq!(curl.get(callback).await.status, 200);
}

#[tokio::test]
async fn o5_a_consent_whose_process_died_ends_after_a_minute() {
    let place = Installation::start().await;
    let mut curl = Browser::curl(&place.server);
    let page = curl.start("/oauth/start/beach-blend").await;
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;
    let mut flow = place.rows.under("FLOW#", "").await.pop().expect("the flow");
    let consumed_at = crate::harness::BEGINNING * 1_000;
    flow.insert("stage".to_owned(), aws_sdk_dynamodb::types::AttributeValue::S("consumed".to_owned()));
    flow.insert("consumed_at".to_owned(), aws_sdk_dynamodb::types::AttributeValue::N(consumed_at.to_string()));
    place.rows.put(flow).await;

    let waiting = curl.get(&callback).await;
    assert_eq!(waiting.problem(), (503, "consent_in_progress".to_owned()));
    assert_eq!(waiting.header("retry-after"), Some("2"));
    place.pass(61).await;
    assert_eq!(curl.get(&callback).await.problem(), (502, "consent_interrupted".to_owned()));
    assert_eq!(place.rows.refusals("default").await, ["consent_failed: consent_interrupted x1"]);
}
