//! `DELETE /api/connections/{company_key}`: disconnects immediately and revokes the grant (T-5, T-6).

use std::time::Duration;

use axum::http::Method;
use counterfoil_core::model::api_key::Scope;
use counterfoil_functions::worker::revoker::revoke;
use counterfoil_stand_ins::xero::ORGANISATIONS;
use serde_json::json;

use crate::harness::{Answer, Ask, Browser, HARBOR, Installation, LARKSPUR, OTHER_KEYS, RETURN_URL, get};
use crate::platforms::{Row, callback, rows};

async fn delete_by(place: &Installation, key: &str, company_key: &str) -> Answer {
    Ask::new(Method::DELETE, format!("/api/connections/{company_key}")).key(key).to(&place.server).await
}

async fn delete(place: &Installation, company_key: &str) -> Answer {
    delete_by(place, &place.key, company_key).await
}

/// One run of the revoker.
pub(crate) async fn run(place: &Installation) {
    let report = revoke(&place.app(), Duration::from_secs(58)).await;
    report.unwrap_or_else(|error| panic!("{error}"));
}

async fn pending(place: &Installation) -> usize {
    place.rows.under("CONN#", "REVOCATION#").await.len()
}

#[tokio::test]
async fn t5_the_answer_has_the_connection_and_the_state_of_the_revocation() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let answer = delete(&place, "beach-blend").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let mut expected = place.connection("beach-blend").await.json();
    assert_eq!([&expected["status"], &expected["connected"]], [&json!("disconnected"), &json!(false)]);
    expected["platform_told"] = json!(true);
    expected["revocation"] = json!("settled");
    assert_eq!(answer.json(), expected);
    assert_eq!(place.rows.history("beach-blend").await.len(), 3);
    assert_eq!(place.token("beach-blend").await.problem(), (409, "reauthorization_required".to_owned()));
    assert_eq!(place.refresh("beach-blend").await.problem(), (409, "reauthorization_required".to_owned()));
    assert_eq!((place.stand_ins.requests("revoke").await, pending(&place).await), (1, 0));

    assert_eq!(delete(&place, "beach-blend").await.json(), expected, "once more is as once");
    assert_eq!(place.rows.events("beach-blend").await.len(), 2, "connected, disconnected");
    assert_eq!(place.stand_ins.requests("revoke").await, 1);
}

#[tokio::test]
async fn t5_disconnecting_needs_the_scope_and_an_own_connection() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let others: Vec<_> = Scope::ALL.into_iter().filter(|scope| *scope != Scope::ConnectionsWrite).collect();
    let lesser = place.key_of("default", &others).await;
    assert_eq!(delete_by(&place, &lesser, "beach-blend").await.problem(), (403, "insufficient_scope".to_owned()));
    assert_eq!(delete(&place, "nobody").await.problem(), (404, "not_found".to_owned()));
    assert_eq!(place.token("beach-blend").await.status, 200);
}

#[tokio::test]
async fn t5_the_worker_revokes_once_a_platform_is_up_again() {
    for fault in ["status", "reset", "garbage"] {
        let place = Installation::start().await;
        place.connect("beach-blend", LARKSPUR).await;
        place.stand_ins.fault("revoke", fault).await;
        let answer = delete(&place, "beach-blend").await;
        // A success with an unreadable body counts, because of its status.
        let confirmed = fault == "garbage";
        assert_eq!((answer.status, &answer.json()["platform_told"]), (200, &json!(confirmed)), "{fault}");
        assert_eq!(answer.text("status"), "disconnected");
        assert_eq!(pending(&place).await, usize::from(!confirmed));
        place.stand_ins.no_more_faults().await;
        let sent = place.stand_ins.requests("revoke").await;
        run(&place).await;
        assert_eq!(place.stand_ins.requests("revoke").await, sent, "its pause is not over");
        place.pass(120).await;
        run(&place).await;
        assert_eq!(
            (place.stand_ins.requests("revoke").await, pending(&place).await),
            (sent + u64::from(!confirmed), 0),
            "{fault}"
        );
        assert_eq!(delete(&place, "beach-blend").await.json()["platform_told"], true);
    }
}

#[tokio::test]
async fn t5_a_server_reconnects_with_a_higher_epoch_and_the_revocation_is_dropped() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    place.stand_ins.fault("revoke", "status").await;
    delete(&place, "beach-blend").await;
    place.connect("beach-blend", LARKSPUR).await;
    let row = place.rows.connection("beach-blend").await.expect("the connection");
    assert_eq!(row["epoch"].as_n().map(String::as_str), Ok("3"));
    place.stand_ins.no_more_faults().await;
    place.pass(1_200).await;
    run(&place).await;
    assert_eq!(pending(&place).await, 0);
    let history = place.rows.history("beach-blend").await;
    assert!(history.contains(&"platform_not_told by vault: company_held".to_owned()), "{history:?}");
    assert_eq!(place.refresh("beach-blend").await.status, 200, "the new grant lives");
}

#[tokio::test]
async fn t5_a_disconnect_ends_the_handle_for_good() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let code = place.code_of("beach-blend", RETURN_URL).await;
    let exchange = async |body: serde_json::Value| {
        let ask = Ask::new(Method::POST, "/v1/oauth/token").key(&place.key).header("content-type", "application/json");
        ask.body(body.to_string()).to(&place.server).await
    };
    let exchanged = exchange(json!({ "code": code, "platform": "quickbooks" })).await;
    assert_eq!(exchanged.status, 200, "{}", exchanged.body);
    let redeem = json!({ "grantType": "refresh_token", "refreshToken": exchanged.json()["data"]["refreshToken"] });
    assert_eq!(exchange(redeem.clone()).await.status, 200);
    delete(&place, "beach-blend").await;
    for _ in 0..2 {
        let refused = exchange(redeem.clone()).await;
        assert_eq!((refused.status, refused.json()["error"]["code"].clone()), (400, json!("invalid_refresh_token")));
        place.connect("beach-blend", LARKSPUR).await;
    }
}

#[tokio::test]
async fn t5_each_platform_is_sent_its_own_kind_of_revocation() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    for Row { name, chosen, choice, can_revoke, .. } in rows() {
        let mut curl = Browser::curl(&place.server);
        let callback = callback(&place, &mut curl, &format!("/oauth/start/{name}?platform={name}"), chosen).await;
        curl.get(&callback).await;
        if let Some(choice) = choice {
            curl.submit(format!("{}/choose", crate::choosing::result_of(&callback)), &format!("company_id={choice}")).await;
        }
        assert!(place.stand_ins.live_grants_at(name).await > 0, "{name}");
        let answer = delete(&place, name).await;
        let expected = if can_revoke { "settled" } else { "unsupported" };
        let said = (answer.json()["platform_told"].clone(), answer.json()["revocation"].clone());
        assert_eq!((answer.status, said), (200, (json!(can_revoke), json!(expected))), "{name}: {}", answer.body);
        assert_eq!(place.stand_ins.live_grants_at(name).await, usize::from(!can_revoke), "{name}");
    }
}

#[tokio::test]
async fn t6_at_xero_only_one_organisation_is_disconnected_unless_it_is_the_last() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    let [first, second] = [0, 1].map(|index: usize| ORGANISATIONS[index].tenant_id);
    for (key, tenant) in [("first", first), ("second", second)] {
        let mut curl = Browser::curl(&place.server);
        let start = format!("/oauth/start/{key}?platform=xero");
        let callback = callback(&place, &mut curl, &start, &[("tenant_id", tenant)]).await;
        assert_eq!(curl.get(&callback).await.text("company_id"), tenant);
    }
    assert_eq!(delete(&place, "first").await.json()["platform_told"], true);
    assert_eq!(place.stand_ins.requests_at("xero", "revoke").await, 0, "the user's other organisation stays");
    let other = get("/api/token/second").key(&place.key).to(&place.server).await;
    assert_eq!(other.status, 200);
    place.pass(11).await;
    assert_eq!(place.refresh("second").await.status, 200);
    assert_eq!(delete(&place, "second").await.json()["platform_told"], true);
    assert_eq!(place.stand_ins.requests_at("xero", "revoke").await, 1, "the last takes the grant with it");
}

#[tokio::test]
async fn t6_an_ended_token_of_xeros_is_refreshed_first_by_the_revoker() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    let mut curl = Browser::curl(&place.server);
    let chosen = [("tenant_id", ORGANISATIONS[0].tenant_id)];
    let callback = callback(&place, &mut curl, "/oauth/start/shop?platform=xero", &chosen).await;
    curl.get(&callback).await;
    place.pass(1_800).await;
    place.stand_ins.control_at("xero", "clock", json!({ "advance_seconds": 1_800 })).await;
    assert_eq!(delete(&place, "shop").await.json()["platform_told"], false, "a request has no time for both");
    run(&place).await;
    assert_eq!((place.stand_ins.live_grants_at("xero").await, pending(&place).await), (0, 0));
}

#[tokio::test]
async fn r15_a_company_that_another_connection_holds_is_not_revoked() {
    let place = Installation::start().await;
    place.connect("one", LARKSPUR).await;
    place.connect("two", LARKSPUR).await;
    place.connect("other", HARBOR).await;
    assert_eq!(delete(&place, "one").await.json()["platform_told"], true, "there is nothing to revoke");
    assert_eq!(place.stand_ins.requests("revoke").await, 0);
    assert_eq!(place.refresh("two").await.status, 200);
    delete(&place, "two").await;
    assert_eq!(place.stand_ins.requests("revoke").await, 1);
    assert_eq!(place.refresh("other").await.status, 200);
}
