//! `PATCH /api/connections/{company_key}`: the settings of a partner.

use axum::http::Method;
use counterfoil_core::model::api_key::Scope;
use serde_json::{Value, json};

use crate::harness::{Answer, Ask, Browser, Installation, LARKSPUR, get};

async fn patch(place: &Installation, company_key: &str, body: &str) -> Answer {
    let ask = Ask::new(Method::PATCH, format!("/api/connections/{company_key}")).key(&place.key);
    ask.header("content-type", "application/json").body(body.to_owned()).to(&place.server).await
}

#[tokio::test]
async fn only_the_given_settings_change() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let before = place.connection("beach-blend").await.json();
    let answer = patch(&place, "beach-blend", r#"{"company_name":" Beach Blend ","freshness":null}"#).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let mut expected = before;
    expected["company_name"] = json!("Beach Blend");
    assert_eq!(answer.json(), expected);
    assert_eq!(place.connection("beach-blend").await.json(), expected);
    assert_eq!(patch(&place, "beach-blend", "{}").await.json(), expected);
}

#[tokio::test]
async fn the_settings_of_imports_are_set_and_shown() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let before = place.connection("beach-blend").await.json();
    let of_imports =
        |of: &Value| ["sync_schedule", "keep_source", "check_rule", "records_updated_at"].map(|name| of[name].clone());
    assert_eq!(of_imports(&before), [json!("off"), json!(false), json!("number_like"), Value::Null]);
    let body = r#"{"sync_schedule":"every_6_hours","keep_source":true,"check_rule":"number_like"}"#;
    let mut expected = before;
    (expected["sync_schedule"], expected["keep_source"]) = (json!("every_6_hours"), json!(true));
    assert_eq!(patch(&place, "beach-blend", body).await.json(), expected);
    assert_eq!(patch(&place, "beach-blend", r#"{"sync_schedule":null}"#).await.json(), expected);
    assert_eq!(place.connection("beach-blend").await.json(), expected);
    let list = get("/api/connections").key(&place.key).to(&place.server).await;
    assert_eq!(list.json()["connections"], json!([expected]));
}

async fn due_at(place: &Installation) -> i64 {
    let item = place.rows.connection("beach-blend").await.expect("the connection");
    item["due_at"].as_n().expect("a number").parse().expect("whole milliseconds")
}

#[tokio::test]
async fn changing_the_freshness_changes_the_due_time() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let due = async || due_at(&place).await;
    let (always, hour, month) = (due().await, 3_600_000, 30 * 86_400_000);
    assert_eq!(patch(&place, "beach-blend", r#"{"freshness":"adaptive"}"#).await.text("freshness"), "adaptive");
    assert!(due().await > always + month, "an idle grant is only kept alive");
    assert_eq!(patch(&place, "beach-blend", r#"{"freshness":"always"}"#).await.text("freshness"), "always");
    assert!((due().await - always).abs() < hour);
    assert_eq!(place.token("beach-blend").await.status, 200);
}

#[tokio::test]
async fn a3_a4_an_invalid_body_changes_nothing() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let before = place.rows.connection("beach-blend").await;
    let long = format!(r#"{{"company_name":"{}"}}"#, "x".repeat(201));
    for (body, code) in [
        ("", "invalid_body"),
        ("[]", "invalid_body"),
        ("{", "invalid_body"),
        (r#"{"company_name":1}"#, "invalid_body"),
        (r#"{"epoch":7}"#, "invalid_body"),
        (r#"{"company_name":"a","company_name":"b"}"#, "invalid_body"),
        (r#"{"company_name":" "}"#, "empty_parameter"),
        (r#"{"company_name":"a\u0000b"}"#, "invalid_parameter"),
        (r#"{"freshness":"sometimes"}"#, "invalid_parameter"),
        (r#"{"sync_schedule":"weekly"}"#, "invalid_parameter"),
        (r#"{"keep_source":"yes"}"#, "invalid_body"),
        (r#"{"check_rule":"prefix:"}"#, "invalid_parameter"),
        (r#"{"check_rule":"all_spend","company_name":"At QuickBooks a check is a type"}"#, "invalid_parameter"),
        (long.as_str(), "invalid_parameter"),
    ] {
        assert_eq!(patch(&place, "beach-blend", body).await.problem(), (400, code.to_owned()), "{body}");
    }
    let ask = || Ask::new(Method::PATCH, "/api/connections/beach-blend").key(&place.key);
    let form = ask().header("content-type", "application/x-www-form-urlencoded").body("company_name=a").to(&place.server).await;
    assert_eq!(form.problem(), (400, "invalid_body".to_owned()));
    let large = ask().header("content-type", "application/json").body("x".repeat(70_000)).to(&place.server).await;
    assert_eq!(large.problem(), (413, "body_too_large".to_owned()));
    assert_eq!(place.rows.connection("beach-blend").await, before);
}

#[tokio::test]
async fn changing_needs_the_scope_and_a_connection() {
    let place = Installation::start().await;
    assert_eq!(patch(&place, "nobody", "{}").await.problem(), (404, "not_found".to_owned()));
    let others: Vec<_> = Scope::ALL.into_iter().filter(|scope| *scope != Scope::ConnectionsWrite).collect();
    let lesser = place.key_of("default", &others).await;
    let ask = Ask::new(Method::PATCH, "/api/connections/nobody").key(&lesser).header("content-type", "application/json");
    let answer = ask.body(Value::from(serde_json::Map::new()).to_string()).to(&place.server).await;
    assert_eq!(answer.problem(), (403, "insufficient_scope".to_owned()));
}

/// Marks of the writing direction and characters without a width make a name look like another one.
#[tokio::test]
async fn a_name_loses_its_invisible_characters() {
    let place = Installation::start().await;
    let start = "/oauth/start/beach-blend?company_name=%E2%80%AEBeach%E2%80%8B%20Blend%E2%81%A9";
    let mut curl = Browser::curl(&place.server);
    let page = curl.start(start).await;
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;
    assert_eq!(curl.get(callback).await.text("company_name"), "Beach Blend");
    let answer = patch(&place, "beach-blend", r#"{"company_name":"\u202eHarbor\ufeff"}"#).await;
    assert_eq!(answer.text("company_name"), "Harbor");
    let unseen = patch(&place, "beach-blend", r#"{"company_name":"\u200b\u2060"}"#).await;
    assert_eq!(unseen.problem(), (400, "empty_parameter".to_owned()));
}

#[tokio::test]
async fn a_body_may_begin_with_a_byte_order_mark() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let answer = patch(&place, "beach-blend", "\u{feff}{\"company_name\":\"Harbor\"}").await;
    assert_eq!((answer.status, answer.text("company_name")), (200, "Harbor".to_owned()), "{}", answer.body);
}
