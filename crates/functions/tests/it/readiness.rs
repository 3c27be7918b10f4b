//! `GET /api/connections/{company_key}/readiness`: the checks of one connection.

use axum::Router;
use axum::http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Installation, LARKSPUR, get};
use crate::links::send;

async fn asked(place: &Installation, server: &Router, query: &str) -> Answer {
    get(format!("/api/connections/beach-blend/readiness{query}")).key(&place.key).to(server).await
}

/// The checks of the connection.
async fn checked(place: &Installation, query: &str) -> Value {
    let answer = asked(place, &place.server, query).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

/// Status and action of a check.
fn of(readiness: &Value, name: &str) -> (String, String) {
    let checks = readiness["checks"].as_array().expect("a list");
    let check = checks.iter().find(|check| check["name"] == name).expect("a check");
    let text = |field: &str| check[field].as_str().unwrap_or_default().to_owned();
    (text("status"), text("action"))
}

async fn connected(changes: &[(&str, &str)]) -> Installation {
    let place = Installation::start_with(changes).await;
    place.connect("beach-blend", LARKSPUR).await;
    place
}

#[tokio::test]
async fn s8_a_connection_that_works_is_ready() {
    let place = connected(&[]).await;
    insta::assert_json_snapshot!(asked(&place, &place.server, "").await.shown(), @r#"
    {
      "body": {
        "checked_at": 1772442000,
        "checks": [
          {
            "action": null,
            "message": "The credentials of QuickBooks Online (production) are set.",
            "name": "oauth_configuration",
            "status": "pass"
          },
          {
            "action": null,
            "message": "The redirect URI is https://books.example.com/oauth/callback. It must be registered at QuickBooks Online exactly like this.",
            "name": "callback_redirect",
            "status": "pass"
          },
          {
            "action": null,
            "message": "Valid until 2026-03-02 10:00 UTC.",
            "name": "access_token",
            "status": "pass"
          },
          {
            "action": null,
            "message": "Valid until 2026-06-11 09:00 UTC.",
            "name": "refresh_token",
            "status": "pass"
          },
          {
            "action": null,
            "message": "QuickBooks Online confirmed the company 9130357849012345.",
            "name": "company",
            "status": "pass"
          },
          {
            "action": null,
            "message": "No import has run, and none is scheduled.",
            "name": "sync",
            "status": "not_used"
          },
          {
            "action": null,
            "message": "There is no webhook endpoint.",
            "name": "webhooks",
            "status": "not_used"
          }
        ],
        "company_key": "beach-blend",
        "ready": true
      },
      "content_type": "application/json",
      "status": 200
    }
    "#);
}

#[tokio::test]
async fn s8_an_installation_without_credentials_or_an_address_is_not_ready() {
    let place = connected(&[]).await;
    let bare = place.process(&[("PUBLIC_BASE_URL", ""), ("QUICKBOOKS_CLIENT_SECRET", "")]);
    let readiness = asked(&place, &bare, "").await.json();
    assert_eq!(readiness["ready"], json!(false));
    for name in ["oauth_configuration", "callback_redirect"] {
        assert_eq!(of(&readiness, name).0, "fail", "{readiness}");
    }
    assert_eq!(of(&readiness, "access_token").0, "pass");
}

#[tokio::test]
async fn t7_a_live_check_asks_the_platform_once_in_ten_seconds_whichever_process_answers() {
    let place = connected(&[]).await;
    let other = place.process(&[]);
    let requests = async || place.stand_ins.requests("api").await;
    let before = requests().await;
    assert_eq!(of(&checked(&place, "").await, "company").0, "pass");
    assert_eq!(requests().await, before, "it is asked only if the caller wants it");
    let first = checked(&place, "?live=true").await;
    assert_eq!((of(&first, "company").0.as_str(), requests().await), ("pass", before + 1));
    place.stand_ins.control("faults", json!({ "at": "api", "kind": "status", "status": 403 })).await;
    for server in [&place.server, &other] {
        let again = asked(&place, server, "?live=true").await.json();
        assert_eq!((again["checks"] == first["checks"], requests().await), (true, before + 1), "{again}");
    }
    place.pass(11).await;
    let later = checked(&place, "?live=true").await;
    assert_eq!((of(&later, "company").0.as_str(), requests().await), ("warn", before + 2));
    assert_eq!((of(&checked(&place, "?live=true").await, "company").0.as_str(), requests().await), ("warn", before + 2));
}

#[tokio::test]
async fn t7_a_live_check_that_is_refused_fails_and_ends_no_connection() {
    let place = connected(&[]).await;
    place.stand_ins.control("faults", json!({ "at": "api", "kind": "status", "status": 401 })).await;
    let readiness = checked(&place, "?live=true").await;
    assert_eq!(readiness["ready"], json!(false));
    let action = "Revoke the tokens and disconnect here too: DELETE /api/connections/beach-blend.";
    assert_eq!(of(&readiness, "company"), ("fail".to_owned(), action.to_owned()));
    assert_eq!(place.connection("beach-blend").await.text("status"), "active");
    assert_eq!(place.rows.under("CONN#default#beach-blend", "PROBE").await.len(), 1, "the refresher asks again");
}

#[tokio::test]
async fn s8_a_live_check_of_a_grant_that_ended_shows_it_and_sends_nothing_more() {
    let place = connected(&[]).await;
    place.stand_ins.control("revoke", json!({ "realm": LARKSPUR })).await;
    let readiness = checked(&place, "?live=true").await;
    let action = "Send the customer to /oauth/start/beach-blend?platform=quickbooks to consent again.";
    for name in ["access_token", "refresh_token"] {
        assert_eq!(of(&readiness, name), ("fail".to_owned(), action.to_owned()));
    }
    let requests = place.stand_ins.requests("api").await;
    place.pass(11).await;
    place.wire.reset();
    assert_eq!(checked(&place, "?live=true").await["checks"], readiness["checks"]);
    assert_eq!(place.wire.counts().get("UpdateItem"), None);
    assert_eq!(place.stand_ins.requests("api").await, requests);
}

#[tokio::test]
async fn s8_imports_and_webhooks_are_checked() {
    let place = connected(&[("ALLOW_LOOPBACK_WEBHOOKS", "true")]).await;
    let post = async |path: &str, body: Value| send(&place, Method::POST, path, &place.key, Some(body)).await;
    let readiness = checked(&place, "").await;
    assert_eq!((of(&readiness, "sync").0, of(&readiness, "webhooks").0), ("not_used".to_owned(), "not_used".to_owned()));
    assert_eq!(post("/v1/oauth/quickbooks/sync", json!({})).await.status, 200);
    let made = post("/v1/webhooks", json!({ "url": "https://127.0.0.1:8443/hooks" })).await;
    let readiness = checked(&place, "").await;
    assert_eq!((of(&readiness, "sync").0, of(&readiness, "webhooks").0), ("pass".to_owned(), "pass".to_owned()), "{readiness}");
    let path = format!("/v1/webhooks/{}", made.json()["data"]["id"].as_str().expect("an id"));
    send(&place, Method::PATCH, &path, &place.key, Some(json!({ "status": "disabled" }))).await;
    assert_eq!(of(&checked(&place, "").await, "webhooks").0, "fail");
    place.stand_ins.control("faults", json!({ "at": "api", "kind": "status", "status": 403 })).await;
    assert_eq!(post("/v1/oauth/quickbooks/sync", json!({ "full": true })).await.status, 200);
    assert_eq!(of(&checked(&place, "").await, "sync").0, "fail");
}

#[tokio::test]
async fn s8_a_check_is_four_requests_to_the_table_and_a_live_one_seven() {
    let place = connected(&[("ALLOW_LOOPBACK_WEBHOOKS", "true")]).await;
    for port in 8_001..8_021 {
        let body = json!({ "url": format!("https://127.0.0.1:{port}/hooks") });
        assert_eq!(send(&place, Method::POST, "/v1/webhooks", &place.key, Some(body)).await.status, 201);
    }
    // The connection, the state of its imports, the endpoints; how the endpoints do.
    place.wire.reset();
    checked(&place, "").await;
    insta::assert_debug_snapshot!(place.wire.counts(), @r#"
    {
        "BatchGetItem": 1,
        "GetItem": 3,
    }
    "#);
    // Also the time of the request, the answer, and the connection as it is then.
    place.wire.reset();
    checked(&place, "?live=true").await;
    insta::assert_debug_snapshot!(place.wire.counts(), @r#"
    {
        "BatchGetItem": 1,
        "GetItem": 4,
        "UpdateItem": 2,
    }
    "#);
}

#[tokio::test]
async fn s8_a_wrong_parameter_is_refused_before_the_table_is_read() {
    let place = connected(&[]).await;
    place.wire.reset();
    for query in ["?live=1", "?live=", "?live=true&live=true"] {
        assert_eq!(asked(&place, &place.server, query).await.status, 400, "{query}");
    }
    assert!(place.wire.requests().is_empty());
}
