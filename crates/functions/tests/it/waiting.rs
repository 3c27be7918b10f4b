//! A consent for a partner's page writes a new connection, a switch or a revival only when the partner exchanges our code (O-19).

use counterfoil_core::model::api_key::Scope;
use counterfoil_testkit::wire::{Fault, Rule};
use serde_json::{Value, json};

use crate::authorize::authorize;
use crate::disconnect::run;
use crate::exchange::{exchange, refusal};
use crate::harness::{Answer, Ask, Browser, HARBOR, Installation, LARKSPUR, OTHER_KEYS, RETURN_URL, get, parameter, text};

/// A consent that a server started for its connection, up to the address of the callback.
async fn begun<'a>(place: &'a Installation, key: &str, company_key: &str, realm: &str) -> (Browser<'a>, String) {
    let start = authorize("quickbooks", &format!("&companyKey={company_key}&state=the-attackers"));
    let start = get(start).key(key).to(&place.server).await;
    let mut browser = Browser::at(&place.server);
    let page = browser.open(start.location()).await;
    let callback = place.stand_ins.consent(&page, realm).await;
    (browser, callback)
}

/// The code that the partner's page gets.
async fn code(place: &Installation, company_key: &str, realm: &str) -> String {
    let (mut browser, callback) = begun(place, &place.key, company_key, realm).await;
    let handed = browser.get(&callback).await;
    assert!(handed.location().starts_with(RETURN_URL), "{}", handed.location());
    parameter(handed.location(), "code").expect("a code")
}

async fn exchanged(place: &Installation, code: &str) -> Answer {
    exchange(place, &place.key, &json!({ "code": code, "platform": "quickbooks", "partnerId": "default" })).await
}

/// The number of grants that wait for an exchange or for a revocation after it.
async fn waiting(place: &Installation) -> usize {
    place.rows.under("CONN#", "CONSENT#").await.len()
}

/// The number of company entries of consents.
async fn entries(place: &Installation) -> usize {
    let all = place.rows.under("COMPANY#", "").await;
    all.iter().filter(|row| !text(row, "SK").starts_with("CONN#")).count()
}

async fn delete(place: &Installation, company_key: &str) -> Value {
    let ask = Ask::new(axum::http::Method::DELETE, format!("/api/connections/{company_key}")).key(&place.key);
    ask.to(&place.server).await.json()
}

#[tokio::test]
async fn o19_a_lured_customers_books_are_connected_to_no_account() {
    let place = Installation::start().await;
    let (mut victim, callback) = begun(&place, &place.key, "attackers-own", LARKSPUR).await;
    // The victim's browser reaches the partner's page with a state of another session, so the partner does not exchange the code.
    let handed = victim.get(&callback).await;
    assert_eq!(parameter(handed.location(), "state").as_deref(), Some("the-attackers"));
    // The attacker knows the address of his start, and even that of the victim's callback.
    for mut attacker in [Browser::at(&place.server), Browser::curl(&place.server)] {
        attacker.start("/oauth/start/his-own").await;
        for address in [
            callback.clone(),
            crate::choosing::result_of(&callback),
            format!("{}/continue", crate::choosing::result_of(&callback)),
        ] {
            let answer = attacker.get(address).await;
            assert!(!answer.header("location").is_some_and(|location| location.contains("code=")), "{answer:?}");
            assert!(!answer.body.contains("Larkspur"), "{}", answer.body);
        }
    }
    assert!(place.rows.connection("attackers-own").await.is_none());
    assert_eq!(get("/api/connections").key(&place.key).to(&place.server).await.json()["connections"], json!([]));
    assert_eq!(place.token("attackers-own").await.status, 404);

    place.pass(599).await;
    run(&place).await;
    assert_eq!((waiting(&place).await, place.stand_ins.requests("revoke").await), (1, 0));
    place.pass(1).await;
    run(&place).await;
    assert_eq!((waiting(&place).await, entries(&place).await, place.stand_ins.requests("revoke").await), (0, 0, 1));
    let history = place.rows.history("attackers-own").await;
    assert!(history.contains(&"platform_told by vault".to_owned()), "{history:?}");
    let late = exchanged(&place, &parameter(handed.location(), "code").expect("a code")).await;
    assert_eq!(refusal(&late), (400, "invalid_code".to_owned()));
}

#[tokio::test]
async fn o19_two_consents_of_one_company_without_an_exchange_do_not_block_each_others_revocation() {
    let place = Installation::start().await;
    for company_key in ["first", "second"] {
        code(&place, company_key, LARKSPUR).await;
    }
    assert_eq!((waiting(&place).await, entries(&place).await), (2, 2));
    // Ten minutes, the minute for an exchange that began in time, and the pause after a try that found the other consent.
    for _ in 0..4 {
        place.pass(600).await;
        run(&place).await;
    }
    assert_eq!((waiting(&place).await, entries(&place).await), (0, 0));
    assert!(place.stand_ins.requests("revoke").await >= 1);
}

#[tokio::test]
async fn r15_a_grant_that_also_reaches_a_connected_company_is_not_revoked() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    let chosen = async |company_key: &str, company_id: &str| {
        let mut curl = Browser::curl(&place.server);
        let start = format!("/oauth/start/{company_key}?platform=freshbooks");
        let callback = crate::platforms::callback(&place, &mut curl, &start, &[]).await;
        curl.get(&callback).await;
        curl.submit(format!("{}/choose", crate::choosing::result_of(&callback)), &format!("company_id={company_id}")).await
    };
    assert_eq!(chosen("kept", "Qx9Zb1").await.status, 200);
    // A key with this prefix belongs to another company, so this consent ends after its choice.
    assert_eq!(chosen("zoho-1", "Lm4Tk7").await.status, 409);
    for _ in 0..3 {
        place.pass(600).await;
        run(&place).await;
    }
    assert_eq!((place.stand_ins.requests_at("freshbooks", "revoke").await, waiting(&place).await), (0, 0));
    let history = place.rows.history("zoho-1").await;
    assert!(history.iter().any(|row| row.starts_with("platform_not_told")), "{history:?}");
}

#[tokio::test]
async fn o19_the_exchange_writes_the_connection_with_its_event_without_a_request_to_the_platform() {
    let place = Installation::start().await;
    let code = code(&place, "shop", LARKSPUR).await;
    assert!(place.rows.connection("shop").await.is_none());
    assert_eq!((waiting(&place).await, entries(&place).await), (1, 1));
    let asked = place.stand_ins.token_requests().await;
    let data = exchanged(&place, &code).await.json()["data"].clone();
    assert_eq!((&data["companyKey"], &data["companyId"]), (&json!("shop"), &json!(LARKSPUR)));
    assert_eq!(place.stand_ins.token_requests().await, asked);
    assert_eq!((waiting(&place).await, entries(&place).await), (0, 0));
    assert_eq!(place.token("shop").await.text("access_token"), data["accessToken"]);
    let events = place.rows.events("shop").await;
    assert_eq!(events.iter().map(|event| text(event, "event")).collect::<Vec<_>>(), ["oauth.connected"]);
    let redeem = json!({ "grantType": "refresh_token", "refreshToken": data["refreshToken"] });
    assert_eq!(exchange(&place, &place.key, &redeem).await.status, 200);
    assert_eq!(place.refresh("shop").await.status, 200, "its tokens are sealed to it");
    place.pass(600).await;
    run(&place).await;
    assert_eq!(place.stand_ins.requests("revoke").await, 0);
    assert_eq!(refusal(&exchanged(&place, &code).await), (400, "invalid_code".to_owned()));
}

#[tokio::test]
async fn o19_a_switch_and_a_revival_wait_for_the_exchange_and_a_renewal_does_not() {
    let place = Installation::start().await;
    place.connect("shop", LARKSPUR).await;
    let realm = async || place.connection("shop").await.text("realm_id");
    let switch = code(&place, "shop", HARBOR).await;
    assert_eq!(realm().await, LARKSPUR);
    assert_eq!(exchanged(&place, &switch).await.json()["data"]["companyId"], json!(HARBOR));
    assert_eq!(realm().await, HARBOR);

    place.pass(1).await;
    let before = place.connection("shop").await.json()["last_refresh_at"].clone();
    code(&place, "shop", HARBOR).await;
    assert_ne!(place.connection("shop").await.json()["last_refresh_at"], before, "written at the callback");

    assert_eq!(delete(&place, "shop").await["status"], json!("disconnected"));
    let revival = code(&place, "shop", HARBOR).await;
    assert_eq!(place.connection("shop").await.text("status"), "disconnected");
    assert_eq!(exchanged(&place, &revival).await.status, 200);
    assert_eq!(place.connection("shop").await.text("status"), "active");
}

#[tokio::test]
async fn o19_an_exchange_without_the_right_any_more_writes_nothing_and_revokes_the_grant() {
    let place = Installation::start().await;
    let key = place.key_of("default", &Scope::ALL).await;
    let (mut browser, callback) = begun(&place, &key, "shop", LARKSPUR).await;
    let code = parameter(browser.get(&callback).await.location(), "code").expect("a code");
    place.revoke(&key).await;
    assert_eq!(refusal(&exchanged(&place, &code).await), (409, "authority_revoked".to_owned()));
    assert!(place.rows.connection("shop").await.is_none());
    run(&place).await;
    assert_eq!((waiting(&place).await, entries(&place).await, place.stand_ins.requests("revoke").await), (0, 0, 1));
    assert_eq!(refusal(&exchanged(&place, &code).await).0, 400);
}

#[tokio::test]
async fn o19_a_flow_has_one_valid_code_and_none_after_its_exchange() {
    let place = Installation::start().await;
    for (company_key, is_new) in [("shop", true), ("shop", false)] {
        let (mut browser, callback) = begun(&place, &place.key, company_key, LARKSPUR).await;
        let result = crate::choosing::result_of(&callback);
        let mut codes = Vec::new();
        for address in [callback.clone(), callback.clone(), format!("{result}/continue")] {
            codes.push(parameter(browser.get(address).await.location(), "code").expect("a code"));
        }
        let shown = browser.get(&result).await;
        assert!(shown.status == 200 || is_new, "{}", shown.body);
        assert!(shown.body.contains(&format!("{result}/continue")), "{}", shown.body);
        let last = codes.pop().expect("three");
        for dead in codes {
            assert_eq!(refusal(&exchanged(&place, &dead).await), (400, "invalid_code".to_owned()));
        }
        assert_eq!(exchanged(&place, &last).await.status, 200);
        for address in [callback.clone(), format!("{result}/continue")] {
            let told = browser.get(address).await.location().to_owned();
            assert_eq!(told, format!("{result}?last=1"), "no second code");
            let page = browser.get(&told).await;
            assert!(page.status == 200 && page.body.contains("You can close this window."), "{}", page.body);
        }
    }
}

#[tokio::test]
async fn o19_of_many_concurrent_exchanges_one_writes_the_connection() {
    let place = Installation::start().await;
    let code = code(&place, "shop", LARKSPUR).await;
    let all = futures_util::future::join_all((0..10).map(|_| exchanged(&place, &code))).await;
    let statuses: Vec<_> = all.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 400].contains(status)), "{statuses:?}");
    let connected = place.rows.history("shop").await.iter().filter(|row| row.starts_with("connected")).count();
    assert_eq!(connected, 1);
}

#[tokio::test]
async fn o19_a_lost_answer_and_an_unavailable_table_spend_no_code() {
    let place = Installation::start().await;
    let first = code(&place, "shop", LARKSPUR).await;
    place.wire.inject(Rule::on("TransactWriteItems", Fault::TimeoutAfterApply));
    assert_eq!(exchanged(&place, &first).await.status, 200);
    assert_eq!(place.rows.events("shop").await.len(), 1);
    let second = code(&place, "other", HARBOR).await;
    place.wire.inject(Rule::on("TransactWriteItems", Fault::InternalServerError).times(10));
    assert_eq!(exchanged(&place, &second).await.status, 503);
    place.wire.reset();
    place.stand_ins.fault("token", "status").await;
    assert_eq!(exchanged(&place, &second).await.status, 200, "the platform is not asked");
}

#[tokio::test]
async fn r15_the_grant_of_a_waiting_consent_is_not_revoked() {
    let place = Installation::start().await;
    place.connect("old", LARKSPUR).await;
    let code = code(&place, "new", LARKSPUR).await;
    assert_eq!(delete(&place, "old").await["platform_told"], json!(false));
    place.pass(200).await;
    run(&place).await;
    assert_eq!(place.stand_ins.requests("revoke").await, 0, "the consent holds the company");
    assert_eq!(exchanged(&place, &code).await.status, 200);
    place.pass(21_600).await;
    run(&place).await;
    assert_eq!(place.stand_ins.requests("revoke").await, 0, "and now the connection does");
    assert_eq!(place.refresh("new").await.status, 200);
}

#[tokio::test]
async fn r15_revoking_an_unused_grant_ends_no_other() {
    let place = Installation::start().await;
    place.connect("living", LARKSPUR).await;
    code(&place, "unused", LARKSPUR).await;
    place.pass(600).await;
    run(&place).await;
    assert_eq!((waiting(&place).await, place.stand_ins.requests("revoke").await), (0, 0));
    let history = place.rows.history("unused").await;
    assert!(history.contains(&"platform_not_told by vault: company_held".to_owned()), "{history:?}");
    assert_eq!(place.refresh("living").await.status, 200);
}

#[tokio::test]
async fn o16_a_refused_company_has_its_grant_revoked() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    place.connect("shop", LARKSPUR).await;
    let mut browser = Browser::curl(&place.server);
    let page = browser.start("/oauth/start/shop").await;
    let refused = browser.get(place.stand_ins.consent(&page, HARBOR).await).await;
    assert_eq!(refused.problem(), (409, "other_company".to_owned()));
    run(&place).await;
    assert_eq!((waiting(&place).await, place.stand_ins.requests("revoke").await), (0, 1));
    assert_eq!(place.refresh("shop").await.status, 200, "its own grant lives");
}

#[tokio::test]
async fn o19_a_flows_id_is_in_no_log() {
    let logs = crate::harness::Logs::capture();
    let place = Installation::start().await;
    let (mut browser, callback) = begun(&place, &place.key, "shop", LARKSPUR).await;
    let id = crate::choosing::result_of(&callback).replace("/oauth/result/", "");
    place.stand_ins.fault("api", "status").await;
    for address in [callback.clone(), format!("/oauth/result/{id}"), format!("/oauth/result/{id}/continue")] {
        browser.get(&address).await;
        Browser::at(&place.server).get(&address).await;
    }
    place.stand_ins.no_more_faults().await;
    browser.post(format!("/oauth/result/{id}/retry")).await;
    place.pass(600).await;
    run(&place).await;
    for row in place.rows.under("", "AUDIT#").await {
        assert!(!format!("{row:?}").contains(&id[..16]), "{row:?}");
    }
    assert!(!logs.text().contains(&id), "{}", logs.text());
}
