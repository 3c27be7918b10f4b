//! `DynamoDB` throttles, is unavailable, or loses its answers.

use counterfoil_testkit::wire::{Fault, Rule};
use tokio::net::TcpSocket;

use crate::harness::{BASE_URL, Browser, Installation, LARKSPUR, get, post};

async fn connected() -> Installation {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    place.wire.reset();
    place
}

#[tokio::test]
async fn a_throttled_table_is_asked_again_and_then_a_503_with_retry_after() {
    let place = connected().await;
    place.wire.inject(Rule::on("GetItem", Fault::Throttled));
    assert_eq!(place.token("beach-blend").await.status, 200);
    place.wire.inject(Rule::on("GetItem", Fault::Throttled).times(20));
    let answer = place.token("beach-blend").await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "storage_unavailable",
        "detail": "The storage does not answer. Nothing was changed. Try again.",
        "request_id": "[id]",
        "status": 503,
        "title": "Service Unavailable",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 503
    }
    "#);
    assert_eq!(answer.header("retry-after"), Some("2"));
}

#[tokio::test]
async fn a_table_out_of_reach_is_a_503_on_every_route_that_needs_it() {
    let place = connected().await;
    // The port is bound and does not listen, so nobody answers there and no other test gets it.
    let nobody = TcpSocket::new_v4().expect("a socket");
    nobody.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let address = format!("http://{}", nobody.local_addr().expect("bound"));
    let server = place.process_at(&[], &address, place.clock.clone());
    for path in ["/api/token/beach-blend", "/api/connections", "/oauth/start/beach-blend", "/oauth/callback?code=c&state=s"] {
        let answer = get(path).key(&place.key).to(&server).await;
        assert_eq!(answer.problem(), (503, "storage_unavailable".to_owned()), "{path}");
        assert!(!answer.body.contains("127.0.0.1"), "no internals: {}", answer.body);
    }
    let ready = get("/ready").to(&server).await;
    assert_eq!(ready.status, 503);
    assert!(!ready.body.contains("127.0.0.1"), "{}", ready.body);
}

#[tokio::test]
async fn r4_a_commit_whose_answer_is_lost_is_recognized() {
    let place = connected().await;
    place.wire.inject(Rule::on("UpdateItem", Fault::TimeoutAfterApply));
    let answer = place.refresh("beach-blend").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(place.token("beach-blend").await.body, answer.body);
    assert_eq!(place.stand_ins.requests("token.refresh_token").await, 1);
}

#[tokio::test]
async fn r4_a_consent_that_conflicts_with_another_transaction_is_written() {
    let place = connected().await;
    let mut browser = Browser::curl(&place.server);
    let page = browser.start("/oauth/start/corner-shop").await;
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;
    place.wire.inject(Rule::on("TransactWriteItems", Fault::TransactionConflict).times(5));
    assert_eq!(browser.get(callback).await.status, 200);
    assert_eq!(place.token("corner-shop").await.status, 200);
}

#[tokio::test]
async fn a_transaction_conflict_does_not_spend_a_continue_address() {
    let place = connected().await;
    let start = get("/oauth/start/corner-shop").key(&place.key).to(&place.server).await;
    let path = start.location().strip_prefix(BASE_URL).expect("an address of ours");
    place.wire.inject(Rule::on("TransactWriteItems", Fault::TransactionConflict).times(5));
    let answer = post(path).to(&place.server).await;
    assert_eq!(answer.problem(), (503, "storage_unavailable".to_owned()));
    place.wire.reset();
    assert_eq!(post(path).to(&place.server).await.status, 303);
}

#[tokio::test]
async fn o5_a_consume_whose_answer_is_lost_is_still_ours() {
    let place = connected().await;
    let start = get("/oauth/start/corner-shop").key(&place.key).to(&place.server).await;
    let mut browser = Browser::curl(&place.server);
    let page = browser.open(start.location()).await;
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;
    place.wire.inject(Rule::on("UpdateItem", Fault::TimeoutAfterApply));
    assert_eq!(browser.get(callback).await.status, 200);
    assert_eq!(place.rows.history("corner-shop").await.len(), 1);
}

#[tokio::test]
async fn o5_a_consent_whose_last_answer_is_lost_is_written_once() {
    let place = connected().await;
    let start = get("/oauth/start/corner-shop").key(&place.key).to(&place.server).await;
    let mut browser = Browser::curl(&place.server);
    let page = browser.open(start.location()).await;
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;
    place.wire.inject(Rule::on("TransactWriteItems", Fault::TimeoutAfterApply));
    assert_eq!(browser.get(callback).await.status, 200);
    assert_eq!(place.rows.history("corner-shop").await.len(), 1);
}

#[tokio::test]
async fn r2_a_lease_whose_answer_is_lost_is_still_ours() {
    let place = connected().await;
    place.wire.inject(Rule::on("PutItem", Fault::TimeoutAfterApply));
    assert_eq!(post("/api/token/beach-blend/refresh").key(&place.key).to(&place.server).await.status, 200);
}
