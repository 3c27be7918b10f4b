//! Imports and their records over HTTP, from the books of the QuickBooks stand-in.

use axum::http::Method;
use counterfoil_core::model::api_key::Scope;
use serde_json::{Value, json};

use crate::harness::{Answer, Ask, HARBOR, Installation, LARKSPUR, get, post};

pub(crate) const SYNC: &str = "/v1/oauth/quickbooks/sync";
pub(crate) const INVOICES: &str = "/v1/oauth/quickbooks/import-invoices";

pub(crate) async fn connected() -> Installation {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    place
}

impl Installation {
    async fn read(&self, path: &str) -> Answer {
        get(path).key(&self.key).to(&self.server).await
    }

    pub(crate) async fn data(&self, path: &str) -> Value {
        let answer = self.read(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()["data"].clone()
    }

    pub(crate) async fn import(&self, path: &str, body: &Value) -> Answer {
        let ask = post(path).key(&self.key).header("content-type", "application/json");
        ask.body(body.to_string()).to(&self.server).await
    }
}

fn error(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["error"]["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn an_import_is_answered_and_read_back() {
    let place = connected().await;
    let answer = post(SYNC).key(&place.key).to(&place.server).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let data = answer.json()["data"].clone();
    let imported = data["checksImported"].as_u64().expect("a number");
    assert!(imported > 100 && data["status"] == "completed" && data["errors"] == 0, "{data}");
    assert_eq!(data["connections"][0]["companyKey"], "beach-blend");
    let run = place.data(&format!("/v1/syncs/{}", data["syncId"].as_str().expect("an id"))).await;
    assert_eq!((&run["checksImported"], &run["mode"], &run["trigger"]), (&json!(imported), &json!("full"), &json!("api")));
    let reconciliation = &run["reconciliation"];
    assert_eq!(reconciliation["platform"], reconciliation["stored"]);
    assert_eq!((&reconciliation["matches"], &reconciliation["scope"]), (&json!(true), &json!("all")));
    let groups = place.data(&format!("/v1/syncs/{}/reconciliation", run["id"].as_str().expect("an id"))).await;
    let counted: i64 = groups["groups"].as_array().expect("groups").iter().filter_map(|it| it["stored"]["count"].as_i64()).sum();
    assert_eq!(json!(counted), reconciliation["stored"]["checks"]["count"]);
    let again = post(SYNC).key(&place.key).to(&place.server).await.json()["data"].clone();
    assert_eq!((&again["checksImported"], &again["checksUpdated"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn records_are_listed_whole_as_json_and_as_csv() {
    let place = connected().await;
    let imported = post(SYNC).key(&place.key).to(&place.server).await.json()["data"]["checksImported"].clone();
    for filter in ["", "&companyKey=beach-blend", "&companyKey=beach-blend&updatedSince=2020-01-01T00:00:00Z"] {
        let (mut ids, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = place.read(&format!("/v1/checks?limit=40{filter}{cursor}")).await.json();
            ids.extend(page["data"].as_array().expect("records").iter().map(|record| record["id"].to_string()));
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(json!(ids.len()), imported, "{filter}");
        ids.sort();
        ids.dedup();
        assert_eq!(json!(ids.len()), imported, "{filter}");
    }
    let one = place.data("/v1/checks?limit=1").await[0].clone();
    assert_eq!(place.data(&format!("/v1/checks/{}", one["id"].as_str().expect("an id"))).await, one);
    assert_eq!(one["source"], Value::Null);
    let csv = get("/v1/checks?limit=2").key(&place.key).header("accept", "text/csv").to(&place.server).await;
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(csv.header("link").is_some_and(|link| link.starts_with("</v1/checks?limit=2&cursor=")));
    assert_eq!(csv.body.lines().count(), 3);
    assert!(csv.body.starts_with("id,companyKey,platform,entityType,externalId,number,date,amount,currency,payeeId"));
}

impl Installation {
    /// Every entry of a list of records or runs.
    async fn all(&self, list: &str) -> Vec<Value> {
        let (mut entries, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.read(&format!("{list}&limit=100{cursor}")).await;
            assert_eq!(page.status, 200, "{list}: {}", page.body);
            let page = page.json();
            entries.extend(page["data"].as_array().expect("a list").iter().cloned());
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return entries,
            }
        }
    }
}

#[tokio::test]
async fn each_filter_gives_the_entries_that_it_names_and_no_others() {
    let place = connected().await;
    place.connect("harbor", HARBOR).await;
    place.import(SYNC, &json!({})).await;
    place.import(INVOICES, &json!({ "companyKey": "harbor" })).await;
    for (list, field, filter) in [
        ("checks", "companyKey", "companyKey=harbor"),
        ("checks", "platform", "platform=quickbooks"),
        ("checks", "status", "status=issued"),
        ("checks", "status", "status=to_be_issued"),
        ("invoices", "companyKey", "companyKey=harbor"),
        ("invoices", "status", "status=open"),
        ("invoices", "status", "status=paid"),
        ("syncs", "companyKey", "companyKey=harbor"),
        ("syncs", "platform", "platform=quickbooks"),
        ("syncs", "kind", "kind=import_invoices"),
        ("syncs", "status", "status=completed"),
    ] {
        let all = place.all(&format!("/v1/{list}?")).await;
        let wanted = filter.split_once('=').expect("a filter").1;
        let expected: Vec<_> = all.into_iter().filter(|entry| entry[field] == wanted).collect();
        assert!(!expected.is_empty(), "nothing in {list} has {filter}");
        assert_eq!(place.all(&format!("/v1/{list}?{filter}")).await, expected, "{list} {filter}");
    }
    for (list, filter) in [("checks", "platform=xero"), ("invoices", "companyKey=beach-blend"), ("syncs", "status=failed")] {
        assert_eq!(place.all(&format!("/v1/{list}?{filter}")).await, Vec::<Value>::new(), "{list} {filter}");
    }
    for list in ["checks", "invoices"] {
        let all = place.all(&format!("/v1/{list}?")).await;
        let middle = all[all.len() / 2]["date"].as_str().expect("a date").to_owned();
        for (name, is_within) in
            [("dateFrom", (|date, middle| date >= middle) as fn(&str, &str) -> bool), ("dateTo", |date, middle| date <= middle)]
        {
            let within = |entry: &&Value| entry["date"].as_str().is_some_and(|date| is_within(date, &middle));
            let expected: Vec<_> = all.iter().filter(within).cloned().collect();
            assert!(expected.len() < all.len(), "{list} {name}={middle}");
            assert_eq!(place.all(&format!("/v1/{list}?{name}={middle}")).await, expected, "{list} {name}={middle}");
        }
    }
}

#[tokio::test]
async fn csv_has_the_values_of_json() {
    let place = connected().await;
    place.import(SYNC, &json!({})).await;
    place.import(INVOICES, &json!({})).await;
    for list in ["checks", "invoices"] {
        let address = format!("/v1/{list}?limit=100");
        let records = place.data(&address).await;
        let csv = get(&address).key(&place.key).header("accept", "text/csv").to(&place.server).await;
        let names: Vec<_> = csv.body.lines().next().expect("a header").split(',').collect();
        let plain = ["id", "companyKey", "platform", "entityType", "externalId", "date"];
        for (line, record) in csv.body.lines().skip(1).zip(records.as_array().expect("records")) {
            for name in plain {
                let place = names.iter().position(|known| *known == name).unwrap_or_else(|| panic!("{list} has no {name}"));
                let value = line.split(',').nth(place).unwrap_or_default();
                assert_eq!(record[name], value, "{name} of {line}");
            }
        }
        assert_eq!(csv.body.lines().count(), records.as_array().map_or(0, Vec::len) + 1, "{list}");
    }
}

#[tokio::test]
async fn a_source_is_returned_if_the_connection_keeps_it() {
    let place = connected().await;
    let patch =
        Ask::new(Method::PATCH, "/api/connections/beach-blend").key(&place.key).header("content-type", "application/json");
    assert_eq!(patch.body(r#"{"keep_source":true}"#).to(&place.server).await.status, 200);
    post(SYNC).key(&place.key).to(&place.server).await;
    let one = place.data("/v1/checks?limit=1&include=source").await[0].clone();
    assert_eq!(one["source"]["Id"], one["externalId"], "{one}");
    let address = format!("/v1/checks/{}", one["id"].as_str().expect("an id"));
    assert_eq!(place.data(&format!("{address}?include=source")).await, one);
    assert_eq!(place.data(&address).await.get("source"), None);
    let page = place.read("/v1/checks?limit=100&include=source").await.json();
    assert_eq!(page["data"].as_array().map(Vec::len), Some(50), "a hundred of the longest are more than an answer");
    assert!(page["nextCursor"].is_string());
    let connection = place.connection("beach-blend").await.json();
    assert!(connection["records_updated_at"].as_i64().is_some(), "{connection}");
}

#[tokio::test]
async fn an_invalid_request_for_an_import_is_refused_and_starts_nothing() {
    let place = connected().await;
    for body in ["[]", "null", "1", "\"a\"", "{", r#"{"full":1}"#, r#"{"dryRun":"yes"}"#, r#"{"companyKey":7}"#] {
        let ask = post(SYNC).key(&place.key).header("content-type", "application/json").body(body);
        assert_eq!(error(&ask.to(&place.server).await), (400, "invalid_body".to_owned()), "{body}");
    }
    let named = place.import(SYNC, &json!({ "fulll": true })).await;
    assert!(named.json()["error"]["message"].as_str().is_some_and(|message| message.contains("fulll")), "{}", named.body);
    assert_eq!(error(&place.import("/v1/oauth/nope/sync", &json!({})).await), (400, "invalid_parameter".to_owned()));
    assert_eq!(error(&place.import("/v1/oauth/xero/sync", &json!({})).await), (404, "not_found".to_owned()));
    assert_eq!(error(&place.import(SYNC, &json!({ "companyKey": "nobody" })).await), (404, "not_found".to_owned()));
    assert_eq!(place.data("/v1/syncs").await, json!([]));
    for (path, code) in [
        ("/v1/checks?updatedSince=2020-01-01T00:00:00Z", "missing_parameter"),
        ("/v1/checks?updatedSince=yesterday&companyKey=a", "invalid_parameter"),
        ("/v1/checks?dateFrom=2026-13-01", "invalid_parameter"),
        ("/v1/checks?dateFrom=2026-02-01&dateTo=2026-01-01", "invalid_parameter"),
        ("/v1/checks?dateTo=-0001-01-01", "invalid_parameter"),
        ("/v1/checks?status=open", "invalid_parameter"),
        ("/v1/invoices?status=issued", "invalid_parameter"),
        ("/v1/checks?include=all", "invalid_parameter"),
        ("/v1/syncs?kind=all", "invalid_parameter"),
        ("/v1/syncs?since=x", "invalid_parameter"),
        ("/v1/checks?limit=101", "invalid_parameter"),
    ] {
        assert_eq!(error(&place.read(path).await), (400, code.to_owned()), "{path}");
    }
    assert_eq!(error(&place.read("/v1/syncs?parentId=nothing").await).0, 404);
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_list_only() {
    let place = connected().await;
    post(SYNC).key(&place.key).to(&place.server).await;
    let first = place.read("/v1/checks?companyKey=beach-blend&limit=1").await.json();
    let cursor = first["nextCursor"].as_str().expect("a cursor");
    for query in [
        "companyKey=beach-blend&dateTo=2020-01-01",
        "companyKey=beach-blend&status=issued",
        "companyKey=beach-blend&platform=quickbooks",
        "companyKey=other",
        "limit=1",
    ] {
        let answer = place.read(&format!("/v1/checks?{query}&cursor={cursor}")).await;
        assert_eq!(error(&answer), (400, "invalid_cursor".to_owned()), "{query}");
    }
    post(SYNC).key(&place.key).to(&place.server).await;
    let cursor = place.read("/v1/syncs?kind=sync&limit=1").await.json()["nextCursor"].as_str().expect("a cursor").to_owned();
    assert_eq!(place.read(&format!("/v1/syncs?kind=sync&limit=1&cursor={cursor}")).await.status, 200);
    for query in ["limit=1", "kind=import_invoices", "kind=sync&status=completed", "kind=sync&companyKey=beach-blend"] {
        let answer = place.read(&format!("/v1/syncs?{query}&cursor={cursor}")).await;
        assert_eq!(error(&answer), (400, "invalid_cursor".to_owned()), "{query}");
    }
}

#[tokio::test]
async fn an_import_of_several_connections_has_a_part_for_each() {
    let place = connected().await;
    place.connect("harbor", HARBOR).await;
    let answer = post(SYNC).key(&place.key).to(&place.server).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let whole = answer.json()["data"].clone();
    assert_eq!((&whole["connectionsTotal"], whole["connections"].as_array().map(Vec::len)), (&json!(2), Some(2)));
    let id = whole["syncId"].as_str().expect("an id");
    assert_eq!(place.data(&format!("/v1/syncs/{id}")).await, whole);
    let parts = place.data(&format!("/v1/syncs?parentId={id}")).await;
    assert_eq!(parts.as_array().map(Vec::len), Some(2));
    assert!(parts.as_array().into_iter().flatten().all(|part| part["parentId"] == id));
    assert!(parts[0]["id"].as_str() > parts[1]["id"].as_str(), "newest first: {parts}");
    let first = place.read(&format!("/v1/syncs?parentId={id}&limit=1")).await.json();
    let next = first["nextCursor"].as_str().expect("a cursor");
    let second = place.data(&format!("/v1/syncs?parentId={id}&limit=1&cursor={next}")).await;
    assert_eq!((&first["data"][0], &second[0]), (&parts[0], &parts[1]));
}

#[tokio::test]
async fn a2_an_import_of_another_partners_connection_is_a_404() {
    let place = connected().await;
    post(SYNC).key(&place.key).to(&place.server).await;
    place.partner("rival", &[]).await;
    let rival = place.key_of("rival", &Scope::ALL).await;
    let list = get("/v1/checks?companyKey=beach-blend").key(&rival).to(&place.server).await;
    assert_eq!(list.json()["data"], json!([]));
    assert_eq!(post(SYNC).key(&rival).to(&place.server).await.status, 404);
}
