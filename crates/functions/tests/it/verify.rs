//! `POST /api/connections/{company_key}/verify`, and Intuit's disconnect URL: the platform is asked (T-7).

use std::time::Duration;

use axum::http::Method;
use counterfoil_core::model::api_key::Scope;
use counterfoil_functions::worker::refresher::{ScheduleEvent, refresh};
use counterfoil_stand_ins::xero::ORGANISATIONS;
use serde_json::json;

use crate::harness::{Answer, Ask, Browser, HARBOR, Installation, LARKSPUR, OTHER_KEYS, get, post};
use crate::platforms::{Row, callback, rows};

/// The realm of a company of Intuit's sandbox.
const SANDBOX_COMPANY: &str = "4620816365000000001";

async fn verify(place: &Installation, company_key: &str) -> Answer {
    post(format!("/api/connections/{company_key}/verify")).key(&place.key).to(&place.server).await
}

async fn disconnect_at_intuit(place: &Installation, realm: &str) {
    place.stand_ins.control("revoke", json!({ "realm": realm })).await;
}

async fn status(place: &Installation, company_key: &str) -> String {
    place.connection(company_key).await.text("status")
}

#[tokio::test]
async fn t7_every_platform_is_asked_for_the_company() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    for Row { name, chosen, choice, company_id, company_name, .. } in rows() {
        let mut curl = Browser::curl(&place.server);
        let callback = callback(&place, &mut curl, &format!("/oauth/start/{name}?platform={name}"), chosen).await;
        curl.get(&callback).await;
        if let Some(choice) = choice {
            curl.submit(format!("{}/choose", crate::choosing::result_of(&callback)), &format!("company_id={choice}")).await;
        }
        let expected = json!({
            "company_key": name, "platform": name, "company_id": company_id, "company_name": company_name, "verified": true,
        });
        assert_eq!(verify(&place, name).await.json(), expected);
    }
}

#[tokio::test]
async fn t7_withdrawn_access_ends_the_connection_immediately() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    disconnect_at_intuit(&place, LARKSPUR).await;
    for _ in 0..2 {
        assert_eq!(verify(&place, "beach-blend").await.problem(), (409, "reauthorization_required".to_owned()));
    }
    assert_eq!(status(&place, "beach-blend").await, "needs_reauthorization");
    let history = place.rows.history("beach-blend").await;
    assert!(history.contains(&"grant_ended by vault: revoked".to_owned()), "the refresh was refused: {history:?}");
}

#[tokio::test]
async fn t7_a_token_that_works_without_its_company_ends_the_connection() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    let [first, second] = [0, 1].map(|index: usize| ORGANISATIONS[index].tenant_id);
    for (key, tenant) in [("first", first), ("second", second)] {
        let mut curl = Browser::curl(&place.server);
        let start = format!("/oauth/start/{key}?platform=xero");
        let callback = callback(&place, &mut curl, &start, &[("tenant_id", tenant)]).await;
        curl.get(&callback).await;
    }
    place.pass(11).await;
    assert_eq!(verify(&place, "first").await.status, 200, "found beside what a later consent was for");
    place.stand_ins.control_at("xero", "revoke", json!({ "tenant_id": first })).await;
    assert_eq!(verify(&place, "first").await.problem(), (409, "reauthorization_required".to_owned()));
    assert_eq!(status(&place, "first").await, "needs_reauthorization");
    let history = place.rows.history("first").await;
    assert_eq!(history.last().map(String::as_str), Some("grant_ended by vault: access_withdrawn"));
    let events = place.rows.events("first").await;
    let reasons: Vec<_> = events.iter().filter_map(|row| row.get("reason")?.as_s().ok()).collect();
    assert_eq!(reasons, ["access_withdrawn"]);
    assert_eq!((status(&place, "second").await.as_str(), verify(&place, "second").await.status), ("active", 200));
}

#[tokio::test]
async fn t7_an_unclear_answer_changes_nothing() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let before = place.rows.connection("beach-blend").await;
    for (kind, status) in [("status", 503), ("status", 400), ("status", 404), ("garbage", 0), ("reset", 0), ("throttled", 0)] {
        let fault = if status == 0 {
            json!({ "at": "api", "kind": kind })
        } else {
            json!({ "at": "api", "kind": kind, "status": status })
        };
        place.stand_ins.control("faults", fault).await;
        assert_eq!(verify(&place, "beach-blend").await.problem(), (502, "platform_unavailable".to_owned()), "{kind} {status}");
        place.stand_ins.no_more_faults().await;
    }
    assert_eq!(place.rows.connection("beach-blend").await, before);
    assert_eq!(verify(&place, "beach-blend").await.status, 200);
}

#[tokio::test]
async fn t7_a_refusal_that_a_fresh_token_does_not_get_ends_nothing() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    place.stand_ins.control("faults", json!({ "at": "api", "kind": "status", "status": 401, "times": 1 })).await;
    assert_eq!(verify(&place, "beach-blend").await.status, 200);
    assert_eq!(
        (place.stand_ins.requests("token.refresh_token").await, status(&place, "beach-blend").await.as_str()),
        (1, "active")
    );
    place.stand_ins.control("faults", json!({ "at": "api", "kind": "status", "status": 401, "times": 2 })).await;
    place.pass(11).await;
    assert_eq!(verify(&place, "beach-blend").await.problem(), (409, "reauthorization_required".to_owned()));
}

#[tokio::test]
async fn verifying_needs_the_scope_and_a_connection() {
    let place = Installation::start().await;
    assert_eq!(verify(&place, "nobody").await.problem(), (404, "not_found".to_owned()));
    let others: Vec<_> = Scope::ALL.into_iter().filter(|scope| *scope != Scope::ConnectionsWrite).collect();
    let lesser = place.key_of("default", &others).await;
    let answer = post("/api/connections/nobody/verify").key(&lesser).to(&place.server).await;
    assert_eq!(answer.problem(), (403, "insufficient_scope".to_owned()));
}

async fn hint(place: &Installation, query: &str) -> Answer {
    let answer = get(format!("/oauth/disconnect{query}")).to(&place.server).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/html; charset=utf-8")));
    answer
}

/// One run of the refresher.
async fn run(place: &Installation) {
    let report = refresh(&place.app(), &ScheduleEvent::default(), Duration::from_secs(58)).await;
    report.unwrap_or_else(|error| panic!("{error}"));
}

/// The runs that process the hints of the last minute and make their probes.
async fn follow(place: &Installation) {
    place.pass(66).await;
    run(place).await;
    run(place).await;
}

/// Makes every API request get this status.
async fn api_answers(place: &Installation, status: u16) {
    place.stand_ins.control("faults", json!({ "at": "api", "kind": "status", "status": status })).await;
}

#[tokio::test]
async fn t7_a_true_hint_ends_the_connection_and_a_false_one_does_not() {
    let place = Installation::start().await;
    place.connect("gone", LARKSPUR).await;
    place.connect("there", HARBOR).await;
    place.connect("gone-sandbox", SANDBOX_COMPANY).await;
    disconnect_at_intuit(&place, LARKSPUR).await;
    let pages = [
        hint(&place, &format!("?realmId={LARKSPUR}")).await,
        hint(&place, &format!("?realmId={HARBOR}")).await,
        hint(&place, "?realmId=1").await,
        hint(&place, "").await,
        hint(&place, "?realmId=%ff&realmId=").await,
    ];
    assert!(pages.iter().all(|page| page.body == pages[0].body && !page.body.contains("gone")), "the same for all");
    assert_eq!(status(&place, "gone").await, "active", "the work is the refresher's");
    follow(&place).await;
    assert_eq!(status(&place, "gone").await, "needs_reauthorization");
    assert_eq!((status(&place, "there").await.as_str(), place.refresh("there").await.status), ("active", 200));
    assert_eq!(status(&place, "gone-sandbox").await, "active");
    assert!(place.rows.under("HINTS#", "").await.is_empty(), "they were followed");
}

#[tokio::test]
async fn a_hint_is_one_write_for_a_known_and_an_unknown_company() {
    let place = Installation::start().await;
    place.connect("there", HARBOR).await;
    for realm in [HARBOR, "1"] {
        place.wire.reset();
        hint(&place, &format!("?realmId={realm}")).await;
        let operations: Vec<_> = place.wire.requests().into_iter().map(|request| request.operation).collect();
        assert_eq!(operations, ["UpdateItem"], "{realm}");
    }
}

#[tokio::test]
async fn t7_a_connection_is_probed_once_a_minute_whoever_asks() {
    let place = Installation::start().await;
    place.connect("there", HARBOR).await;
    let asked = async || place.stand_ins.requests("api").await;
    let before = asked().await;
    for _ in 0..5 {
        hint(&place, &format!("?realmId={HARBOR}")).await;
    }
    assert_eq!(asked().await, before, "nothing is asked while somebody waits");
    follow(&place).await;
    run(&place).await;
    assert_eq!(asked().await, before + 1);
    hint(&place, &format!("?realmId={HARBOR}")).await;
    follow(&place).await;
    assert_eq!(asked().await, before + 2);
    let head = Ask::new(Method::HEAD, format!("/oauth/disconnect?realmId={HARBOR}")).to(&place.server).await;
    follow(&place).await;
    assert_eq!((head.status, asked().await), (405, before + 2), "a link previewer spends nothing");
}

#[tokio::test]
async fn a_403_alone_never_ends_a_grant() {
    let place = Installation::start().await;
    place.connect("there", HARBOR).await;
    api_answers(&place, 403).await;
    hint(&place, &format!("?realmId={HARBOR}")).await;
    assert_eq!(verify(&place, "there").await.problem(), (502, "company_forbidden".to_owned()));
    for _ in 0..4 {
        follow(&place).await;
        place.pass(600).await;
    }
    assert_eq!(status(&place, "there").await, "active");
    place.stand_ins.no_more_faults().await;
    assert_eq!(verify(&place, "there").await.status, 200);
}

#[tokio::test]
async fn a_refused_probe_is_repeated_ten_minutes_later_before_the_grant_ends() {
    let place = Installation::start().await;
    place.connect("there", HARBOR).await;
    for lasts in [false, true] {
        api_answers(&place, 401).await;
        hint(&place, &format!("?realmId={HARBOR}")).await;
        follow(&place).await;
        place.pass(500).await;
        run(&place).await;
        assert_eq!(status(&place, "there").await, "active", "ten minutes are not over");
        if !lasts {
            place.stand_ins.no_more_faults().await;
        }
        place.pass(120).await;
        run(&place).await;
        assert_eq!(status(&place, "there").await, if lasts { "needs_reauthorization" } else { "active" });
    }
    let history = place.rows.history("there").await;
    assert_eq!(history.last().map(String::as_str), Some("grant_ended by vault: access_withdrawn"));
}

/// A connection whose grant has just ended because its access was withdrawn.
async fn with_withdrawn_access() -> Installation {
    let place = Installation::start().await;
    place.connect("there", HARBOR).await;
    api_answers(&place, 401).await;
    assert_eq!(verify(&place, "there").await.problem(), (409, "reauthorization_required".to_owned()));
    assert_eq!(status(&place, "there").await, "needs_reauthorization");
    place
}

#[tokio::test]
async fn access_that_is_back_revives_the_grant_with_an_event() {
    let place = with_withdrawn_access().await;
    place.pass(3_601).await;
    run(&place).await;
    assert_eq!(status(&place, "there").await, "needs_reauthorization", "it is not back yet");
    let refreshed = place.stand_ins.requests("token.refresh_token").await;
    place.stand_ins.no_more_faults().await;
    place.pass(86_000).await;
    run(&place).await;
    assert_eq!(status(&place, "there").await, "needs_reauthorization", "a day is not over");
    place.pass(401).await;
    run(&place).await;
    assert_eq!(status(&place, "there").await, "active");
    assert_eq!(place.stand_ins.requests("token.refresh_token").await, refreshed + 1, "asked with a token that had not ended");
    assert_eq!(place.rows.history("there").await.last().map(String::as_str), Some("grant_revived by vault: access_returned"));
    assert_eq!((place.token("there").await.status, place.refresh("there").await.status), (200, 200));
    let events = place.rows.events("there").await;
    assert_eq!(events.last().expect("an event")["event"].as_s().map(String::as_str), Ok("oauth.reauthorized"));
}

#[tokio::test]
async fn withdrawn_access_is_probed_three_times() {
    let place = with_withdrawn_access().await;
    let asked = async || place.stand_ins.requests("api").await;
    let before = asked().await;
    for (probes, pause) in [(1, 3_601), (2, 86_401), (3, 7 * 86_401), (3, 30 * 86_400)] {
        place.pass(pause).await;
        run(&place).await;
        assert_eq!(asked().await, before + probes);
    }
    assert_eq!(status(&place, "there").await, "needs_reauthorization");
}
