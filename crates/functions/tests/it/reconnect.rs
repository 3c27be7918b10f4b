//! The effect of a start on an existing connection, with a key and without (O-16, O-17).

use axum::http::Method;
use counterfoil_stand_ins::xero::ORGANISATIONS;
use serde_json::json;

use crate::harness::{Answer, Ask, Browser, HARBOR, Installation, LARKSPUR, OTHER_KEYS, get};

const START: &str = "/oauth/start/beach-blend";
/// One of Intuit's companies in its sandbox.
const SANDBOX: &str = "4620816365000000001";

/// A whole consent in a browser without a key.
async fn anonymously(place: &Installation, path: &str, realm: &str) -> Answer {
    let mut curl = Browser::curl(&place.server);
    let page = curl.start(path).await;
    curl.get(place.stand_ins.consent(&page, realm).await).await
}

/// A whole consent that a key started.
async fn with_key(place: &Installation, path: &str, realm: &str) -> Answer {
    let start = get(path).key(&place.key).to(&place.server).await;
    place.consent(start.location(), realm).await
}

#[tokio::test]
async fn o17_an_anonymous_start_creates_and_renews_the_same_company() {
    let place = Installation::start().await;
    assert_eq!(anonymously(&place, START, LARKSPUR).await.status, 200);
    place.pass(100).await;
    assert_eq!(anonymously(&place, START, LARKSPUR).await.status, 200);
    let connection = place.connection("beach-blend").await.json();
    let renewed = connection["last_refresh_at"].as_i64().zip(connection["created_at"].as_i64());
    assert_eq!(renewed.map(|(renewed, created)| renewed - created), Some(100));
    assert_eq!(place.rows.history("beach-blend").await, ["connected by anonymous", "reconnected by anonymous"]);
    let events = place.rows.events("beach-blend").await;
    let events: Vec<_> = events.iter().map(|event| event["event"].as_s().expect("text").as_str()).collect();
    assert_eq!(events, ["oauth.connected", "oauth.reauthorized"]);
}

#[tokio::test]
async fn o16_an_anonymous_start_never_switches_the_company() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let before = place.rows.connection("beach-blend").await;
    place.pass(1).await;
    let answer = anonymously(&place, START, HARBOR).await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "other_company",
        "detail": "This connection belongs to another company. Only a start with an API key or a connect link for this connection can switch it.",
        "request_id": "[id]",
        "status": 409,
        "title": "Conflict",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 409
    }
    "#);
    assert_eq!(place.rows.connection("beach-blend").await, before);
    assert_eq!(place.rows.history("beach-blend").await.len(), 1, "nobody fills the history of a connection");
    assert_eq!(place.rows.refusals("default").await, ["consent_failed: other_company x1"]);
}

#[tokio::test]
async fn o16_a_browser_that_chose_another_company_is_offered_to_start_again() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let mut browser = Browser::at(&place.server);
    let page = browser.start(START).await;
    let result = browser.get(place.stand_ins.consent(&page, HARBOR).await).await;
    let shown = browser.get(result.location()).await;
    let start_again = r#"href="/oauth/start/beach-blend?platform=quickbooks">Start again"#;
    assert!(shown.status == 409 && shown.body.contains(start_again), "{}", shown.body);
}

#[tokio::test]
async fn o16_of_two_consents_that_start_at_once_neither_replaces_the_other() {
    let place = Installation::start().await;
    let (mut first, mut second) = (Browser::curl(&place.server), Browser::curl(&place.server));
    let (one, two) = (first.start(START).await, second.start(START).await);
    assert_eq!(first.get(place.stand_ins.consent(&one, LARKSPUR).await).await.status, 200);
    let late = second.get(place.stand_ins.consent(&two, HARBOR).await).await;
    assert_eq!(late.problem(), (409, "other_company".to_owned()));
    assert_eq!(place.connection("beach-blend").await.text("realm_id"), LARKSPUR);
}

#[tokio::test]
async fn o16_a_key_may_switch_the_company() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let switched = with_key(&place, START, HARBOR).await;
    assert_eq!((switched.status, switched.text("realm_id").as_str()), (200, HARBOR));
    assert_eq!(switched.text("company_name"), "Harbor & Pine Florists");
    let companies = place.rows.under("COMPANY#quickbooks#", "CONN#default#beach-blend").await;
    let companies: Vec<_> = companies.iter().map(|row| row["PK"].as_s().expect("text").clone()).collect();
    assert_eq!(companies, [format!("COMPANY#quickbooks#stand-in-quickbooks-client#{HARBOR}")], "the old entry is gone");
}

#[tokio::test]
async fn o17_an_anonymous_start_never_renames() {
    let place = Installation::start().await;
    anonymously(&place, &format!("{START}?company_name=Beach%20Blend"), LARKSPUR).await;
    let renamed = anonymously(&place, &format!("{START}?company_name=Evil"), LARKSPUR).await;
    assert_eq!((renamed.status, renamed.text("company_name").as_str()), (200, "Beach Blend"));
    let mut curl = Browser::curl(&place.server);
    let page = curl.start(format!("{START}?company_name=sandbox")).await;
    let sandbox = curl.get(place.stand_ins.consent(&page, SANDBOX).await).await;
    assert_eq!(sandbox.problem(), (409, "other_company".to_owned()), "nor moves to the sandbox");
    let by_key = with_key(&place, &format!("{START}?company_name=Beach%20Two"), LARKSPUR).await;
    assert_eq!(by_key.text("company_name"), "Beach Two", "a key may");
}

/// Our own address in a sentence or a page.
fn start_in(text: &str) -> String {
    let address = text.split_once("/oauth/start/").expect("an address").1.split([' ', '"']).next().expect("its end");
    format!("/oauth/start/{}", address.replace("&amp;", "&"))
}

#[tokio::test]
async fn a_connection_in_the_sandbox_is_reconnected_there() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    let start = format!("{START}?company_name=Beach%20%26%20Sandbox");
    assert_eq!(anonymously(&place, &start, SANDBOX).await.status, 200);
    let named = json!({ "company_name": "Beach" }).to_string();
    let ask = Ask::new(Method::PATCH, "/api/connections/beach-blend").key(&place.key).header("content-type", "application/json");
    assert_eq!(ask.body(named).to(&place.server).await.status, 200);
    place.rows.disconnect("beach-blend").await;
    let address = start_in(&place.token("beach-blend").await.text("detail"));
    assert_eq!(address, format!("{START}?platform=quickbooks&environment=sandbox"));
    let revived = with_key(&place, &address, SANDBOX).await;
    assert_eq!(revived.json()["uses_sandbox_credentials"], json!(true), "{}", revived.body);
    let renewed = anonymously(&place, &address, SANDBOX).await;
    assert_eq!((renewed.status, renewed.text("company_name").as_str()), (200, "Beach"));

    let mut browser = Browser::at(&place.server);
    let page = browser.start(&start).await;
    let denied = browser.get(place.stand_ins.cancel(&page).await).await;
    let shown = browser.get(denied.location()).await.body;
    let again = format!("{START}?platform=quickbooks&environment=sandbox&company_name=Beach+%26+Sandbox");
    assert_eq!(start_in(&shown), again);
    let callback = place.stand_ins.consent(&browser.start(&again).await, SANDBOX).await;
    let mut stranger = Browser::at(&place.server);
    let told = stranger.get(&callback).await;
    let shown = stranger.get(told.location()).await.body;
    assert_eq!(start_in(&shown), address, "the name is not theirs to see");
}

#[tokio::test]
async fn a_connection_is_reconnected_at_its_own_platform() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    let only = ("tenant_id", ORGANISATIONS[0].tenant_id);
    let mut curl = Browser::curl(&place.server);
    let page = curl.start("/oauth/start/shop?platform=xero").await;
    let callback = place.stand_ins.decide(&page, &[("decision", "connect"), only]).await;
    assert_eq!(curl.get(callback).await.status, 200);
    place.rows.disconnect("shop").await;
    assert_eq!(start_in(&place.token("shop").await.text("detail")), "/oauth/start/shop?platform=xero");
    let elsewhere = get("/oauth/start/shop?platform=xero&environment=sandbox").to(&place.server).await;
    assert_eq!(elsewhere.problem(), (400, "invalid_parameter".to_owned()), "it has none");
}

#[tokio::test]
async fn o17_an_anonymous_start_never_revives_what_was_disconnected() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let mut early = Browser::curl(&place.server);
    let page = early.start(START).await;
    place.rows.disconnect("beach-blend").await;
    let before = place.rows.connection("beach-blend").await;

    let at_start = anonymously(&place, START, LARKSPUR).await;
    insta::assert_json_snapshot!(at_start.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "connection_disconnected",
        "detail": "This connection was disconnected. Only a later start with an API key or a later connect link can restore it.",
        "request_id": "[id]",
        "status": 409,
        "title": "Conflict",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 409
    }
    "#);
    let at_callback = early.get(place.stand_ins.consent(&page, LARKSPUR).await).await;
    assert_eq!(at_callback.problem(), (409, "connection_disconnected".to_owned()));
    assert_eq!(place.rows.connection("beach-blend").await, before);

    assert_eq!(place.token("beach-blend").await.problem(), (409, "reauthorization_required".to_owned()));
    let connection = place.connection("beach-blend").await.json();
    assert_eq!((&connection["status"], &connection["connected"]), (&json!("disconnected"), &json!(false)));

    assert_eq!(with_key(&place, START, LARKSPUR).await.status, 200, "a key may");
    assert_eq!(place.token("beach-blend").await.status, 200);
    let epoch = &place.rows.connection("beach-blend").await.expect("the connection")["epoch"];
    assert_eq!(epoch.as_n().map(String::as_str), Ok("3"), "it only ever rises");
}

#[tokio::test]
async fn a_callback_for_a_missing_connection_is_a_404() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let mut curl = Browser::curl(&place.server);
    let page = curl.start(format!("{START}?api_key={}", place.key)).await;
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;
    place.rows.remove("CONN#default#beach-blend", "STATE").await;
    let answer = curl.get(callback).await;
    assert_eq!(answer.problem().0, 404);
    assert_eq!(place.stand_ins.token_requests().await, 1, "only the first consent's");
}
