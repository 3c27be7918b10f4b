//! The control routes of the books, the limits and the faults of lists, which are the same at every platform.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::books::{Client, ids};
use super::harness::{LARKSPUR, World};

async fn of_twenty() -> Client {
    Client::of(LARKSPUR, json!({ "checks_only": true, "sizes": { "purchases": 20 } })).await
}

#[tokio::test]
async fn every_company_has_books_from_the_start() {
    let world = World::start().await;
    let books = world.control_get(&format!("books/{LARKSPUR}")).await;
    for (entity, count) in [("purchases", 180), ("payments", 90), ("bills", 130), ("invoices", 120)] {
        assert_eq!(books["entities"][entity]["count"], count);
    }
}

#[tokio::test]
async fn a_notification_goes_to_an_address_that_answers_and_is_sent_of_known_companies_only() {
    let world = World::start().await;
    // The stand-in's own address has no such route.
    let url = format!("{}/nowhere", world.endpoints.control);
    let notified = world.control(&format!("books/{LARKSPUR}/notify"), json!({ "entity": "bills", "url": url })).await;
    assert_eq!(notified, json!({ "status": 404 }));
    for (company, url) in
        [("1", url.as_str()), (LARKSPUR, "https://127.0.0.1:1/"), (LARKSPUR, "http://127.0.0.1:1/"), (LARKSPUR, "no")]
    {
        let path = format!("{}/books/{company}/notify", world.endpoints.control);
        let refused = world.client.post(path).json(&json!({ "entity": "bills", "url": url })).send().await.expect("answers");
        assert_eq!(refused.status(), 400, "{company} {url}");
    }
}

#[tokio::test]
async fn requests_are_counted_by_company_and_by_kind() {
    let client = of_twenty().await;
    client.select("select * from Purchase").await;
    client.ids("Purchase", "startposition 11").await;
    client.select("select count(*) from Purchase").await;
    client.get("cdc", &[]).send().await.expect("answers");
    client.get("purchase/101", &[]).send().await.expect("answers");
    let counted = client.world.control_get("traffic").await;
    assert_eq!(counted, json!({ LARKSPUR: { "cdc": 1, "query Purchase": 2, "query count": 1, "record": 1 } }));
}

#[tokio::test]
async fn a_minutes_limit_lasts_until_the_minute_is_over() {
    let client = of_twenty().await;
    client.world.control("clock", json!({ "now": 1_790_812_800 })).await;
    let mut client = client;
    client.token = client.world.connect(LARKSPUR).await.access;
    client.world.control("settings", json!({ "requests_per_minute": 2 })).await;
    client.select("select * from Purchase").await;
    client.select("select * from Purchase").await;
    let (status, body) = client.try_select("select * from Purchase").await;
    assert_eq!((status, &body["fault"]["error"][0]["code"]), (429, &json!("3001")));
    client.world.pass(60).await;
    client.select("select * from Purchase").await;
}

#[tokio::test]
async fn more_at_once_than_the_limit_is_a_429() {
    let client = of_twenty().await;
    client.world.control("settings", json!({ "concurrent_requests": 1 })).await;
    client.world.control("faults", json!({ "at": "api", "kind": "timeout", "times": 1 })).await;
    let waiting = tokio::spawn(client.get("query", &[("query", "select * from Purchase")]).send());
    client.world.until(|state| state["requests"]["api"] == 1).await;
    assert_eq!(client.try_select("select * from Purchase").await.0, 429);
    waiting.abort();
    client.world.until(|state| state["log"].to_string().contains("the caller went away")).await;
    client.select("select * from Purchase").await;
}

#[tokio::test]
async fn each_fault_of_a_list_applies_once() {
    type IsStruck = fn(&Value) -> bool;
    let client = of_twenty().await;
    let page = "select * from Purchase startposition 6 maxresults 5";
    let right = client.select(page).await;
    let numbers = |answer: &Value| ids(&answer["Purchase"]).iter().map(|id| id.parse().expect("a number")).collect::<Vec<u64>>();
    for (kind, wanted) in [
        ("short_page", vec![106, 107]),
        ("repeated_page", (101..=105).collect()),
        ("reordered_page", (111..=115).rev().collect()),
        ("oversized_page", (106..=115).collect()),
    ] {
        client.world.control("faults", json!({ "at": "records", "kind": kind, "times": 1 })).await;
        assert_eq!(numbers(&client.select(page).await), wanted, "{kind}");
        assert_eq!(client.select(page).await, right);
    }
    let is_struck: [(&str, IsStruck); 7] = [
        ("without_id", |record| record.get("Id").is_none()),
        ("amount_of_other_type", |record| record["TotalAmt"].is_string()),
        ("amount_huge", |record| record["TotalAmt"].as_f64() > Some(1e50)),
        ("amount_negative", |record| record["TotalAmt"].as_f64() < Some(0.0)),
        ("amount_absent", |record| record.get("TotalAmt").is_none()),
        ("date_out_of_range", |record| record["TxnDate"] == "9999-99-99"),
        ("unknown_fields", |record| record["fieldOfTomorrow"].is_object()),
    ];
    for (kind, is_struck) in is_struck {
        client.world.control("faults", json!({ "at": "records", "kind": kind, "times": 1 })).await;
        let struck = client.select(page).await["Purchase"].clone();
        assert!(is_struck(&struck[0]), "{kind}: {struck}");
        assert_eq!(struck[1], right["Purchase"][1]);
        assert_eq!(client.select(page).await, right);
    }
}

#[tokio::test]
async fn a_fault_can_come_in_a_success_and_a_body_can_be_cut_off() {
    let client = of_twenty().await;
    client.world.control("faults", json!({ "at": "records", "kind": "fault_in_success", "times": 1 })).await;
    let (status, body) = client.try_select("select * from Purchase").await;
    assert_eq!((status, &body["Fault"]["Error"][0]["code"]), (200, &json!("10000")));
    client.world.control("faults", json!({ "at": "records", "kind": "cut_off", "times": 1 })).await;
    let request = client.get("query", &[("query", "select * from Purchase")]);
    let read = async { request.send().await?.bytes().await };
    assert!(read.await.is_err(), "the body does not end");
    client.select("select * from Purchase").await;
}

#[tokio::test]
async fn raw_fields_override_a_record() {
    let client = of_twenty().await;
    let raw = json!({ "TotalAmt": "12.00", "Id": null, "MetaData": { "CreateTime": null }, "New": 1 });
    client.edit(json!({ "entity": "purchases", "indexes": [0], "raw": raw })).await;
    let record = &client.select("select * from Purchase maxresults 1").await["Purchase"][0];
    assert_eq!((&record["TotalAmt"], &record["New"]), (&json!("12.00"), &json!(1)));
    assert!(record.get("Id").is_none() && record["MetaData"].get("CreateTime").is_none());
    assert!(record["MetaData"]["LastUpdatedTime"].is_string());
}

#[tokio::test]
async fn an_invalid_change_of_the_books_is_refused_with_a_reason() {
    let world = World::start().await;
    for (route, body, reason) in [
        ("books/1", json!({ "sizes": {} }), "no such company"),
        ("books/9130357849012345", json!({ "sizes": { "cheques": 1 } }), "unknown variant `cheques`"),
        ("books/9130357849012345", json!({ "sizes": { "bills": 10_000_001 } }), "at most 10000000"),
        ("books/9130357849012345", json!({ "until": 0, "sizes": {} }), "between 1980 and 2200"),
        ("books/9130357849012345/add", json!({ "entity": "bills", "count": 10_000_000 }), "at most 10000000"),
        ("books/9130357849012345/edit", json!({ "entity": "bills" }), "either indexes, or first and count"),
        ("books/9130357849012345/edit", json!({ "entity": "bills", "indexes": [130] }), "no record of this index"),
        ("books/9130357849012345/edit", json!({ "entity": "bills", "indexes": [1], "set": { "x": 1 } }), "unknown field `x`"),
        (
            "books/9130357849012345/edit",
            json!({ "entity": "bills", "indexes": [1], "set": { "state": "draft" } }),
            "no drafts of this entity",
        ),
        ("faults", json!({ "at": "records", "kind": "slow", "delay_ms": 1 }), "kinds of records only"),
        ("faults", json!({ "at": "api", "kind": "short_page" }), "kinds of records only"),
    ] {
        let (status, answer) = world.try_control(route, body.clone()).await;
        let error = answer["error"].as_str().expect("a reason");
        assert!(status == 400 && error.contains(reason), "{route} {body}: {error}");
    }
}

#[tokio::test]
async fn changes_of_the_books_are_stored() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("stand-in.json");
    let route = format!("books/{LARKSPUR}");
    let world = World::kept_in(&file).await;
    world.control(&route, json!({ "sizes": { "purchases": 5, "bills": 3 } })).await;
    let edit = json!({ "entity": "purchases", "indexes": [1], "set": { "state": "deleted" } });
    world.control(&format!("{route}/edit"), edit).await;
    let before = world.control_get(&route).await;
    drop(world);
    let world = World::kept_in(&file).await;
    assert_eq!(world.control_get(&route).await, before);
    assert_eq!(before["entities"]["purchases"]["deleted"], 1);
    world.control("reset", json!({})).await;
    assert_eq!(world.control_get(&route).await["entities"]["purchases"]["count"], 180);
}
