//! A consent for several companies: the customer chooses on our page, in the browser that started it (O-14, O-6).

use counterfoil_core::model::flow::FlowId;
use counterfoil_core::model::secret::Secret;
use counterfoil_stand_ins::xero::ORGANISATIONS;
use counterfoil_testkit::wire::{Fault, Rule};
use serde_json::json;

use crate::harness::{Answer, Browser, Installation, OTHER_KEYS, RETURN_URL, parameter};
use crate::platforms::callback;

/// The result page of a callback's flow.
pub(crate) fn result_of(callback: &str) -> String {
    format!("/oauth/result/{}", FlowId::of(&Secret::new(parameter(callback, "state").expect("a state"))).as_str())
}

/// Checks that a page navigates by itself to our address `to`, because a form cannot be redirected to another origin.
pub(crate) fn goes_on(page: &Answer, to: &str) {
    let refresh = format!(r#"<meta http-equiv="refresh" content="0;url={to}">"#);
    assert!(page.body.contains(&refresh), "{}", page.body);
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("form-action 'self';"), "{policy}");
}

const FRESHBOOKS: &str = "/oauth/start/shop?platform=freshbooks";

#[tokio::test]
async fn o14_a_browser_chooses_on_our_page_without_a_script() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    let mut browser = Browser::at(&place.server);
    let start = format!("{FRESHBOOKS}&return_url={}", crate::callback::encoded(RETURN_URL));
    let callback = callback(&place, &mut browser, &start, &[]).await;
    let result = browser.get(&callback).await.location().to_owned();
    assert_eq!(result, result_of(&callback), "not yet to the return URL");
    let shown = browser.get(&result).await;
    assert_eq!(shown.status, 200);
    for part in ["Okafor Studio", "Okafor &amp; Lind Ceramics", r#"value="Qx9Zb1""#, r#"value="Lm4Tk7""#] {
        assert!(shown.body.contains(part), "{part}: {}", shown.body);
    }
    assert!(shown.body.contains(&format!(r#"<form method="post" action="{result}/choose">"#)), "{}", shown.body);
    assert!(!shown.body.contains("<script") && !shown.body.contains("Riverside"), "{}", shown.body);
    assert!(place.rows.connection("shop").await.is_none(), "nothing yet");

    let chosen = browser.submit(format!("{result}/choose"), "company_id=Lm4Tk7").await;
    assert_eq!((chosen.status, chosen.location()), (303, result.as_str()), "a form is not sent to another origin");
    let connected = browser.get(&result).await;
    assert!(connected.body.contains("Okafor &amp; Lind Ceramics"), "{}", connected.body);
    let further = format!("{result}/continue");
    goes_on(&connected, &further);
    let told = format!("{RETURN_URL}&company_key=shop&status=connected");
    assert_eq!(browser.get(&further).await.location(), told);
    assert_eq!(place.token("shop").await.text("company_id"), "Lm4Tk7");
    assert_eq!(place.stand_ins.token_requests_at("freshbooks").await, 1);
}

#[tokio::test]
async fn o6_only_the_browser_that_started_can_choose_one_of_the_offered_companies() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    let mut curl = Browser::curl(&place.server);
    let callback = callback(&place, &mut curl, FRESHBOOKS, &[]).await;
    let choose = format!("{}/choose", result_of(&callback));
    assert_eq!(curl.submit(&choose, "company_id=Lm4Tk7").await.problem(), (400, "consent_pending".to_owned()), "too early");
    let needed = curl.get(&callback).await;
    assert_eq!(needed.problem(), (409, "company_choice_required".to_owned()));
    let companies = json!([
        { "company_id": "Qx9Zb1", "name": "Okafor Studio" },
        { "company_id": "Lm4Tk7", "name": "Okafor & Lind Ceramics" },
    ]);
    assert_eq!((&needed.json()["companies"], needed.text("choose_at")), (&companies, choose.clone()));
    assert_eq!(curl.get(result_of(&callback)).await.json()["companies"], companies, "wherever it is asked");
    assert_eq!(curl.get(&callback).await.problem(), (409, "company_choice_required".to_owned()), "again the same");

    let mut stranger = Browser::curl(&place.server);
    assert_eq!(stranger.submit(&choose, "company_id=Lm4Tk7").await.problem(), (400, "wrong_browser".to_owned()));
    for (form, code) in [
        ("company_id=Zz1", "unknown_company"),
        ("company_id=", "empty_parameter"),
        ("", "missing_company_id"),
        ("company_id=Qx9Zb1&company_id=Lm4Tk7", "repeated_parameter"),
    ] {
        assert_eq!(curl.submit(&choose, form).await.problem(), (400, code.to_owned()), "{form}");
    }
    assert!(place.rows.connection("shop").await.is_none());
    assert_eq!(curl.submit(&choose, "company_id=Qx9Zb1").await.text("company_id"), "Qx9Zb1");
    assert_eq!(curl.submit(&choose, "company_id=Lm4Tk7").await.text("company_id"), "Qx9Zb1", "chosen is chosen");
    assert_eq!(curl.get(&callback).await.text("company_id"), "Qx9Zb1");
}

#[tokio::test]
async fn o14_a_choice_waits_ten_minutes_and_no_longer() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    let mut curl = Browser::curl(&place.server);
    let callback = callback(&place, &mut curl, FRESHBOOKS, &[]).await;
    assert_eq!(curl.get(&callback).await.status, 409);
    place.pass(601).await;
    let late = curl.submit(format!("{}/choose", result_of(&callback)), "company_id=Qx9Zb1").await;
    assert_eq!(late.problem(), (400, "invalid_state".to_owned()));
    assert!(place.rows.connection("shop").await.is_none());
}

#[tokio::test]
async fn o14_a_renewal_keeps_its_company_without_a_choice() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    let mut curl = Browser::curl(&place.server);
    let first = callback(&place, &mut curl, FRESHBOOKS, &[]).await;
    curl.get(&first).await;
    curl.submit(format!("{}/choose", result_of(&first)), "company_id=Lm4Tk7").await;
    let again = callback(&place, &mut curl, FRESHBOOKS, &[]).await;
    assert_eq!(curl.get(&again).await.text("company_id"), "Lm4Tk7");
}

#[tokio::test]
async fn o14_an_organisation_that_the_consent_does_not_name_is_never_connected_without_a_choice() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    let only = ORGANISATIONS[2].tenant_id;
    let mut curl = Browser::curl(&place.server);
    let earlier = callback(&place, &mut curl, "/oauth/start/shop?platform=xero", &[("tenant_id", only)]).await;
    assert_eq!(curl.get(&earlier).await.text("company_id"), only);

    let unticked = callback(&place, &mut curl, "/oauth/start/other?platform=xero", &[]).await;
    assert_eq!(curl.get(&unticked).await.problem(), (409, "company_choice_required".to_owned()), "the only one, but not named");
    let chosen = curl.submit(format!("{}/choose", result_of(&unticked)), &format!("company_id={only}")).await;
    assert_eq!(chosen.text("company_id"), only);
}

#[tokio::test]
async fn o14_a_consent_that_reaches_nothing_connects_nothing() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    let mut curl = Browser::curl(&place.server);
    let unticked = callback(&place, &mut curl, "/oauth/start/shop?platform=xero", &[]).await;
    assert_eq!(curl.get(&unticked).await.problem(), (400, "no_company".to_owned()));
    assert_eq!(place.rows.refusals("default").await, ["consent_failed: no_company x1"]);
    assert!(place.rows.connection("shop").await.is_none());
}

#[tokio::test]
async fn a_consent_that_fails_after_the_choice_redirects_like_any_other() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    let mut browser = Browser::at(&place.server);
    let start = format!("/oauth/start/zoho-1?platform=freshbooks&return_url={}", crate::callback::encoded(RETURN_URL));
    let callback = callback(&place, &mut browser, &start, &[]).await;
    let result = browser.get(&callback).await.location().to_owned();
    browser.submit(format!("{result}/choose"), "company_id=Lm4Tk7").await;
    let failed = browser.get(&result).await;
    assert_eq!(failed.status, 409);
    let further = format!("{result}/continue");
    goes_on(&failed, &further);
    let told = format!("{RETURN_URL}&company_key=zoho-1&status=failed&error=reserved_company_key");
    assert_eq!(browser.get(&further).await.location(), told);
}

#[tokio::test]
async fn a_continue_page_never_redirects_to_itself() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    let mut browser = Browser::at(&place.server);
    let start = crate::authorize::authorize("freshbooks", "");
    let callback = callback(&place, &mut browser, &start, &[]).await;
    let result = browser.get(&callback).await.location().to_owned();
    let waiting = browser.get(&result).await;
    assert!(!waiting.body.contains("http-equiv"), "nothing is decided: {}", waiting.body);
    browser.submit(format!("{result}/choose"), "company_id=Lm4Tk7").await;
    place.wire.inject(Rule::on("TransactWriteItems", Fault::Throttled).times(20));
    let stuck = browser.get(format!("{result}/continue")).await;
    assert_eq!((stuck.status, stuck.header("location")), (503, None));
    assert!(stuck.body.contains("href=\"\">Try again") && !stuck.body.contains("http-equiv"), "{}", stuck.body);
    place.wire.reset();
    assert!(parameter(browser.get(format!("{result}/continue")).await.location(), "code").is_some());
}

/// A consent at FreshBooks up to the choice among its two companies.
async fn choice_at_freshbooks<'a>(place: &'a Installation, company_key: &str) -> (Browser<'a>, String) {
    let mut curl = Browser::curl(&place.server);
    let callback = callback(place, &mut curl, &format!("/oauth/start/{company_key}?platform=freshbooks"), &[]).await;
    assert_eq!(curl.get(&callback).await.problem(), (409, "company_choice_required".to_owned()));
    let choose = format!("{}/choose", result_of(&callback));
    (curl, choose)
}

/// Two runs of the revoker: the first ends expired consents, the second revokes their grants.
async fn two_runs(place: &Installation) {
    crate::disconnect::run(place).await;
    crate::disconnect::run(place).await;
}

#[tokio::test]
async fn a_grant_whose_company_nobody_chose_is_revoked_if_no_connection_has_one_of_its_companies() {
    for held in [false, true] {
        let place = Installation::start_with(&OTHER_KEYS).await;
        if held {
            let (mut curl, choose) = choice_at_freshbooks(&place, "other").await;
            assert_eq!(curl.submit(&choose, "company_id=Lm4Tk7").await.status, 200);
        }
        let (mut late, choose) = choice_at_freshbooks(&place, "shop").await;
        place.pass(600).await;
        two_runs(&place).await;
        assert_eq!(place.stand_ins.requests_at("freshbooks", "revoke").await, u64::from(!held), "held: {held}");
        assert_eq!(late.submit(&choose, "company_id=Qx9Zb1").await.problem(), (400, "invalid_state".to_owned()));
        assert!(place.rows.under("CONN#default#shop", "CONSENT#").await.is_empty());
    }
}

#[tokio::test]
async fn r15_every_company_that_may_be_chosen_is_reserved() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    let (mut curl, choose) = choice_at_freshbooks(&place, "old").await;
    assert_eq!(curl.submit(&choose, "company_id=Qx9Zb1").await.status, 200);
    let (mut curl, choose) = choice_at_freshbooks(&place, "new").await;
    let delete = crate::harness::Ask::new(axum::http::Method::DELETE, "/api/connections/old").key(&place.key);
    assert_eq!(delete.to(&place.server).await.json()["platform_told"], json!(false));
    place.pass(300).await;
    two_runs(&place).await;
    assert_eq!(place.stand_ins.requests_at("freshbooks", "revoke").await, 0);
    assert_eq!(curl.submit(&choose, "company_id=Qx9Zb1").await.status, 200);
    place.pass(21_600).await;
    two_runs(&place).await;
    assert_eq!(place.stand_ins.requests_at("freshbooks", "revoke").await, 0);
}

#[tokio::test]
async fn r15_a_consent_with_an_unknown_company_delays_every_revocation_at_its_platform() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    let (mut curl, choose) = choice_at_freshbooks(&place, "old").await;
    assert_eq!(curl.submit(&choose, "company_id=Qx9Zb1").await.status, 200);
    place.stand_ins.control_at("freshbooks", "faults", json!({ "at": "api", "kind": "status", "status": 503, "times": 1 })).await;
    let mut new = Browser::curl(&place.server);
    let callback = callback(&place, &mut new, "/oauth/start/new?platform=freshbooks", &[]).await;
    assert_eq!(new.get(&callback).await.problem(), (502, "company_unconfirmed".to_owned()));
    let delete = crate::harness::Ask::new(axum::http::Method::DELETE, "/api/connections/old").key(&place.key);
    assert_eq!(delete.to(&place.server).await.json()["platform_told"], json!(false));
    assert_eq!(place.stand_ins.requests_at("freshbooks", "revoke").await, 0, "it would end the grant that was just given");

    let result = result_of(&callback);
    assert_eq!(new.post(format!("{result}/retry")).await.problem(), (409, "company_choice_required".to_owned()));
    let entries = place.rows.under("COMPANY#freshbooks#", "").await;
    let of_any = entries.iter().filter(|entry| entry["PK"].as_s().is_ok_and(|pk| pk.ends_with("#*"))).count();
    assert_eq!((entries.len() - of_any > 1, of_any), (true, 0), "the companies that were offered hold them now");
}
