//! `/v1/webhooks`, `/v1/events` and `/v1/deliveries`, with a real receiver.

use std::time::Duration;

use axum::http::Method;
use counterfoil_core::model::api_key::Scope;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::port::wake::CourierCall;
use counterfoil_core::service::webhook::dispatch::dispatch;
use counterfoil_functions::worker::courier;
use counterfoil_testkit::receiver::Receiver;
use serde_json::{Value, json};

use crate::harness::{Answer, Ask, HARBOR, Installation, LARKSPUR, get};
use crate::links::send;

pub(crate) async fn installation() -> Installation {
    Installation::start_with(&[("ALLOW_LOOPBACK_WEBHOOKS", "true")]).await
}

async fn post(place: &Installation, path: &str, body: Value) -> Answer {
    send(place, Method::POST, path, &place.key, Some(body)).await
}

async fn read(place: &Installation, path: &str) -> Value {
    let answer = get(path).key(&place.key).to(&place.server).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["data"].clone()
}

/// A new endpoint at this address, for all events.
pub(crate) async fn endpoint(place: &Installation, url: &str) -> Value {
    let answer = post(place, "/v1/webhooks", json!({ "url": url })).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()["data"].clone()
}

/// Dispatches all events, and delivers to an endpoint what is due.
pub(crate) async fn deliver(place: &Installation, endpoint: &Value) {
    let app = place.app();
    let partner = PartnerId::default_partner();
    let events = app.outbox.events_between(&partner, "evt_", "evt_~", 100).await.expect("a table").events;
    let ids: Vec<_> = events.iter().map(|event| event.id().to_owned()).collect();
    dispatch(&app, &partner, &ids).await.expect("a table");
    let id = endpoint["id"].as_str().expect("an id");
    let name = counterfoil_core::model::webhook::endpoint::EndpointName {
        partner,
        id: counterfoil_core::model::webhook::endpoint::EndpointId::parse(id).expect("an id"),
    };
    let call = CourierCall { endpoint: name, deliveries: Vec::new() };
    assert!(courier::deliver(&app, call, app.clock.elapsed() + Duration::from_secs(90)).await);
}

#[tokio::test]
async fn an_endpoint_is_created_read_changed_and_deleted() {
    let place = installation().await;
    let made = endpoint(&place, "https://127.0.0.1:8443/hooks").await;
    assert!(made["secret"].as_str().is_some_and(|secret| secret.starts_with("whsec_")), "{made}");
    let path = format!("/v1/webhooks/{}", made["id"].as_str().expect("an id"));
    let expected = json!({
        "id": made["id"], "url": "https://127.0.0.1:8443/hooks", "description": null, "events": [], "status": "enabled",
        "disabledReason": null, "createdAt": "2026-03-02T09:00:00Z", "lastSuccessAt": null, "failingSince": null,
    });
    assert_eq!(read(&place, &path).await, expected);
    assert_eq!(read(&place, "/v1/webhooks").await, json!([expected]));

    let update = json!({ "events": ["oauth.connected", "oauth.connected"], "description": "Ours", "status": "disabled" });
    let changed = send(&place, Method::PATCH, &path, &place.key, Some(update)).await.json()["data"].clone();
    assert_eq!((&changed["events"], &changed["description"]), (&json!(["oauth.connected"]), &json!("Ours")));
    assert_eq!((&changed["status"], &changed["disabledReason"]), (&json!("disabled"), &json!("requested")));
    let update = json!({ "events": [], "description": null, "status": "enabled" });
    send(&place, Method::PATCH, &path, &place.key, Some(update)).await;
    assert_eq!(read(&place, &path).await, expected);

    let deleted = send(&place, Method::DELETE, &path, &place.key, None).await;
    assert_eq!(deleted.json()["data"], json!({ "id": made["id"], "deleted": true }));
    assert_eq!(get(&path).key(&place.key).to(&place.server).await.status, 404);
    assert_eq!(read(&place, "/v1/webhooks").await, json!([]));
}

#[tokio::test]
async fn a3_an_endpoint_is_refused_with_the_reason() {
    let place = Installation::start().await;
    for (body, code) in [
        (json!({}), "invalid_body"),
        (json!({ "url": "https://example.com", "color": 1 }), "invalid_body"),
        (json!({ "url": "http://example.com" }), "invalid_url"),
        (json!({ "url": "https://127.0.0.1/hooks" }), "invalid_url"),
        (json!({ "url": "https://169.254.169.254/latest/meta-data" }), "invalid_url"),
        (json!({ "url": "https://[::ffff:127.0.0.1]/" }), "invalid_url"),
        (json!({ "url": "https://2130706433/" }), "invalid_url"),
        (json!({ "url": "https://user:pass@example.com/" }), "invalid_url"),
        (json!({ "url": "https://8.8.8.8:22/" }), "invalid_url"),
        (json!({ "url": format!("https://8.8.8.8/{}", "a".repeat(2_100)) }), "invalid_url"),
        (json!({ "url": "https://8.8.8.8/", "events": ["oauth.exploded"] }), "invalid_parameter"),
        (json!({ "url": "https://8.8.8.8/", "description": "a".repeat(501) }), "invalid_parameter"),
    ] {
        let answer = post(&place, "/v1/webhooks", body.clone()).await;
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (400, &json!(code)), "{body}");
    }
}

#[tokio::test]
async fn w1_an_event_is_delivered_signed_and_is_in_the_log() {
    let place = installation().await;
    let receiver = Receiver::start().await;
    let made = endpoint(&place, &receiver.url()).await;
    place.connect("shop", LARKSPUR).await;
    deliver(&place, &made).await;
    let [request] = &receiver.take()[..] else { panic!("one request") };
    let body = request.json();
    assert_eq!((&body["event"], &body["data"]["companyKey"]), (&json!("oauth.connected"), &json!("shop")));
    assert!(request.header("webhook-signature").starts_with("v1,"));

    let events = read(&place, "/v1/events?type=oauth.connected&companyKey=shop").await;
    assert_eq!((&events[0]["id"], &events[0]["data"]), (&json!(request.header("webhook-id")), &body["data"]));
    let id = events[0]["id"].as_str().expect("an id");
    assert_eq!(read(&place, &format!("/v1/events/{id}")).await, events[0]);
    assert_eq!(read(&place, "/v1/events?companyKey=other").await, json!([]));
    let log = read(&place, &format!("/v1/deliveries?eventId={id}&status=delivered")).await;
    assert_eq!((&log[0]["eventId"], &log[0]["endpointId"]), (&json!(id), &made["id"]));
    assert_eq!((&log[0]["attempts"][0]["responseStatus"], &log[0]["nextAttemptAt"]), (&json!(200), &Value::Null));
    assert_eq!(read(&place, &format!("/v1/deliveries/{}", log[0]["id"].as_str().expect("an id"))).await, log[0]);
    assert_eq!(read(&place, "/v1/deliveries?status=failed").await, json!([]));
    let last = read(&place, "/v1/webhooks").await[0]["lastSuccessAt"].clone();
    assert!(last.is_string(), "{last}");
}

#[tokio::test]
async fn w6_a_test_a_replay_of_one_and_a_replay_of_a_range() {
    let place = installation().await;
    let receiver = Receiver::start().await;
    let made = endpoint(&place, &receiver.url()).await;
    let path = format!("/v1/webhooks/{}", made["id"].as_str().expect("an id"));
    receiver.answer(500);
    let tested = post(&place, &format!("{path}/test"), json!({})).await.json()["data"].clone();
    assert_eq!((&tested["status"], &tested["event"]), (&json!("failed"), &json!("webhook.test")));
    assert_eq!(tested["attempts"][0]["error"], json!("unexpected_status"), "{tested}");
    receiver.answer(200);
    assert_eq!(receiver.take()[0].json()["event"], json!("webhook.test"));

    place.connect("shop", LARKSPUR).await;
    deliver(&place, &made).await;
    let sent = receiver.take()[0].header("webhook-id").to_owned();
    place.pass(1).await;
    let delivery = read(&place, &format!("/v1/deliveries?eventId={sent}")).await[0]["id"].clone();
    let replay = post(&place, &format!("/v1/deliveries/{}/replay", delivery.as_str().expect("an id")), json!({})).await;
    assert_eq!((replay.status, &replay.json()["data"]["status"]), (201, &json!("pending")));
    deliver(&place, &made).await;
    assert_eq!(receiver.take()[0].header("webhook-id"), sent);

    place.pass(1).await;
    let range = json!({ "since": "2026-03-01T00:00:00Z", "status": "all" });
    let replayed = post(&place, &format!("{path}/replay"), range).await.json()["data"].clone();
    assert_eq!(replayed, json!({ "deliveries": 2, "nextSince": null }));
    for bad in [json!({}), json!({ "since": "soon" }), json!({ "since": "2026-03-01T00:00:00Z", "status": "x" })] {
        assert_eq!(post(&place, &format!("{path}/replay"), bad.clone()).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn w2_a_secret_is_rotated() {
    let place = installation().await;
    let receiver = Receiver::start().await;
    let made = endpoint(&place, &receiver.url()).await;
    let path = format!("/v1/webhooks/{}", made["id"].as_str().expect("an id"));
    let rotated = send(&place, Method::POST, &format!("{path}/rotate-secret"), &place.key, None).await.json()["data"].clone();
    assert!(rotated["secret"].is_string() && rotated["secret"] != made["secret"], "{rotated}");
    post(&place, &format!("{path}/test"), json!({})).await;
    assert_eq!(receiver.take()[0].header("webhook-signature").split(' ').count(), 2);
    let too_long = post(&place, &format!("{path}/rotate-secret"), json!({ "overlapSeconds": 604_801 })).await;
    assert_eq!(too_long.status, 400);
}

#[tokio::test]
async fn a10_deliveries_of_several_endpoints_are_one_list_by_pages() {
    let place = installation().await;
    let receiver = Receiver::start().await;
    let endpoints = [endpoint(&place, &receiver.url()).await, endpoint(&place, &receiver.url()).await];
    for (company_key, realm) in [("one", LARKSPUR), ("two", HARBOR), ("three", LARKSPUR)] {
        place.pass(1).await;
        place.connect(company_key, realm).await;
    }
    for endpoint in &endpoints {
        deliver(&place, endpoint).await;
    }
    let all = read(&place, "/v1/deliveries").await;
    assert_eq!(all.as_array().map(Vec::len), Some(6));
    let (mut paged, mut path) = (Vec::new(), "/v1/deliveries?limit=1".to_owned());
    loop {
        let page = get(&path).key(&place.key).to(&place.server).await.json();
        paged.extend(page["data"].as_array().expect("a list").clone());
        let Some(next) = page["nextCursor"].as_str() else { break };
        path = format!("/v1/deliveries?limit=1&cursor={next}");
    }
    assert_eq!(json!(paged), all);
    let mut events: Vec<_> = paged.iter().map(|delivery| delivery["eventId"].as_str().expect("an id")).collect();
    assert!(events.is_sorted_by(|one, other| one >= other), "{events:?}");
    events.dedup();
    assert_eq!(events.len(), 3);
    let of_one = format!("/v1/deliveries?endpointId={}", endpoints[0]["id"].as_str().expect("an id"));
    assert_eq!(read(&place, &of_one).await.as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn a10_events_are_listed_by_pages_with_a_range() {
    let place = installation().await;
    for (company_key, realm) in [("one", LARKSPUR), ("two", HARBOR)] {
        place.pass(60).await;
        place.connect(company_key, realm).await;
    }
    let first = get("/v1/events?limit=1").key(&place.key).to(&place.server).await.json();
    assert_eq!(first["data"][0]["data"]["companyKey"], json!("two"));
    let cursor = first["nextCursor"].as_str().expect("another page");
    let second = read(&place, &format!("/v1/events?limit=1&cursor={cursor}")).await;
    assert_eq!(second[0]["data"]["companyKey"], json!("one"));
    let since = first["data"][0]["createdAt"].as_str().expect("a time");
    let (after, before) =
        (read(&place, &format!("/v1/events?since={since}")).await, read(&place, &format!("/v1/events?until={since}")).await);
    assert_eq!((&after[0]["id"], &before[0]["id"]), (&first["data"][0]["id"], &second[0]["id"]));
    let damaged = Ask::new(Method::GET, "/v1/events?type=x").key(&place.key).to(&place.server).await;
    assert_eq!(damaged.status, 400);
}

#[tokio::test]
async fn a5_another_scope_opens_none_of_these_routes() {
    let place = installation().await;
    let key = place.key_of("default", &[Scope::RecordsRead, Scope::SyncsRun]).await;
    for path in ["/v1/webhooks", "/v1/events", "/v1/deliveries"] {
        assert_eq!(get(path).key(&key).to(&place.server).await.status, 403, "{path}");
    }
}
