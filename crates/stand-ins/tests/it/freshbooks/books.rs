//! The lists of the accounting API: every record once, in pages of at most 100; the forms of records; errors.

use std::collections::BTreeSet;

use reqwest::Response;
use serde_json::{Value, json};

use super::{ASK, World};
use crate::world::{answered, tokens, with};

const STUDIO: &str = "Qx9Zb1";
/// 1 October 2026.
const UNTIL: i64 = 1_790_812_800;

struct Client {
    world: World,
    token: String,
}

impl Client {
    async fn of(sizes: Value) -> Self {
        let world = World::start().await;
        world.control("clock", json!({ "now": UNTIL })).await;
        let scopes = "user:profile:read user:bills:read user:bill_payments:read user:invoices:read";
        let code = world.code_for(&with(&ASK, "scope", scopes)).await;
        let token = tokens(world.exchange(&code).await).await.access;
        world.control(&format!("books/{STUDIO}"), json!({ "until": UNTIL, "sizes": sizes })).await;
        Self { world, token }
    }

    async fn send(&self, account: &str, list: &str, query: &[(&str, &str)]) -> Response {
        let url = format!("{}/accounting/account/{account}/{list}/{list}", self.world.endpoints.api);
        self.world.client.get(url).query(query).bearer_auth(&self.token).send().await.expect("answers")
    }

    async fn list(&self, list: &str, query: &[(&str, &str)]) -> Value {
        let (status, body) = answered(self.send(STUDIO, list, query).await).await;
        assert_eq!(status, 200, "{body}");
        body["response"]["result"].clone()
    }

    async fn edit(&self, entity: &str, indexes: &[u64], set: Value) {
        let body = json!({ "entity": entity, "indexes": indexes, "set": set });
        self.world.control(&format!("books/{STUDIO}/edit"), body).await;
    }
}

fn ids(result: &Value, list: &str) -> Vec<u64> {
    result[list].as_array().expect("a list").iter().map(|record| record["id"].as_u64().expect("a number")).collect()
}

#[tokio::test]
async fn pages_have_every_record_once_and_at_most_a_hundred() {
    let client = Client::of(json!({ "payments": 230 })).await;
    let first = client.list("bill_payments", &[]).await;
    assert_eq!((&first["per_page"], &first["page"], ids(&first, "bill_payments").len()), (&json!(15), &json!(1), 15));
    let (mut seen, total) = (Vec::new(), first["total"].as_u64().expect("a number"));
    for page in ["1", "2", "3", "4"] {
        let result = client.list("bill_payments", &[("page", page), ("per_page", "500"), ("sort", "updated_asc")]).await;
        assert_eq!([&result["per_page"], &result["pages"], &result["total"]], [&json!(100), &json!(3), &json!(total)]);
        seen.extend(ids(&result, "bill_payments"));
    }
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len() as u64, total);
    assert!(seen.len() as u64 == total && seen.is_sorted(), "by their ids, whatever was asked for");
    client.edit("payments", &[3, 4], json!({ "state": "standing" })).await;
    let before = client.list("bill_payments", &[]).await["total"].as_u64().expect("a number");
    client.edit("payments", &[3], json!({ "state": "deleted" })).await;
    client.edit("payments", &[4], json!({ "state": "void" })).await;
    assert_eq!(client.list("bill_payments", &[]).await["total"], before - 2, "there is no void");
}

#[tokio::test]
async fn records_have_the_form_of_freshbooks() {
    let client = Client::of(json!({ "payments": 40, "bills": 90, "invoices": 60 })).await;
    let payments = client.list("bill_payments", &[("per_page", "100")]).await;
    let bills = client.list("bills", &[("per_page", "100"), ("include[]", "vendor")]).await;
    for payment in payments["bill_payments"].as_array().expect("a list") {
        for absent in ["number", "vendorid", "updated", "updated_at", "account_name"] {
            assert!(payment.get(absent).is_none(), "{absent}");
        }
        let is_paid = |bill: &&Value| bill["id"] == payment["billid"];
        let bill = bills["bills"].as_array().expect("a list").iter().find(is_paid).expect("there");
        assert_eq!((&bill["amount"], &bill["outstanding"]["amount"]), (&payment["amount"], &json!("0.00")));
        assert!(bill["vendor"]["vendor_name"].is_string() && bill["vendorid"] == bill["vendor"]["vendorid"]);
    }
    assert!(client.list("bills", &[]).await["bills"][0].get("vendor").is_none());
    client.edit("invoices", &[7], json!({ "state": "draft", "cents": 400_000 })).await;
    client.edit("bills", &[7], json!({ "cents": 400_000 })).await;
    let draft = &client.list("invoices", &[("search[updated_min]", "2026-09-30")]).await["invoices"];
    let draft = draft.as_array().expect("a list").iter().find(|invoice| invoice["v3_status"] == "draft").expect("there");
    assert_eq!((&draft["status"], &draft["amount"]["amount"]), (&json!(1), &json!("4000.00")));
    assert!(draft["updated"].as_str().expect("a time").starts_with("2026-09-30 20:00:"), "US Eastern: {}", draft["updated"]);
    let bill = &client.list("bills", &[("search[updated_min]", "2026-09-30")]).await["bills"];
    let bill = bill.as_array().expect("a list").iter().find(|bill| bill["amount"]["amount"] == "4000.00").expect("there");
    assert!(bill["updated_at"].as_str().expect("a time").starts_with("2026-10-01 00:00:"), "UTC: {}", bill["updated_at"]);
    assert_eq!(client.list("bills", &[("search[updated_min]", "2026-10-01")]).await["total"], 0, "it is still the day before");
}

#[tokio::test]
async fn bills_are_found_by_their_ids_and_payments_where_filters_work() {
    let client = Client::of(json!({ "payments": 20, "bills": 50 })).await;
    let first = ids(&client.list("bills", &[]).await, "bills");
    let (one, two) = (first[2].to_string(), first[5].to_string());
    let query = [("search[ids][]", one.as_str()), ("search[ids][]", &two), ("include[]", "vendor")];
    assert_eq!(ids(&client.list("bills", &query).await, "bills"), [first[2], first[5]]);
    let payment = ids(&client.list("bill_payments", &[]).await, "bill_payments")[0].to_string();
    let query = [("search[ids][]", payment.as_str())];
    assert_eq!(client.send(STUDIO, "bill_payments", &query).await.status(), 422);
    client.world.control("settings", json!({ "unconfirmed_filters": true })).await;
    assert_eq!(client.list("bill_payments", &query).await["total"], 1);
}

#[tokio::test]
async fn an_invalid_or_forbidden_request_for_records_is_refused() {
    let mut client = Client::of(json!({ "payments": 3 })).await;
    let refusal = async |client: &Client, account: &str, list: &str, query: &[(&str, &str)]| {
        let (status, body) = answered(client.send(account, list, query).await).await;
        (status, body["response"]["errors"][0]["errno"].as_u64())
    };
    for (list, query) in [
        ("bills", ("page", "0")),
        ("bills", ("search[updated_min]", "2026-09-30T00:00:00")),
        ("bills", ("search[ids][]", "one")),
        ("bill_payments", ("search[updated_min]", "2026-09-30")),
        ("invoices", ("include[]", "vendor")),
    ] {
        assert_eq!(refusal(&client, STUDIO, list, &[query]).await, (422, Some(1_001)), "{list} {query:?}");
    }
    assert_eq!(refusal(&client, "Zz9Zz9", "bills", &[]).await, (401, Some(1_003)));
    client.world.control("faults", json!({ "at": "records", "kind": "fault_in_success", "times": 1 })).await;
    assert_eq!(refusal(&client, STUDIO, "bills", &[]).await, (200, Some(1_012)));
    client.world.control("settings", json!({ "requests_per_minute": 0 })).await;
    assert_eq!(client.send(STUDIO, "bills", &[]).await.status(), 429);
    client.token = client.world.connect().await.access;
    assert_eq!(refusal(&client, STUDIO, "invoices", &[]).await, (401, Some(1_003)), "without the scope");
    client.token = "made-up".to_owned();
    let (status, body) = answered(client.send(STUDIO, "bills", &[]).await).await;
    assert_eq!((status, &body["error"]), (401, &json!("unauthenticated")));
}
