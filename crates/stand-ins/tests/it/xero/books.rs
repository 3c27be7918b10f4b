//! The lists of the accounting API: every record once for any page size; changes and deletions; limits and errors.

use std::collections::BTreeSet;

use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use super::{ASK, MAPLE, PEMBERTON, World};
use crate::world::{answered, with};

const SCOPES: &str =
    "offline_access accounting.banktransactions.read accounting.payments.read accounting.invoices.read accounting.settings.read";
/// 1 October 2026.
const UNTIL: i64 = 1_790_812_800;

struct Client {
    world: World,
    token: String,
}

impl Client {
    async fn of(sizes: Value) -> Self {
        let world = World::start().await;
        let ask = with(&ASK, "scope", SCOPES);
        let code = world.code_for(&ask, &[MAPLE]).await;
        let token = crate::world::tokens(world.exchange(&code).await).await.access;
        world.control(&format!("books/{MAPLE}"), json!({ "until": UNTIL, "sizes": sizes })).await;
        Self { world, token }
    }

    fn get(&self, list: &str, query: &[(&str, &str)]) -> RequestBuilder {
        let request = self.world.client.get(format!("{}/{list}", self.world.endpoints.api)).query(query);
        request.bearer_auth(&self.token).header("xero-tenant-id", MAPLE).header("accept", "application/json")
    }

    async fn send(&self, list: &str, query: &[(&str, &str)]) -> Response {
        self.get(list, query).send().await.expect("answers")
    }

    async fn list(&self, list: &str, query: &[(&str, &str)]) -> Value {
        let (status, body) = answered(self.send(list, query).await).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    async fn edit(&self, entity: &str, indexes: &[u64], set: Value) -> Vec<String> {
        let body = json!({ "entity": entity, "indexes": indexes, "set": set });
        let answer = self.world.control(&format!("books/{MAPLE}/edit"), body).await;
        answer["ids"].as_array().expect("ids").iter().map(|id| id.as_str().expect("text").to_owned()).collect()
    }
}

fn values<'a>(body: &'a Value, list: &str, name: &str) -> Vec<&'a str> {
    let records = body[list].as_array().expect("a list");
    records.iter().map(|record| record[name].as_str().expect("a text")).collect()
}

#[tokio::test]
async fn pages_have_every_record_once_in_the_order_of_the_ids() {
    let client = Client::of(json!({ "bills": 130, "invoices": 115 })).await;
    let mut ids = Vec::new();
    for page in ["1", "2", "3", "4"] {
        let body = client.list("Invoices", &[("page", page), ("order", "InvoiceID ASC")]).await;
        assert_eq!(body["pagination"]["itemCount"], 245);
        assert_eq!((&body["pagination"]["pageCount"], &body["pagination"]["pageSize"]), (&json!(3), &json!(100)));
        ids.extend(values(&body, "Invoices", "InvoiceID").into_iter().map(str::to_owned));
    }
    assert_eq!(ids.len(), 245);
    assert!(ids.is_sorted() && ids.iter().collect::<BTreeSet<_>>().len() == 245);
    let whole = client.list("Invoices", &[]).await;
    assert_eq!(
        (values(&whole, "Invoices", "InvoiceID"), whole.get("pagination")),
        (ids.iter().map(String::as_str).collect(), None)
    );
    assert!(whole["Invoices"][0].get("LineItems").is_none(), "lines come with pages alone");
    let sales = client.list("Invoices", &[("where", r#"Type=="ACCREC""#), ("page", "1"), ("pageSize", "1000")]).await;
    assert_eq!(values(&sales, "Invoices", "Type"), ["ACCREC"; 115]);

    client.world.control(&format!("books/{MAPLE}/add"), json!({ "entity": "bills", "count": 5 })).await;
    let more = client.list("Invoices", &[]).await;
    let place = |id: &str| values(&more, "Invoices", "InvoiceID").iter().position(|known| *known == id);
    assert!(place(&ids[244]) > Some(244), "new ones come in between");
}

#[tokio::test]
async fn money_out_is_as_xero_writes_it() {
    let client = Client::of(json!({ "purchases": 200, "payments": 60, "bills": 80 })).await;
    let body = client.list("BankTransactions", &[("page", "1"), ("pageSize", "1000")]).await;
    let with_reference = |record: &&Value| record.get("Reference").is_some();
    for record in body["BankTransactions"].as_array().expect("a list").iter().filter(with_reference) {
        assert_eq!(record["Type"], "SPEND", "no other type has a reference");
    }
    let payments = client.list("Payments", &[("where", r#"PaymentType=="ACCPAYPAYMENT""#), ("page", "1")]).await;
    let bills = client.list("Invoices", &[]).await;
    for payment in payments["Payments"].as_array().expect("a list") {
        let is_paid = |bill: &&Value| bill["InvoiceID"] == payment["Invoice"]["InvoiceID"];
        let bill = bills["Invoices"].as_array().expect("a list").iter().find(is_paid).expect("there");
        assert_eq!((&bill["Total"], &bill["CurrencyCode"]), (&payment["Amount"], &payment["Invoice"]["CurrencyCode"]));
        assert_eq!(&bill["Contact"], &payment["Invoice"]["Contact"]);
        assert!(payment["Account"].get("Name").is_none() && payment["BankAmount"].is_number());
    }
    let accounts = client.list("Accounts", &[("where", r#"Type=="BANK""#)]).await;
    assert_eq!(values(&accounts, "Accounts", "CurrencyCode"), ["NZD", "AUD", "NZD", "NZD"]);
    let known: BTreeSet<_> = values(&accounts, "Accounts", "AccountID").into_iter().collect();
    let paying = payments["Payments"].as_array().expect("a list").iter();
    assert!(paying.map(|payment| payment["Account"]["AccountID"].as_str()).all(|id| known.contains(id.expect("text"))));
}

#[tokio::test]
async fn changes_since_a_time_have_their_status() {
    let client = Client::of(json!({ "purchases": 50, "payments": 20, "bills": 40 })).await;
    client.world.control("clock", json!({ "now": UNTIL + 600 })).await;
    // The token was issued by another clock.
    let code = client.world.code_for(&with(&ASK, "scope", SCOPES), &[MAPLE]).await;
    let token = crate::world::tokens(client.world.exchange(&code).await).await.access;
    let client = Client { token, ..client };
    let deleted = client.edit("purchases", &[3], json!({ "state": "deleted" })).await;
    let voided = client.edit("purchases", &[4], json!({ "state": "void" })).await;
    let removed = client.edit("payments", &[5], json!({ "state": "void" })).await;
    client.edit("bills", &[30], json!({ "state": "draft" })).await;
    let since = async |list: &str, since: &str| {
        let request = client.get(list, &[("page", "1")]).header("if-modified-since", since);
        answered(request.send().await.expect("answers")).await
    };
    let (_, body) = since("BankTransactions", "2026-10-01T00:00:01").await;
    let seen: BTreeSet<_> = values(&body, "BankTransactions", "BankTransactionID").into_iter().collect();
    assert_eq!(seen, [deleted[0].as_str(), &voided[0]].into());
    let statuses: BTreeSet<_> = values(&body, "BankTransactions", "Status").into_iter().collect();
    assert_eq!(statuses, ["DELETED", "VOIDED"].into());
    let (_, body) = since("Payments", "2026-10-01T00:00:01").await;
    assert_eq!(
        (values(&body, "Payments", "PaymentID"), values(&body, "Payments", "Status")),
        (vec![removed[0].as_str()], vec!["DELETED"])
    );
    let (_, body) = since("Invoices", "2026-10-01T00:00:01").await;
    assert!(matches!(values(&body, "Invoices", "Status")[..], ["DRAFT" | "SUBMITTED"]), "{body}");
    assert_eq!(since("Payments", "2026-10-02T00:00:00").await.1["Payments"], json!([]));
    assert_eq!(since("Payments", "yesterday").await.0, 400);
}

#[tokio::test]
async fn every_answer_has_the_remaining_requests_and_a_refusal_names_its_limit() {
    let client = Client::of(json!({ "purchases": 5 })).await;
    let header = |answer: &Response, name: &str| answer.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
    let answer = client.send("BankTransactions", &[]).await;
    let left = ["x-minlimit-remaining", "x-daylimit-remaining", "x-appminlimit-remaining"].map(|name| header(&answer, name));
    assert_eq!(left, ["59", "4999", "9999"].map(|left| Some(left.to_owned())));
    for (limit, problem, waits) in [
        ("requests_per_day", "day", true),
        ("requests_per_minute", "minute", true),
        ("app_requests_per_minute", "appminute", false),
        ("concurrent_requests", "concurrent", false),
    ] {
        let settings = client.world.control("settings", json!({ limit: 0 })).await;
        assert_eq!(settings[limit], 0);
        let answer = client.send("BankTransactions", &[]).await;
        assert_eq!((answer.status().as_u16(), header(&answer, "x-rate-limit-problem").as_deref()), (429, Some(problem)));
        assert_eq!(header(&answer, "retry-after").is_some(), waits, "{limit}");
        client.world.control("settings", json!({ limit: null })).await;
    }
}

#[tokio::test]
async fn an_invalid_or_forbidden_request_for_records_is_refused() {
    let client = Client::of(json!({ "purchases": 5, "invoices": 100_001 })).await;
    for (list, query) in [
        ("BankTransactions", vec![("where", "Total==12")]),
        ("BankTransactions", vec![("order", "PaymentID")]),
        ("BankTransactions", vec![("page", "0")]),
        ("BankTransactions", vec![("page", "1"), ("pageSize", "1001")]),
        ("BankTransactions", vec![("since", "2026")]),
        ("Invoices", vec![("page", "1")]),
        ("Accounts", vec![("page", "1")]),
    ] {
        let (status, body) = answered(client.send(list, &query).await).await;
        assert_eq!((status, &body["Type"]), (400, &json!("ValidationException")), "{list} {query:?}");
    }
    client.list("Invoices", &[("where", "Date >= DateTime(2025, 10, 01)"), ("page", "1")]).await;
    let as_other = async |token: &str, tenant: &str| {
        let request = client.world.client.get(format!("{}/Payments", client.world.endpoints.api)).bearer_auth(token);
        let request = request.header("accept", "application/json").header("xero-tenant-id", tenant);
        answered(request.send().await.expect("answers")).await
    };
    let (status, body) = as_other(&client.token, PEMBERTON).await;
    assert_eq!((status, &body["Detail"]), (403, &json!("AuthenticationUnsuccessful")));
    let without_scope = client.world.connect(&[MAPLE]).await.access;
    assert_eq!(as_other(&without_scope, MAPLE).await.0, 401);
}
