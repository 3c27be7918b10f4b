//! The requests of each route to the table, counted at the proxy.

use crate::harness::{Browser, Installation, LARKSPUR, get, post};

#[tokio::test]
async fn a_read_that_needs_no_refresh_is_one_request_and_no_write() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let fresh = place.process(&[]);
    place.wire.reset();
    assert_eq!(get("/api/token/beach-blend").key(&place.key).to(&fresh).await.status, 200);
    insta::assert_debug_snapshot!(place.wire.counts(), @r#"
    {
        "BatchGetItem": 1,
    }
    "#);
    place.wire.reset();
    assert_eq!(get("/api/token/beach-blend").key(&place.key).to(&fresh).await.status, 200);
    insta::assert_debug_snapshot!(place.wire.counts(), @r#"
    {
        "GetItem": 1,
    }
    "#);
    place.wire.reset();
    // The connection, and the state of its imports.
    assert_eq!(get("/api/connections/beach-blend").key(&place.key).to(&fresh).await.status, 200);
    insta::assert_debug_snapshot!(place.wire.counts(), @r#"
    {
        "GetItem": 2,
    }
    "#);
}

#[tokio::test]
async fn a_refresh_is_one_write_for_the_lease_and_one_for_the_commit() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    place.wire.reset();
    assert_eq!(place.refresh("beach-blend").await.status, 200);
    let operations: Vec<_> = place.wire.requests().into_iter().map(|request| request.operation).collect();
    // The connection, with a cached key; connection and lease; the lease; the second look; the commit; the audit row, since a caller
    // asked for it. Then, once a minute at most, the figures.
    insta::assert_debug_snapshot!(operations, @r#"
    [
        "GetItem",
        "BatchGetItem",
        "PutItem",
        "GetItem",
        "UpdateItem",
        "PutItem",
        "UpdateItem",
    ]
    "#);
}

#[tokio::test]
async fn a_consent_is_a_read_a_count_and_a_write_at_its_start_and_two_transactions_at_its_end() {
    let place = Installation::start().await;
    let mut curl = Browser::curl(&place.server);
    place.wire.reset();
    let page = curl.start("/oauth/start/beach-blend").await;
    insta::assert_debug_snapshot!(place.wire.counts(), @r#"
    {
        "GetItem": 1,
        "PutItem": 1,
        "UpdateItem": 1,
    }
    "#);
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;
    place.wire.reset();
    assert_eq!(curl.get(callback).await.status, 200);
    insta::assert_debug_snapshot!(place.wire.counts(), @r#"
    {
        "GetItem": 5,
        "Query": 1,
        "TransactWriteItems": 2,
        "UpdateItem": 2,
    }
    "#);
}

#[tokio::test]
async fn a_refused_request_sends_few_or_no_requests_to_the_table() {
    let place = Installation::start().await;
    place.wire.reset();
    for ask in [
        get("/health"),
        get("/api/token/beach-blend"),
        get("/api/token/beach-blend").key("x"),
        get("/api/token/beach-blend?min_valid_seconds=x").key(&place.key),
        get("/api/connections?limit=0").key(&place.key),
        get("/oauth/callback?code=x"),
        post("/oauth/result/x/retry"),
    ] {
        ask.to(&place.server).await;
    }
    assert!(place.wire.counts().is_empty(), "{:?}", place.wire.counts());
}

#[tokio::test]
async fn a_page_of_a_list_is_one_query_and_two_batches() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    for number in 0..20 {
        place.rows.copy("beach-blend", &format!("shop-{number}")).await;
    }
    get("/api/connections").key(&place.key).to(&place.server).await;
    place.wire.reset();
    assert_eq!(get("/api/connections").key(&place.key).to(&place.server).await.status, 200);
    insta::assert_debug_snapshot!(place.wire.counts(), @r#"
    {
        "BatchGetItem": 2,
        "Query": 1,
    }
    "#);
}
