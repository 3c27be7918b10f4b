//! Consents without a refresh token, like Zoho's without `prompt=consent` or `access_type=offline`.

use serde_json::json;

use crate::disconnect::run;
use crate::harness::{Answer, Browser, Installation, OTHER_KEYS, with_parameter};

/// A consent at Zoho whose page was requested without this parameter.
async fn consent_without(place: &Installation, parameter: &str) -> Answer {
    let mut curl = Browser::curl(&place.server);
    let page = curl.start("/oauth/start/shop?platform=zoho").await;
    let page = with_parameter(&page, parameter, None);
    let callback = place.stand_ins.decide(&page, &[("account", "in"), ("decision", "connect")]).await;
    curl.get(&callback).await
}

#[tokio::test]
async fn a_consent_without_a_refresh_token_never_replaces_an_active_grant() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    assert_eq!(consent_without(&place, "nothing").await.status, 200);
    let before = place.rows.connection("shop").await;
    place.pass(1).await;
    assert_eq!(consent_without(&place, "prompt").await.problem(), (502, "no_refresh_token".to_owned()));
    assert_eq!(place.rows.connection("shop").await, before, "the old grant stays");
    assert_eq!(place.rows.refusals("default").await, ["consent_failed: no_refresh_token x1"]);
    let history = place.rows.history("shop").await;
    assert!(history.contains(&"consent_failed by anonymous: no_refresh_token".to_owned()), "{history:?}");
    run(&place).await;
    assert_eq!(place.stand_ins.requests_at("zoho", "revoke").await, 0);
    place.pass(11).await;
    assert_eq!(place.refresh("shop").await.status, 200);
}

#[tokio::test]
async fn a_first_consent_without_a_refresh_token_needs_reauthorization() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    assert_eq!(consent_without(&place, "access_type").await.problem(), (502, "no_refresh_token".to_owned()));
    let connection = place.connection("shop").await.json();
    assert_eq!(connection["status"], "needs_reauthorization");
    assert_eq!(connection["last_error"]["code"], "no_refresh_token");
    let token = place.token("shop").await;
    assert_eq!(token.problem(), (409, "reauthorization_required".to_owned()));
    assert!(token.text("detail").starts_with("The platform gave no refresh token"), "{}", token.body);
    assert_eq!(place.rows.history("shop").await, ["connected by anonymous: no_refresh_token"]);
    let events = place.rows.events("shop").await;
    let reasons: Vec<_> = events.iter().map(|event| (event["event"].as_s(), event["reason"].as_s())).collect();
    let (event, reason) = ("oauth.reauthorization_required".to_owned(), "no_refresh_token".to_owned());
    assert_eq!(reasons, [(Ok(&event), Ok(&reason))]);
    let row = place.rows.connection("shop").await.expect("a row");
    assert_eq!(row["cause"].as_s().map(String::as_str), Ok("revoked"), "a word that the version before knows");
    assert_eq!(consent_without(&place, "nothing").await.status, 200);
    let healed = place.connection("shop").await.json();
    assert_eq!((&healed["status"], &healed["last_error"]), (&json!("active"), &json!(null)));
}

#[tokio::test]
async fn the_page_says_that_there_is_no_refresh_token() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    let mut browser = Browser::at(&place.server);
    let page = browser.start("/oauth/start/shop?platform=zoho").await;
    let page = with_parameter(&page, "access_type", None);
    let callback = place.stand_ins.decide(&page, &[("account", "in"), ("decision", "connect")]).await;
    let result = browser.get(&callback).await.location().to_owned();
    let shown = browser.get(&result).await;
    assert!(shown.body.contains("for one hour only"), "{}", shown.body);
    assert!(shown.body.contains("Start again") && !shown.body.contains("is now connected"), "{}", shown.body);
}
