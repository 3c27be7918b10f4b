//! The books in the data API: every record once for any page size, changes, and errors.

use std::collections::BTreeSet;

use counterfoil_stand_ins::quickbooks::Environment;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::harness::{HARBOR, LARKSPUR, World, refusal};

/// 1 October 2026.
const UNTIL: i64 = 1_790_812_800;

pub(super) struct Client {
    pub(super) world: World,
    realm: &'static str,
    pub(super) token: String,
}

impl Client {
    pub(super) async fn of(realm: &'static str, books: Value) -> Self {
        let world = World::start().await;
        let token = world.connect(realm).await.access;
        world.control(&format!("books/{realm}"), books).await;
        Self { world, realm, token }
    }

    pub(super) fn get(&self, path: &str, query: &[(&str, &str)]) -> RequestBuilder {
        let url = format!("{}/v3/company/{}/{path}", self.world.endpoints.api, self.realm);
        self.world.client.get(url).query(query).bearer_auth(&self.token).header("accept", "application/json")
    }

    pub(super) async fn try_select(&self, select: &str) -> (u16, Value) {
        refusal(self.get("query", &[("query", select), ("minorversion", "75")]).send().await.expect("answers")).await
    }

    pub(super) async fn select(&self, select: &str) -> Value {
        let (status, body) = self.try_select(select).await;
        assert_eq!(status, 200, "{select}: {body}");
        body["QueryResponse"].clone()
    }

    /// The ids of a select, in the order of the answer.
    pub(super) async fn ids(&self, entity: &str, rest: &str) -> Vec<String> {
        ids(&self.select(&format!("select * from {entity} {rest}")).await[entity])
    }

    async fn changes(&self, entities: &str, since: &str) -> Value {
        let request = self.get("cdc", &[("entities", entities), ("changedSince", since)]);
        let (status, body) = refusal(request.send().await.expect("answers")).await;
        assert_eq!(status, 200, "{body}");
        body["CDCResponse"][0]["QueryResponse"].clone()
    }

    pub(super) async fn edit(&self, body: Value) -> Vec<String> {
        let answer = self.world.control(&format!("books/{}/edit", self.realm), body).await;
        answer["ids"].as_array().expect("ids").iter().map(|id| id.as_str().expect("text").to_owned()).collect()
    }

    pub(super) async fn truth(&self, entity: &str) -> Value {
        self.world.control_get(&format!("books/{}", self.realm)).await["entities"][entity].clone()
    }
}

/// The ids of a list; none if there is no list.
pub(super) fn ids(records: &Value) -> Vec<String> {
    records.as_array().into_iter().flatten().map(|record| record["Id"].as_str().expect("an id").to_owned()).collect()
}

fn purchases(count: u64) -> Value {
    json!({ "seed": 7, "until": UNTIL, "sizes": { "purchases": count } })
}

#[tokio::test]
async fn pages_have_every_record_once_and_as_many_as_counted() {
    let client = Client::of(LARKSPUR, purchases(2_345)).await;
    for rest in ["", "orderby MetaData.LastUpdatedTime", "ORDER BY TxnDate DESC", "where PaymentType = 'Check' orderby Id"] {
        let counted =
            client.select(&format!("select count(*) from Purchase {rest}")).await["totalCount"].as_u64().expect("a number");
        let mut seen = Vec::new();
        loop {
            let page = client.ids("Purchase", &format!("{rest} startposition {} maxresults 1000", seen.len() + 1)).await;
            if page.is_empty() {
                break;
            }
            seen.extend(page);
        }
        assert_eq!(seen.len() as u64, counted, "{rest}");
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len(), "{rest}");
    }
    let without_page = client.select("select * from Purchase").await;
    assert_eq!((&without_page["startPosition"], &without_page["maxResults"]), (&json!(1), &json!(100)));
}

#[tokio::test]
async fn records_follow_from_the_seed() {
    let books = |seed: u64| json!({ "seed": seed, "until": UNTIL, "sizes": { "purchases": 20, "bills": 20, "payments": 10 } });
    let one = Client::of(LARKSPUR, books(7)).await;
    let same = Client::of(LARKSPUR, books(7)).await;
    let other = Client::of(LARKSPUR, books(8)).await;
    for entity in ["Purchase", "Bill", "BillPayment"] {
        let select = format!("select * from {entity}");
        let records = one.select(&select).await;
        assert_eq!(records, same.select(&select).await);
        assert_ne!(records, other.select(&select).await);
        let third = one.select(&format!("select * from {entity} where Id = '103'")).await;
        assert_eq!(third[entity][0], records[entity][2]);
    }
}

#[tokio::test]
async fn the_first_record_has_the_form_of_intuit() {
    let client = Client::of(
        LARKSPUR,
        json!({ "until": UNTIL, "checks_only": true, "sizes": { "purchases": 3, "bills": 3, "payments": 2 } }),
    )
    .await;
    let purchase = &client.select("select * from Purchase maxresults 1").await["Purchase"][0];
    assert_eq!(purchase["PaymentType"], "Check");
    assert_eq!(purchase["TxnDate"], "2024-10-01");
    assert!(purchase["TotalAmt"].is_number() && purchase["Line"][0]["Amount"] == purchase["TotalAmt"]);
    assert_eq!(purchase["MetaData"]["CreateTime"], "2024-09-30T17:00:00-07:00");
    let payment = &client.select("select * from BillPayment maxresults 1").await["BillPayment"][0];
    let bill = &client.select("select * from Bill maxresults 1").await["Bill"][0];
    assert_eq!(payment["PayType"], "Check");
    assert_eq!(payment["Line"][0]["LinkedTxn"], json!([{ "TxnId": bill["Id"], "TxnType": "Bill" }]));
    assert_eq!((&payment["TotalAmt"], &payment["VendorRef"]), (&bill["TotalAmt"], &bill["VendorRef"]));
    assert_eq!(bill["Balance"], 0);
    assert_eq!(ids(&client.select("select * from Bill where Id in ('101', '103')").await["Bill"]), ["101", "103"]);
}

#[tokio::test]
async fn only_records_edited_since_a_time_are_found() {
    let client = Client::of(LARKSPUR, purchases(500)).await;
    client.world.control("clock", json!({ "now": UNTIL + 86_400 })).await;
    let edited =
        client.edit(json!({ "entity": "purchases", "indexes": [3, 400], "set": { "cents": 1_250, "memo": "Corrected" } })).await;
    client.edit(json!({ "entity": "purchases", "indexes": [5], "set": { "memo": "Renamed" }, "quiet": true })).await;
    let voided = client.edit(json!({ "entity": "purchases", "indexes": [10], "set": { "state": "void" } })).await;
    let deleted = client.edit(json!({ "entity": "purchases", "first": 20, "count": 2, "set": { "state": "deleted" } })).await;
    let since = "where MetaData.LastUpdatedTime > '2026-10-01T00:00:00+00:00' orderby MetaData.LastUpdatedTime";
    let found: BTreeSet<_> = client.ids("Purchase", since).await.into_iter().collect();
    assert_eq!(found, edited.iter().chain(&voided).cloned().collect());
    let first = &client.select(&format!("select * from Purchase where Id = '{}'", edited[0])).await["Purchase"][0];
    assert_eq!(
        (&first["TotalAmt"], &first["PrivateNote"], &first["SyncToken"]),
        (&json!(12.5), &json!("Corrected"), &json!("1"))
    );
    let voided_one = &client.select(&format!("select * from Purchase where Id = '{}'", voided[0])).await["Purchase"][0];
    assert_eq!(voided_one["TotalAmt"], 0);
    assert!(voided_one["PrivateNote"].as_str().expect("a note").starts_with("Voided"));
    assert_eq!(client.select("select count(*) from Purchase").await["totalCount"], 498);

    let changes = client.changes("Purchase,BillPayment", "2026-10-01T00:00:00Z").await;
    assert_eq!(changes[1], json!({}));
    let all: BTreeSet<_> = ids(&changes[0]["Purchase"]).into_iter().collect();
    assert_eq!(all, edited.iter().chain(&voided).chain(&deleted).cloned().collect());
    let gone = changes[0]["Purchase"].as_array().expect("a list").iter().filter(|record| record["status"] == "Deleted");
    assert_eq!(gone.count(), 2);
    let path = format!("purchase/{}", deleted[0]);
    let (status, body) = refusal(client.get(&path, &[]).send().await.expect("answers")).await;
    assert_eq!((status, &body["Fault"]["Error"][0]["code"]), (400, &json!("610")));
}

#[tokio::test]
async fn changes_are_limited_to_a_thousand_and_thirty_days() {
    let client = Client::of(LARKSPUR, purchases(10)).await;
    client.world.control("clock", json!({ "now": UNTIL + 86_400 })).await;
    client.world.control(&format!("books/{LARKSPUR}/add"), json!({ "entity": "purchases", "count": 1_200 })).await;
    let changes = client.changes("Purchase,Invoice", "2026-10-01T12:00:00Z").await;
    assert_eq!(ids(&changes[0]["Purchase"]).len(), 1_000);
    assert_eq!(changes[1], json!({}));
    let too_old = client.get("cdc", &[("entities", "Purchase"), ("changedSince", "2026-08-01T00:00:00Z")]);
    assert_eq!(too_old.send().await.expect("answers").status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_expected_sums_equal_the_sums_of_the_records() {
    let books = json!({ "until": UNTIL, "sizes": { "purchases": 300, "payments": 40, "bills": 60, "invoices": 50 } });
    let client = Client::of(HARBOR, books).await;
    let records = client.select("select * from Purchase maxresults 1000").await;
    let records = records["Purchase"].as_array().expect("a list");
    let is_void = |record: &&Value| record["PrivateNote"].as_str().is_some_and(|note| note.starts_with("Voided"));
    let checks: Vec<_> = records.iter().filter(|record| record["PaymentType"] == "Check" && !is_void(record)).collect();
    let truth = client.truth("purchases").await;
    assert_eq!(truth["count"], 300);
    assert_eq!(truth["void"], json!(records.iter().filter(is_void).count()));
    assert_eq!(truth["counted"]["count"], json!(checks.len()));
    let sums = truth["counted"]["sums"].as_object().expect("sums");
    assert!(sums.len() > 1, "several currencies: {sums:?}");
    for (currency, sum) in sums {
        let of_currency = checks.iter().filter(|record| record["CurrencyRef"]["value"] == json!(currency));
        let cents: f64 = of_currency.map(|record| (record["TotalAmt"].as_f64().expect("a number") * 100.0).round()).sum();
        assert_eq!(format!("{:.2}", cents / 100.0), sum.as_str().expect("text"));
    }
    let open = client.select("select * from Bill").await["Bill"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|bill| bill["Balance"] != 0)
        .count();
    assert_eq!(client.truth("bills").await["counted"]["count"], json!(open));
}

#[tokio::test]
async fn an_invalid_select_is_a_400() {
    let client = Client::of(LARKSPUR, purchases(3)).await;
    for (select, code) in [
        ("select Id from Purchase", "4000"),
        ("select * from Purchase where Id = 101", "4000"),
        ("select * from Purchase where Id = '101' or Id = '102'", "4000"),
        ("select * from Purchase maxresults 1001", "4001"),
        ("select * from Cheque", "4001"),
        ("select * from BillPayment where PaymentType = 'Check'", "4001"),
        ("select * from BillPayment where PayType = 'Check'", "4001"),
    ] {
        let (status, body) = client.try_select(select).await;
        assert_eq!((status, &body["Fault"]["Error"][0]["code"]), (400, &json!(code)), "{select}");
    }
    client.world.control("settings", json!({ "unconfirmed_filters": false })).await;
    assert_eq!(client.try_select("select * from Purchase where PaymentType = 'Check'").await.0, 400);
}

#[tokio::test]
async fn an_empty_list_is_missing_in_the_answer_and_a_select_can_be_posted() {
    let client = Client::of(LARKSPUR, purchases(3)).await;
    assert_eq!(client.select("select * from Invoice").await, json!({}));
    let url = format!("{}/v3/company/{LARKSPUR}/query", client.world.endpoints.api);
    let request = client.world.client.post(url).bearer_auth(&client.token).header("accept", "application/json");
    let request = request.header("content-type", "application/text").body("select * from Purchase");
    let (status, body) = refusal(request.send().await.expect("answers")).await;
    assert_eq!((status, ids(&body["QueryResponse"]["Purchase"]).len()), (200, 3));
}

#[tokio::test]
async fn another_companys_books_are_a_403_and_a_dead_token_a_401() {
    let mut client = Client::of(LARKSPUR, purchases(3)).await;
    client.realm = HARBOR;
    let (status, body) = client.try_select("select * from Purchase").await;
    assert_eq!((status, &body["fault"]["error"][0]["code"]), (403, &json!("3100")));
    client.token = "made-up".to_owned();
    assert_eq!(client.try_select("select * from Purchase").await.0, 401);
    let sandbox = client.world.connect_as(Environment::Sandbox, "4620816365000000001").await;
    (client.realm, client.token) = (LARKSPUR, sandbox.access);
    assert_eq!(client.try_select("select * from Purchase").await.0, 403);
}
