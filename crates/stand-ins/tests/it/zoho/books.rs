//! The lists of Zoho Books: every record once, filters, the forms of records, limits and errors.

use std::collections::BTreeSet;

use reqwest::Response;
use serde_json::{Value, json};

use super::{ASK, World};
use crate::world::{answered, with};

const VELDHOVEN: &str = "20087615";
const BEACON: &str = "10234695";
/// 1 October 2026.
const UNTIL: i64 = 1_790_812_800;

struct Client {
    world: World,
    location: &'static str,
    organization: &'static str,
    token: String,
}

impl Client {
    async fn of(location: &'static str, organization: &'static str, sizes: Value) -> Self {
        let world = World::start().await;
        world.control("clock", json!({ "now": UNTIL })).await;
        let scopes = "ZohoBooks.vendorpayments.READ,ZohoBooks.bills.READ,ZohoBooks.invoices.READ";
        let token = world.connect_by(&with(&ASK, "scope", scopes), location).await.access;
        world.control(&format!("books/{organization}"), json!({ "until": UNTIL, "sizes": sizes })).await;
        Self { world, location, organization, token }
    }

    async fn send(&self, list: &str, query: &[(&str, &str)]) -> Response {
        let sites = &self.world.endpoints.data_centers;
        let site = sites.iter().find(|site| site.location == self.location).expect("a data centre");
        let request = self.world.client.get(format!("{}/books/v3/{list}", site.api_domain)).query(query);
        let request = request.query(&[("organization_id", self.organization)]);
        request.header("authorization", format!("Zoho-oauthtoken {}", self.token)).send().await.expect("answers")
    }

    async fn refusal(&self, list: &str, query: &[(&str, &str)]) -> (u16, u64) {
        let (status, body) = answered(self.send(list, query).await).await;
        (status, body["code"].as_u64().expect("a code"))
    }

    async fn list(&self, list: &str, query: &[(&str, &str)]) -> Value {
        let (status, body) = answered(self.send(list, query).await).await;
        assert_eq!((status, &body["code"]), (200, &json!(0)), "{body}");
        body
    }

    async fn edit(&self, entity: &str, indexes: &[u64], set: Value) -> Vec<String> {
        let body = json!({ "entity": entity, "indexes": indexes, "set": set });
        let answer = self.world.control(&format!("books/{}/edit", self.organization), body).await;
        answer["ids"].as_array().expect("ids").iter().map(|id| id.as_str().expect("text").to_owned()).collect()
    }
}

fn values<'a>(body: &'a Value, list: &str, name: &str) -> Vec<&'a str> {
    body[list].as_array().expect("a list").iter().map(|record| record[name].as_str().expect("a text")).collect()
}

#[tokio::test]
async fn pages_have_every_record_once_in_the_order_of_the_dates() {
    let client = Client::of("eu", VELDHOVEN, json!({ "payments": 450 })).await;
    let mut seen = Vec::new();
    for (page, has_more) in [("1", true), ("2", true), ("3", false)] {
        let query = [("page", page), ("per_page", "500"), ("sort_column", "date"), ("sort_order", "A")];
        let body = client.list("vendorpayments", &query).await;
        let context = &body["page_context"];
        assert_eq!((&context["per_page"], &context["has_more_page"]), (&json!(200), &json!(has_more)));
        assert!(context.get("total").is_none());
        let records = values(&body, "vendorpayments", "date").into_iter().zip(values(&body, "vendorpayments", "payment_id"));
        seen.extend(records.map(|(date, id)| (date.to_owned(), id.to_owned())));
    }
    assert!(seen.is_sorted_by(|one, two| one.0 <= two.0));
    let ids: BTreeSet<u64> = seen.iter().map(|(_, id)| id.parse().expect("digits")).collect();
    assert!(ids.len() == 450 && ids.first() > Some(&(1 << 53)));
    let last = client.list("vendorpayments", &[]).await;
    assert_eq!(values(&last, "vendorpayments", "payment_id")[0], seen[449].1, "the latest first");
}

#[tokio::test]
async fn lists_are_filtered_by_dates_and_modes() {
    let client = Client::of("eu", VELDHOVEN, json!({ "payments": 150, "bills": 150 })).await;
    let all = client.list("bills", &[("sort_order", "A")]).await;
    let dates = values(&all, "bills", "date");
    for (name, from, to) in
        [("date_start", 100, 150), ("date_after", 101, 150), ("date_end", 0, 101), ("date_before", 0, 100), ("date", 100, 101)]
    {
        let found = client.list("bills", &[(name, dates[100]), ("sort_order", "A")]).await;
        assert_eq!(values(&found, "bills", "date"), dates[from..to], "{name}");
    }
    let modes = async |query: &[(&str, &str)]| {
        let body = client.list("vendorpayments", query).await;
        values(&body, "vendorpayments", "payment_mode").into_iter().map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let one = |mode: &str| BTreeSet::from([mode.to_owned()]);
    assert!(modes(&[]).await.len() > 2);
    assert_eq!(modes(&[("filter_by", "PaymentMode.CreditCard")]).await, one("Credit Card"));
    assert_eq!(modes(&[("filter_by", "PaymentMode.Check")]).await, one("Cheque"), "it is called so in this edition");
    client.world.control("settings", json!({ "unconfirmed_filters": false })).await;
    assert_eq!(modes(&[("filter_by", "PaymentMode.Check")]).await, BTreeSet::new());
    assert_eq!(modes(&[("payment_mode", "Cheque")]).await, one("Cheque"));
}

#[tokio::test]
async fn records_have_the_form_of_zoho() {
    let client = Client::of("us", BEACON, json!({ "payments": 100, "bills": 120, "invoices": 60 })).await;
    let body = client.list("vendorpayments", &[]).await;
    let records = body["vendorpayments"].as_array().expect("a list");
    let (printed, others): (Vec<_>, Vec<_>) = records.iter().partition(|record| record["is_paid_via_print_check"] == true);
    assert!(printed.iter().all(|record| record["payment_mode"] == "Check" && record["check_details"]["check_number"] != ""));
    assert!(others.iter().all(|record| record["check_details"]["check_number"] == ""));
    assert!(printed.len() > 5 && others.len() > 20 && records.iter().all(|record| record["amount"].is_number()));
    assert_eq!(&records[99]["created_time"], "2024-09-30T19:00:00-0500", "in the organisation's zone");
    for (entity, list, state, status) in [
        ("payments", "vendorpayments", "void", "void"),
        ("bills", "bills", "void", "void"),
        ("invoices", "invoices", "draft", "draft"),
    ] {
        client.edit(entity, &[50], json!({ "state": state })).await;
        let changed = client.list(list, &[("last_modified_time", "2026-09-30T19:00:00-0500"), ("sort_order", "A")]).await;
        assert!(values(&changed, list, "status").contains(&status), "{changed}");
        client.edit(entity, &[51], json!({ "state": "deleted" })).await;
        let all = client.list(list, &[("per_page", "200")]).await;
        assert_eq!(
            all[list].as_array().map(Vec::len),
            Some(if entity == "bills" {
                119
            } else if entity == "payments" {
                99
            } else {
                59
            })
        );
    }
}

#[tokio::test]
async fn every_answer_has_the_remaining_requests_of_the_day_and_a_refusal_has_a_code() {
    let client = Client::of("eu", VELDHOVEN, json!({ "payments": 3 })).await;
    let header = |answer: &Response, name: &str| answer.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
    let answer = client.send("vendorpayments", &[]).await;
    assert_eq!(header(&answer, "x-rate-limit-limit").as_deref(), Some("5000"));
    assert_eq!(header(&answer, "x-rate-limit-remaining").as_deref(), Some("4999"));
    let resets_in: i64 = header(&answer, "x-rate-limit-reset").expect("one").parse().expect("a number");
    assert!((86_000..=86_400).contains(&resets_in), "{resets_in}");
    for (limit, code) in [("requests_per_minute", 44), ("requests_per_day", 45), ("concurrent_requests", 1_070)] {
        client.world.control("settings", json!({ limit: 0 })).await;
        assert_eq!(client.refusal("vendorpayments", &[]).await, (429, code));
        assert_eq!(header(&client.send("vendorpayments", &[]).await, "retry-after"), None);
        client.world.control("settings", json!({ limit: null })).await;
    }
    client.world.control("faults", json!({ "at": "records", "kind": "fault_in_success", "times": 1 })).await;
    assert_eq!(client.refusal("vendorpayments", &[]).await, (200, 1_000));
}

#[tokio::test]
async fn an_invalid_or_forbidden_request_for_records_is_refused() {
    let mut client = Client::of("eu", VELDHOVEN, json!({ "payments": 3 })).await;
    for (list, query) in [
        ("vendorpayments", ("page", "0")),
        ("vendorpayments", ("sort_column", "mode")),
        ("vendorpayments", ("filter_by", "Mode.Check")),
        ("vendorpayments", ("date_start", "2026-09-30T00:00:00")),
        ("vendorpayments", ("last_modified_time", "2026-09-30T19:00:00 0000")),
        ("bills", ("payment_mode", "Check")),
    ] {
        assert_eq!(client.refusal(list, &[query]).await, (400, 15), "{list} {query:?}");
    }
    client.organization = BEACON;
    assert_eq!(client.refusal("bills", &[]).await, (401, 6_041), "the other user's");
    client.location = "us";
    assert_eq!(client.refusal("bills", &[]).await, (401, 57), "the token is of another data centre");
    let (location, organization) = ("eu", VELDHOVEN);
    let token = client.world.connect(location).await.access;
    let client = Client { location, organization, token, ..client };
    assert_eq!(client.refusal("bills", &[]).await, (401, 57), "without the scope");
    client.list("vendorpayments", &[]).await;
}
