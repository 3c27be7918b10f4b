//! The audit rows of changes, their lists, and the daily counts (A-12).

mod counts;

use std::collections::BTreeSet;

use axum::http::Method;
use counterfoil_core::model::api_key::{PresentedKey, Scope};
use counterfoil_core::model::secret::Secret;
use serde_json::{Value, json};

use crate::harness::{Answer, Ask, BEGINNING, Browser, Installation, LARKSPUR, Row, get, post, text};

const ALL: &str = "/api/audit";
const ONE: &str = "/api/connections/beach-blend/audit";
const DAY: u32 = 86_400;
const LINES: &str = "application/x-ndjson";

impl Installation {
    /// The rows of a list, all pages of it.
    async fn audit(&self, path: &str, query: &str) -> Vec<Value> {
        let (mut rows, mut cursor) = (Vec::new(), String::new());
        loop {
            let answer = get(format!("{path}?{query}{cursor}")).key(&self.key).to(&self.server).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            let page = answer.json();
            rows.extend(page["audit"].as_array().expect("rows").iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return rows,
            }
        }
    }

    /// The actions of a list, all pages of it.
    async fn actions(&self, path: &str, query: &str) -> Vec<String> {
        self.audit(path, query).await.iter().map(action).collect()
    }

    async fn change(&self, body: &Value) -> Answer {
        let ask = Ask::new(Method::PATCH, "/api/connections/beach-blend").key(&self.key);
        ask.header("content-type", "application/json").body(body.to_string()).from("203.0.113.7").to(&self.server).await
    }
}

fn action(row: &Value) -> String {
    row["action"].as_str().expect("an action").to_owned()
}

async fn connected() -> Installation {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    place
}

#[tokio::test]
async fn a12_a_change_has_a_row_with_its_actor_its_request_and_its_source() {
    let place = connected().await;
    place.pass(1).await;
    let changed = place.change(&json!({ "company_name": "The Blend", "sync_schedule": "daily" })).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let actor = format!("key:{}", PresentedKey::parse(&Secret::new(place.key.clone())).expect("well formed").id);
    let rows = place.audit(ONE, "").await;
    assert_eq!(rows.iter().map(action).collect::<Vec<_>>(), ["connection_changed", "connected"]);
    let mut first = rows[0].clone();
    let id = first["id"].take();
    assert!(id.as_str().is_some_and(|id| id.len() == 32), "{id}");
    assert_eq!(
        first,
        json!({
            "id": null, "at": BEGINNING + 1, "action": "connection_changed", "actor": actor, "company_key": "beach-blend",
            "detail": { "company_name": "The Blend", "sync_schedule": "daily" },
            "request_id": changed.header("x-request-id"), "source_ip": "203.0.113.7",
        })
    );
    assert_eq!(place.audit(ALL, "").await[..2], rows, "the partner's list has the same rows");
    assert_eq!(place.change(&json!({})).await.status, 200);
    assert_eq!(place.change(&json!({ "freshness": "sometimes" })).await.status, 400);
    assert_eq!(place.audit(ONE, "").await.len(), 2, "nothing was to be changed");
}

/// A consent and a refresh are tasks of their own. Their rows have the origin of the request all the same.
#[tokio::test]
async fn a12_what_a_request_does_in_a_task_has_its_origin_too() {
    let place = Installation::start().await;
    let start = get("/oauth/start/beach-blend").key(&place.key).to(&place.server).await;
    let mut browser = Browser::curl(&place.server);
    let page = browser.open(start.location()).await;
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;
    let done = browser.get_from(callback, "2001:db8::1").await;
    let rows = place.audit(ONE, "").await;
    let origin = |row: &Value| (row["request_id"].as_str().map(str::to_owned), row["source_ip"].as_str().map(str::to_owned));
    assert_eq!(action(&rows[0]), "connected");
    assert_eq!(origin(&rows[0]), (done.header("x-request-id").map(str::to_owned), Some("2001:db8::1".to_owned())));

    place.stand_ins.control("revoke", json!({ "realm": LARKSPUR })).await;
    place.pass(3_600).await;
    let refused = get("/api/token/beach-blend").key(&place.key).from("203.0.113.7").to(&place.server).await;
    assert_eq!(refused.status, 502, "{}", refused.body);
    let rows = place.audit(ONE, "").await;
    assert_eq!((action(&rows[0]), rows[0]["actor"].as_str()), ("grant_ended".to_owned(), Some("vault")));
    assert_eq!(origin(&rows[0]), (refused.header("x-request-id").map(str::to_owned), Some("203.0.113.7".to_owned())));
}

#[tokio::test]
async fn a12_no_header_of_the_sender_is_taken_for_its_address() {
    let place = connected().await;
    let create = post("/v1/connect-links").key(&place.key).header("content-type", "application/json");
    let create = create.header("x-forwarded-for", "198.51.100.1").header("forwarded", "for=198.51.100.1");
    let made = create.body(r#"{"platform":"xero"}"#).from("203.0.113.7").to(&place.server).await;
    assert_eq!(made.status, 201);
    let row = place.audit(ALL, "action=link_created").await[0].clone();
    assert_eq!((row["source_ip"].as_str(), &row["company_key"]), (Some("203.0.113.7"), &Value::Null));
}

#[tokio::test]
async fn a12_a_refresh_that_a_caller_asked_for_has_a_row_with_its_outcome() {
    let place = connected().await;
    place.pass(60).await;
    let refreshed = place.refresh("beach-blend").await;
    assert_eq!(refreshed.status, 200);
    place.pass(1).await;
    assert_eq!(place.refresh("beach-blend").await.status, 200, "the token of the first");
    let rows = place.audit(ONE, "action=token_refreshed").await;
    let outcomes: Vec<_> = rows.iter().map(|row| row["detail"]["outcome"].as_str().expect("an outcome")).collect();
    assert_eq!(outcomes, ["already_fresh", "refreshed"]);
    assert_eq!(rows[1]["request_id"].as_str(), refreshed.header("x-request-id"));
    place.rows.disconnect("beach-blend").await;
    place.pass(1).await;
    assert_eq!(place.refresh("beach-blend").await.status, 409);
    let row = place.audit(ONE, "action=token_refreshed&limit=1").await[0].clone();
    assert_eq!(row["detail"]["outcome"], "reauthorization_required");
}

#[tokio::test]
async fn a12_a_list_has_every_row_once_in_order_on_pages_of_any_size() {
    let place = connected().await;
    for day in 0..3 {
        place.pass(DAY - 60).await;
        assert_eq!(place.change(&json!({ "company_name": format!("Name {day}") })).await.status, 200);
        assert_eq!(place.token("beach-blend").await.status, 200);
        place.pass(60).await;
        assert_eq!(place.token("beach-blend").await.status, 200);
    }
    // A page may have no row that can be read, and yet not be the last.
    let mut damaged = long_row(&place.rows.under("CONN#default#beach-blend", "AUDIT#").await[0], 1_000_000);
    damaged.remove("at");
    place.rows.put(damaged).await;
    let whole = place.audit(ALL, "limit=100").await;
    assert!(whole.is_sorted_by_key(|row| -row["at"].as_i64().expect("a time")), "{whole:?}");
    let days: Vec<_> = whole.iter().filter(|row| action(row) == "daily_counts").cloned().collect();
    assert!(days.len() >= 3, "{whole:?}");
    for limit in 1..5 {
        assert_eq!(place.audit(ALL, &format!("action=daily_counts&limit={limit}")).await, days, "{limit}");
        assert_eq!(place.audit(ALL, &format!("limit={limit}")).await, whole, "{limit}");
    }
    let of_one = place.audit(ONE, "").await;
    assert_eq!(place.audit(ONE, "limit=1").await, of_one);
    let middle = of_one[1]["at"].as_i64().expect("a time");
    assert_eq!(place.audit(ONE, &format!("since={middle}")).await, of_one[..2]);
    assert_eq!(place.audit(ONE, &format!("until={middle}")).await, of_one[1..]);
    for path in [ALL, ONE] {
        let lines = get(format!("{path}?since={BEGINNING}")).header("accept", LINES).key(&place.key).to(&place.server).await;
        assert_eq!((lines.status, lines.header("content-type"), lines.header("link")), (200, Some(LINES), None));
        let mut read: Vec<Value> = lines.body.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        read.reverse();
        assert_eq!(read, place.audit(path, &format!("since={BEGINNING}")).await, "{path}");
    }
}

#[tokio::test]
async fn a12_json_lines_end_before_four_megabytes_and_link_the_rest() {
    let place = connected().await;
    let model = place.rows.under("CONN#default#beach-blend", "AUDIT#").await[0].clone();
    for number in 0..25 {
        place.rows.put(long_row(&model, number)).await;
    }
    for path in [ALL, ONE] {
        let (mut ids, mut sizes, mut next) = (BTreeSet::new(), Vec::new(), Some(path.to_owned()));
        while let Some(address) = next {
            let answer = get(&address).header("accept", LINES).key(&place.key).to(&place.server).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            let lines: Vec<Value> = answer.body.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
            assert!(lines.iter().all(|line| ids.insert(line["id"].to_string())), "no row twice");
            sizes.push(answer.body.len());
            let link = answer.header("link").and_then(|link| link.strip_prefix('<')?.strip_suffix(">; rel=\"next\""));
            next = link.map(str::to_owned);
        }
        assert!(sizes.len() == 2 && sizes.iter().all(|size| *size < 4_000_000), "{sizes:?}");
        assert!(ids.len() >= 26, "{path}");
    }
}

/// A row of 200 KB, a second after another.
fn long_row(model: &Row, number: i64) -> Row {
    use aws_sdk_dynamodb::types::AttributeValue;
    let mut row = model.clone();
    let at = (BEGINNING + 100 + number) * 1_000;
    let id = format!("{at:012x}{number:020x}");
    row.insert("SK".to_owned(), AttributeValue::S(format!("AUDIT#{id}")));
    row.insert("at".to_owned(), AttributeValue::N(at.to_string()));
    row.insert("list_sk".to_owned(), AttributeValue::S(format!("{at:012x}{number:016x}#connected")));
    row.insert("detail".to_owned(), AttributeValue::M([("long".to_owned(), AttributeValue::S("x".repeat(200_000)))].into()));
    row
}

/// Rows that were written before the list of all rows existed.
#[tokio::test]
async fn a12_a_row_of_an_earlier_version_is_read_with_its_connection() {
    let place = connected().await;
    let mut row = place.rows.under("CONN#default#beach-blend", "AUDIT#").await[0].clone();
    for name in ["list_pk", "list_sk", "request_id", "source_ip", "ttl"] {
        row.remove(name);
    }
    row.insert("action".to_owned(), aws_sdk_dynamodb::types::AttributeValue::S("platform_told".to_owned()));
    place.rows.put(row.clone()).await;
    let read = place.audit(ONE, "").await;
    assert_eq!(read.iter().map(action).collect::<Vec<_>>(), ["platform_told"]);
    assert_eq!((&read[0]["request_id"], &read[0]["source_ip"]), (&Value::Null, &Value::Null));
    assert!(!place.actions(ALL, "").await.contains(&"platform_told".to_owned()));
    assert_eq!(place.actions(ONE, "action=platform_told").await, ["platform_told"]);
    assert_eq!(text(&row, "SK"), format!("AUDIT#{}", read[0]["id"].as_str().expect("an id")));
}

#[tokio::test]
async fn a12_rows_expire_after_the_days_of_the_setting() {
    for (changes, days) in [(&[][..], 400), (&[("AUDIT_RETENTION_DAYS", "30")][..], 30)] {
        let place = Installation::start_with(changes).await;
        place.connect("beach-blend", LARKSPUR).await;
        assert_eq!(place.token("beach-blend").await.status, 200);
        place.pass(60).await;
        assert_eq!(place.token("beach-blend").await.status, 200);
        let ttl = |row: &Row| row["ttl"].as_n().expect("a number").parse::<i64>().expect("a number");
        let audit = place.rows.under("CONN#default#beach-blend", "AUDIT#").await;
        assert!(ttl(&audit[0]) - BEGINNING - days * 86_400 <= 1, "{days}");
        let counts = place.rows.under("COUNTS#default#", "2026-03-02").await;
        assert_eq!((counts.len(), ttl(&counts[0])), (1, BEGINNING + 60 + days * 86_400));
    }
}

#[tokio::test]
async fn a12_a_purge_removes_a_connections_rows_from_both_lists() {
    let place = connected().await;
    let before = place.actions(ALL, "").await;
    assert!(before.contains(&"connected".to_owned()), "{before:?}");
    let purge = Ask::new(Method::DELETE, "/api/connections/beach-blend?purge=true").key(&place.key).to(&place.server).await;
    assert_eq!(purge.status, 200, "{}", purge.body);
    crate::purge::work(&place).await;
    let after = place.actions(ALL, "").await;
    assert!(after.contains(&"connection_purged".to_owned()) && !after.contains(&"connected".to_owned()), "{after:?}");
    assert!(!place.actions(ONE, "").await.contains(&"connected".to_owned()));
}

#[tokio::test]
async fn a4_an_invalid_audit_request_is_refused() {
    let place = connected().await;
    for (query, code) in [
        ("since=yesterday", "invalid_parameter"),
        ("until=", "empty_parameter"),
        ("action=nothing", "invalid_parameter"),
        ("limit=0", "invalid_parameter"),
        ("limit=101", "invalid_parameter"),
        ("cursor=x", "invalid_cursor"),
    ] {
        for path in [ALL, ONE] {
            let answer = get(format!("{path}?{query}")).key(&place.key).to(&place.server).await;
            assert_eq!(answer.problem(), (400, code.to_owned()), "{path} {query}");
        }
    }
    place.change(&json!({ "company_name": "A" })).await;
    let cursor = get(format!("{ONE}?limit=1")).key(&place.key).to(&place.server).await.text("next_cursor");
    for other in [format!("{ALL}?limit=1"), format!("{ONE}?action=connected"), format!("{ONE}?since=1")] {
        let answer = get(format!("{other}&cursor={cursor}")).key(&place.key).to(&place.server).await;
        assert_eq!(answer.problem(), (400, "invalid_cursor".to_owned()), "{other}");
    }
    let lesser = place.key_of("default", &[Scope::ConnectionsRead]).await;
    assert_eq!(get(ONE).key(&lesser).to(&place.server).await.status, 200);
    assert_eq!(get(ALL).key(&lesser).to(&place.server).await.status, 403);
}
