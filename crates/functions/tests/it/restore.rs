//! The procedure after a restore: a table is restored from its past, the newer items of the old one are copied, and the functions
//! continue with the restored one.

use std::collections::BTreeSet;

use axum::http::Method;
use counterfoil_core::model::api_key::Scope;
use counterfoil_core::port::clock::Clock as _;
use counterfoil_store::copy_newer::copy_newer;
use counterfoil_store::{Table, aws};
use serde_json::json;

use crate::harness::text;
use crate::harness::{Ask, HARBOR, Installation, LARKSPUR, Logs, Row, get, post};

const RESTORED: &str = "counterfoil-restored";

/// A copy of the table at this moment, as a restore makes it.
async fn backup(place: &Installation) -> Table {
    let config = aws::local_config(place.database());
    let restored = Table::new(&config, RESTORED);
    restored.create().await.expect("a second table");
    let client = aws_sdk_dynamodb::Client::new(&config);
    for row in place.rows.all().await {
        let put = client.put_item().table_name(RESTORED).set_item(Some(row.into_iter().collect()));
        put.send().await.expect("written");
    }
    restored
}

/// The items of the restored table, by key.
async fn rows_of(place: &Installation) -> Vec<Row> {
    let client = aws_sdk_dynamodb::Client::new(&aws::local_config(place.database()));
    let scan = client.scan().table_name(RESTORED).send().await.expect("a table");
    let mut rows: Vec<Row> = scan.items.unwrap_or_default().into_iter().map(Row::from_iter).collect();
    rows.sort_by_key(|row| (text(row, "PK"), text(row, "SK")));
    rows
}

#[tokio::test]
async fn an_end_user_that_was_deleted_since_the_backup_stays_deleted() {
    let place = Installation::start().await;
    let new = |source_id: &str| {
        let new = json!({ "companyName": "Larkspur", "sourceId": source_id, "email": "x@example.com" });
        post("/v1/end-users").key(&place.key).header("content-type", "application/json").body(new.to_string())
    };
    let create = async |source_id: &str| new(source_id).to(&place.server).await.text("id");
    let kept = create("kept").await;
    let deleted = [create("deleted").await, create("replaced").await];
    let restored = backup(&place).await;
    for id in &deleted {
        let answer = Ask::new(Method::DELETE, format!("/v1/end-users/{id}")).key(&place.key).to(&place.server).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let replacing = create("replaced").await;
    let old = Table::new(&aws::local_config(place.database()), "counterfoil");
    for (write, copied) in [(false, 3), (true, 3), (true, 0)] {
        let done = copy_newer(&old, &restored, place.clock.now(), write).await.expect("two tables");
        assert_eq!(done["audit rows"].copied, copied, "{done:?}");
    }
    let server = place.process(&[("TABLE_NAME", RESTORED)]);
    let list = get("/v1/end-users").key(&place.key).to(&server).await.json()["data"].clone();
    let ids: BTreeSet<_> = list.as_array().expect("a list").iter().filter_map(|end_user| end_user["id"].as_str()).collect();
    assert_eq!(ids, BTreeSet::from([&*kept, &*replacing]));
    // The source id of the one is free again, and that of the other is taken.
    assert_eq!(new("replaced").to(&server).await.status, 400);
    assert_eq!(new("deleted").to(&server).await.status, 200);
}

#[tokio::test]
async fn after_a_restore_and_the_copy_everything_is_as_it_was_before() {
    let place = Installation::start().await;
    place.connect("kept", LARKSPUR).await;
    place.connect("refreshed", HARBOR).await;
    place.connect("ended", LARKSPUR).await;
    place.connect("switched", LARKSPUR).await;
    let revoked = place.key_of("default", &Scope::ALL).await;
    let restored = backup(&place).await;

    // The changes after the restored moment.
    place.pass(60).await;
    let fresh = place.refresh("refreshed").await;
    assert_eq!(fresh.status, 200, "{}", fresh.body);
    place.connect("new", HARBOR).await;
    place.connect("switched", HARBOR).await;
    let disconnected = Ask::new(Method::DELETE, "/api/connections/ended").key(&place.key).to(&place.server).await;
    assert_eq!(disconnected.status, 200, "{}", disconnected.body);
    place.revoke(&revoked).await;
    let made = place.key_of("default", &[Scope::TokensRead]).await;

    // A dry run counts and writes nothing. The copy writes once.
    let old = Table::new(&aws::local_config(place.database()), "counterfoil");
    let now = place.clock.now();
    let planned = copy_newer(&old, &restored, now, false).await.expect("two tables");
    let done = copy_newer(&old, &restored, now, true).await.expect("two tables");
    assert_eq!(planned, done, "a dry run says what will be done");
    assert_eq!((done["connections"].copied, done["connections"].same), (4, 1), "{done:?}");
    assert_eq!((done["API keys"].copied, done["leases"].copied), (2, 1), "{done:?}");
    let again = copy_newer(&old, &restored, now, true).await.expect("two tables");
    assert!(again.values().all(|count| count.copied + count.kept + count.overtaken == 0), "{again:?}");

    let (before, after) = (place.rows.under("COMPANY#", "").await, rows_of(&place).await);
    let companies = after.iter().filter(|row| text(row, "PK").starts_with("COMPANY#"));
    assert!(companies.eq(&before), "who holds which company");

    let logs = Logs::capture();
    let server = place.process(&[("TABLE_NAME", RESTORED)]);
    let token = async |company_key: &str, key: &str| get(format!("/api/token/{company_key}")).key(key).to(&server).await;
    assert_eq!(token("refreshed", &made).await.text("access_token"), fresh.text("access_token"));
    assert_eq!(token("kept", &made).await.status, 200);
    assert_eq!(token("new", &made).await.status, 200);
    assert_eq!(token("ended", &made).await.problem(), (409, "reauthorization_required".to_owned()));
    assert_eq!(token("kept", &revoked).await.status, 401, "a revoked key stays revoked");
    // The refresh token is the platform's last one.
    place.pass(3_600).await;
    let again = post("/api/token/refreshed/refresh").key(&place.key).to(&server).await;
    assert_eq!(again.status, 200, "{}\n{}", again.body, logs.text());
}
