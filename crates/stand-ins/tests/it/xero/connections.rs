//! Connections and `Organisation`: what a token reaches, and the errors for what it does not.

use reqwest::StatusCode;
use serde_json::json;

use super::token::claims;
use super::{ASK, MAPLE, PEMBERTON, World};
use crate::world::{answered, tokens, with};

#[tokio::test]
async fn o18_a_connection_has_xeros_fields() {
    let world = World::start().await;
    world.control("clock", json!({ "now": 1_783_640_430 })).await;
    let given = world.connect(&[MAPLE]).await;
    let connections = world.connections(&given.access, &[]).await;
    let connection = connections[0].as_object().expect("an object");
    assert_eq!((connections.len(), connection.len()), (1, 7));
    assert_eq!((&connection["tenantId"], &connection["tenantName"]), (&json!(MAPLE), &json!("Maple Florists Ltd")));
    assert_eq!(connection["tenantType"], "ORGANISATION");
    let created = connection["createdDateUtc"].as_str().expect("text");
    assert!(created.starts_with("2026-07-09T23:4") && created.len() == 27 && !created.ends_with('Z'), "{created}");
    assert_ne!(connection["id"], connection["tenantId"]);
}

#[tokio::test]
async fn a_second_consent_adds_a_connection_and_each_has_its_own_event() {
    let world = World::start().await;
    let first = world.connect(&[MAPLE]).await;
    let second = world.connect(&[PEMBERTON]).await;
    for given in [&first, &second] {
        assert_eq!(world.connections(&given.access, &[]).await.len(), 2);
        assert_eq!(world.probe(&given.access, MAPLE).await, StatusCode::OK);
        assert_eq!(world.probe(&given.access, PEMBERTON).await, StatusCode::OK);
    }
    for (given, tenant) in [(&first, MAPLE), (&second, PEMBERTON)] {
        let event = claims(&given.access)["authentication_event_id"].as_str().expect("text").to_owned();
        let of_this = world.connections(&given.access, &[("authEventId", &event)]).await;
        assert_eq!((of_this.len(), &of_this[0]["tenantId"]), (1, &json!(tenant)));
        let refreshed = world.refreshed(&given.refresh).await;
        assert_eq!(claims(&refreshed.access)["authentication_event_id"], event.as_str());
    }
}

#[tokio::test]
async fn a_renewed_connection_keeps_its_id() {
    let world = World::start().await;
    let first = world.connect(&[MAPLE, PEMBERTON]).await;
    let before = world.connections(&first.access, &[]).await;
    let second = world.connect(&[MAPLE]).await;
    let after = world.connections(&second.access, &[]).await;
    assert_eq!((after.len(), &after[0]["id"]), (2, &before[0]["id"]));
    assert_eq!(after[0]["authEventId"], claims(&second.access)["authentication_event_id"]);
    assert_eq!(after[1]["authEventId"], claims(&first.access)["authentication_event_id"]);
}

#[tokio::test]
async fn a_user_can_agree_to_no_organisation() {
    let world = World::start().await;
    let given = world.connect(&[]).await;
    assert_eq!(world.connections(&given.access, &[]).await, Vec::<serde_json::Value>::new());
    world.refreshed(&given.refresh).await;
}

#[tokio::test]
async fn t5_a_removed_connection_is_a_403_while_the_token_stays_healthy() {
    let world = World::start().await;
    let given = world.connect(&[MAPLE, PEMBERTON]).await;
    let maple = world.connections(&given.access, &[]).await[0]["id"].as_str().expect("text").to_owned();
    assert_eq!(world.remove_connection("made-up", &maple).await, StatusCode::UNAUTHORIZED);
    assert_eq!(world.remove_connection(&given.access, &maple).await, StatusCode::NO_CONTENT);
    assert_eq!(world.remove_connection(&given.access, &maple).await, StatusCode::NOT_FOUND);
    let refreshed = world.refreshed(&given.refresh).await;
    let (status, body) = answered(world.organisation(&refreshed.access, MAPLE).send().await.expect("answers")).await;
    assert_eq!((status, &body["Title"], &body["Status"]), (403, &json!("Forbidden"), &json!(403)));
    assert_eq!((&body["Detail"], &body["Extensions"]), (&json!("AuthenticationUnsuccessful"), &json!({})));
    assert_eq!(world.probe(&refreshed.access, PEMBERTON).await, StatusCode::OK);
}

#[tokio::test]
async fn t7_the_customer_disconnects_one_organisation_or_all() {
    let world = World::start().await;
    let given = world.connect(&[MAPLE, PEMBERTON]).await;
    assert_eq!(world.control("revoke", json!({ "tenant_id": MAPLE })).await["grants_ended"], 0);
    assert_eq!(world.probe(&given.access, MAPLE).await, StatusCode::FORBIDDEN);
    assert_eq!(world.probe(&given.access, PEMBERTON).await, StatusCode::OK);
    assert_eq!(world.control("revoke", json!({})).await["grants_ended"], 1);
    assert_eq!(world.probe(&given.access, PEMBERTON).await, StatusCode::UNAUTHORIZED);
    assert_eq!(world.control_get("state").await["grants"][0]["ended_by"], "disconnected_by_customer");
    let (status, _) = world.try_control("revoke", json!({ "tenant_id": "1" })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_token_reads_an_organisation_that_it_reaches() {
    let world = World::start().await;
    let given = world.connect(&[MAPLE]).await;
    let (status, body) = answered(world.organisation(&given.access, MAPLE).send().await.expect("answers")).await;
    assert_eq!((status, &body["Status"]), (200, &json!("OK")));
    let organisation = &body["Organisations"][0];
    assert_eq!((&organisation["OrganisationID"], &organisation["Name"]), (&json!(MAPLE), &json!("Maple Florists Ltd")));
    assert_eq!((&organisation["BaseCurrency"], &organisation["IsDemoCompany"]), (&json!("NZD"), &json!(false)));
    let url = format!("{}/Organisation", world.endpoints.api);
    let without_tenant = world.client.get(&url).bearer_auth(&given.access);
    assert_eq!(without_tenant.send().await.expect("answers").status(), StatusCode::FORBIDDEN);
    let without_accept = world.client.get(&url).bearer_auth(&given.access).header("xero-tenant-id", MAPLE);
    let xml = without_accept.send().await.expect("answers").text().await.expect("text");
    assert!(xml.contains("<Name>Maple Florists Ltd</Name>"), "{xml}");
    let with_query = world.organisation(&given.access, MAPLE).query(&[("page", "1")]);
    assert_eq!(with_query.send().await.expect("answers").status(), StatusCode::BAD_REQUEST);
    world.control("settings", json!({ "company_info_denied": true })).await;
    assert_eq!(world.probe(&given.access, MAPLE).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_invalid_token_or_one_without_the_scope_is_a_401() {
    let world = World::start().await;
    let ask = with(&ASK, "scope", "accounting.invoices.read");
    let narrow = tokens(world.exchange(&world.code_for(&ask, &[MAPLE]).await).await).await;
    for token in ["made-up", &narrow.access] {
        let (status, body) = answered(world.organisation(token, MAPLE).send().await.expect("answers")).await;
        assert_eq!((status, &body["Detail"]), (401, &json!("AuthenticationUnsuccessful")));
    }
    world.pass(1800).await;
    let (status, body) = answered(world.organisation(&narrow.access, MAPLE).send().await.expect("answers")).await;
    let detail = body["Detail"].as_str().expect("text");
    assert!(status == 401 && detail.starts_with("TokenExpired: token expired at "), "{detail}");
}

#[tokio::test]
async fn a_throttled_request_is_answered_with_its_limit() {
    let world = World::start().await;
    let given = world.connect(&[MAPLE]).await;
    world.control("faults", json!({ "at": "api", "kind": "throttled", "times": 1 })).await;
    let answer = world.organisation(&given.access, MAPLE).send().await.expect("answers");
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers()["x-rate-limit-problem"], "minute");
    assert_eq!(answer.headers()["retry-after"], "60");
    assert_eq!(world.probe(&given.access, MAPLE).await, StatusCode::OK);
}
