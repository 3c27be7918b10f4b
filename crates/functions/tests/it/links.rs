//! Connect links: a server creates one, and the customer opens it in a browser (O-12).

use axum::http::Method;
use counterfoil_core::model::api_key::Scope;
use serde_json::{Value, json};

use crate::exchange::refusal;
use crate::harness::{Answer, Ask, BASE_URL, Browser, HARBOR, Installation, LARKSPUR, RETURN_URL, get, parameter};
use crate::platforms::callback;

pub(crate) async fn send(place: &Installation, method: Method, path: &str, key: &str, body: Option<Value>) -> Answer {
    let ask = Ask::new(method, path).key(key);
    let ask = match body {
        Some(body) => ask.header("content-type", "application/json").body(body.to_string()),
        None => ask,
    };
    ask.to(&place.server).await
}

pub(crate) async fn create(place: &Installation, body: Value) -> Value {
    let answer = send(place, Method::POST, "/v1/connect-links", &place.key, Some(body)).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()["data"].clone()
}

/// The path of a new link.
pub(crate) async fn made(place: &Installation, body: Value) -> String {
    path(&create(place, body).await).to_owned()
}

/// The path of a link, without our own host.
pub(crate) fn path(link: &Value) -> &str {
    link["url"].as_str().and_then(|url| url.strip_prefix(BASE_URL)).unwrap_or_else(|| panic!("no address: {link}"))
}

pub(crate) async fn list(place: &Installation, query: &str) -> Value {
    get(format!("/v1/connect-links{query}")).key(&place.key).to(&place.server).await.json()
}

#[tokio::test]
async fn o12_a_link_connects_its_platform_and_company_in_the_browser_that_opens_it() {
    let place = Installation::start_with(&[("OPEN_START", "false")]).await;
    let made =
        create(&place, json!({ "platform": "quickbooks", "companyKey": "shop", "companyName": "The Shop", "state": "s" })).await;
    assert_eq!((&made["status"], &made["companyKey"]), (&json!("active"), &json!("shop")));
    assert_eq!([&made["createdAt"], &made["expiresAt"]], [&json!("2026-03-02T09:00:00Z"), &json!("2026-03-09T09:00:00Z")]);
    let mut browser = Browser::at(&place.server);
    let good = callback(&place, &mut browser, path(&made), &[("realm", LARKSPUR)]).await;
    assert_eq!(Browser::curl(&place.server).get(&good).await.problem(), (400, "wrong_browser".to_owned()));
    place.pass(1).await;
    let told = browser.get(&good).await.location().to_owned();
    assert!(told.starts_with(RETURN_URL) && parameter(&told, "code").is_some(), "{told}");
    assert_eq!(parameter(&told, "state").as_deref(), Some("s"));
    assert_eq!(place.connection("shop").await.text("company_name"), "The Shop");
    let id = made["id"].as_str().expect("an id");
    assert_eq!(place.rows.history("shop").await, [format!("connected by link:{id}")]);
    assert_eq!(place.rows.refusals("default").await, ["callback_refused: wrong_browser x1"]);
}

#[tokio::test]
async fn o16_a_link_may_switch_the_company_and_revive_what_was_disconnected() {
    let place = Installation::start().await;
    place.connect("shop", LARKSPUR).await;
    for realm in [HARBOR, LARKSPUR] {
        let made = create(&place, json!({ "platform": "quickbooks", "companyKey": "shop" })).await;
        assert!(parameter(&told(&place, path(&made), realm).await, "code").is_some());
        assert_eq!(place.connection("shop").await.text("realm_id"), realm);
        place.rows.disconnect("shop").await;
    }
}

/// Runs a consent from a link to the address where the browser ends.
pub(crate) async fn told(place: &Installation, link: &str, realm: &str) -> String {
    let mut browser = Browser::curl(&place.server);
    let good = callback(place, &mut browser, link, &[("realm", realm)]).await;
    browser.get(&good).await.location().to_owned()
}

#[tokio::test]
async fn o12_a_customer_who_refused_reads_that_the_link_can_be_opened_again() {
    let place = Installation::start().await;
    place.partner("bare", &[]).await;
    let key = place.key_of("bare", &[Scope::ConnectionsWrite]).await;
    let made = send(&place, Method::POST, "/v1/connect-links", &key, Some(json!({ "platform": "quickbooks" }))).await.json();
    let mut browser = Browser::at(&place.server);
    let page = browser.start(path(&made["data"])).await;
    let result = browser.get(place.stand_ins.cancel(&page).await).await.location().to_owned();
    let shown = browser.get(&result).await;
    assert!(shown.status == 400 && shown.body.contains("open the link that you were sent once more"), "{}", shown.body);
    assert!(browser.start(path(&made["data"])).await.contains("/connect/oauth2"), "and it can");
}

#[tokio::test]
async fn o12_only_the_hash_of_a_link_is_stored_and_its_address_is_answered_once() {
    let place = Installation::start().await;
    let made = create(&place, json!({ "platform": "xero" })).await;
    let token = path(&made).strip_prefix("/connect/").expect("its path");
    assert!(!format!("{:?}", place.rows.all().await).contains(token.rsplit('.').next().expect("a random part")));
    let listed = list(&place, "").await["data"][0].clone();
    assert_eq!((&listed["id"], listed.get("url")), (&made["id"], None));
}

#[tokio::test]
async fn a10_links_are_listed_by_pages_to_their_partner_alone() {
    let place = Installation::start().await;
    for _ in 0..3 {
        create(&place, json!({ "platform": "zoho" })).await;
    }
    let first = list(&place, "?limit=2").await;
    let cursor = first["nextCursor"].as_str().expect("more");
    let second = list(&place, &format!("?limit=2&cursor={cursor}")).await;
    assert_eq!((second["data"].as_array().map(Vec::len), &second["nextCursor"]), (Some(1), &Value::Null));
    place.partner("rival", &[]).await;
    let rival = place.key_of("rival", &Scope::ALL).await;
    assert_eq!(get("/v1/connect-links").key(&rival).to(&place.server).await.json()["data"], json!([]));
    let id = first["data"][0]["id"].as_str().expect("an id");
    for id in [id, "0123456789abcdef", "x"] {
        let foreign = send(&place, Method::DELETE, &format!("/v1/connect-links/{id}"), &rival, None).await;
        assert_eq!(refusal(&foreign), (404, "not_found".to_owned()), "a2: {id}");
    }
    for cursor in ["x", &cursor[1..]] {
        let answer = get(format!("/v1/connect-links?cursor={cursor}")).key(&place.key).to(&place.server).await;
        assert_eq!(refusal(&answer), (400, "invalid_cursor".to_owned()));
    }
}

#[tokio::test]
async fn a4_an_invalid_link_is_refused_in_the_envelope() {
    let place = Installation::start().await;
    let long = "x".repeat(1_001);
    for (body, code) in [
        (json!({}), "invalid_body"),
        (json!({ "platform": "sage" }), "invalid_parameter"),
        (json!({ "platform": "xero", "expiresIn": 59 }), "invalid_parameter"),
        (json!({ "platform": "xero", "expiresIn": 2_592_001 }), "invalid_parameter"),
        (json!({ "platform": "xero", "state": long }), "invalid_parameter"),
        (json!({ "platform": "xero", "uses": 0 }), "invalid_parameter"),
        (json!({ "platform": "xero", "uses": 101 }), "invalid_parameter"),
        (json!({ "platform": "xero", "uses": -1 }), "invalid_body"),
        (json!({ "platform": "xero", "companyKey": "a b" }), "invalid_company_key"),
        (json!({ "platform": "xero", "redirectUri": "https://evil.example/" }), "invalid_redirect_uri"),
        (json!({ "platform": "xero", "more": 1 }), "invalid_body"),
    ] {
        let answer = send(&place, Method::POST, "/v1/connect-links", &place.key, Some(body.clone())).await;
        assert_eq!(refusal(&answer), (400, code.to_owned()), "{body}");
    }
    let reader = place.key_of("default", &[Scope::ConnectionsRead]).await;
    let answer = send(&place, Method::POST, "/v1/connect-links", &reader, Some(json!({ "platform": "xero" }))).await;
    assert_eq!(refusal(&answer), (403, "insufficient_scope".to_owned()));
    assert_eq!(list(&place, "").await["data"], json!([]));
}
