//! Forged requests from a browser: refused and counted, without an exchange and without sending a secret.

use crate::authorize::authorize;
use crate::harness::{Browser, Installation, LARKSPUR, OTHER_KEYS, parameter, with_parameter};
use crate::platforms::{Row, callback, row, rows};

#[tokio::test]
async fn o3_an_issuer_that_is_not_the_platforms_ends_the_consent() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    for Row { name, chosen, .. } in rows() {
        let mut exchanges = 0;
        for (iss, error) in [
            ("&iss=https%3A%2F%2Fevil.example", "wrong_issuer"),
            ("&iss=", "wrong_issuer"),
            ("&iss=https%3A%2F%2Fidentity.xero.com%2F", "wrong_issuer"),
            ("&iss=https%3A%2F%2Fevil.example&iss=https%3A%2F%2Fevil.example", "ambiguous_callback"),
        ] {
            let mut browser = Browser::curl(&place.server);
            let good = callback(&place, &mut browser, &authorize(name, ""), chosen).await;
            let told = browser.get(format!("{good}{iss}")).await;
            assert_eq!(parameter(told.location(), "error").as_deref(), Some(error), "{name} {iss}");
            exchanges = place.stand_ins.token_requests_at(name).await;
        }
        assert_eq!(exchanges, 0, "{name}");
    }
    let refusals = place.rows.refusals("default").await;
    assert!(refusals.contains(&format!("consent_failed: wrong_issuer x{}", 3 * rows().count())), "{refusals:?}");
}

#[tokio::test]
async fn o3_the_platforms_own_issuer_is_accepted() {
    let place = Installation::start_with(&[&OTHER_KEYS[..], &[("XERO_ISSUER", "https://id.example/x")]].concat()).await;
    for (name, iss, chosen) in [
        ("quickbooks", "https%3A%2F%2Foauth.platform.intuit.com%2Fop%2Fv1", row("quickbooks").chosen),
        ("xero", "https%3A%2F%2Fid.example%2Fx", row("xero").chosen),
    ] {
        let mut browser = Browser::curl(&place.server);
        let good = callback(&place, &mut browser, &authorize(name, ""), chosen).await;
        let told = browser.get(format!("{good}&iss={iss}")).await;
        assert!(parameter(told.location(), "code").is_some(), "{name}: {}", told.location());
    }
}

#[tokio::test]
async fn o18_a_forged_realm_is_refused_even_with_a_valid_code() {
    let place = Installation::start().await;
    let mut browser = Browser::curl(&place.server);
    let good = callback(&place, &mut browser, &authorize("quickbooks", ""), &[("realm", LARKSPUR)]).await;
    let told = browser.get(with_parameter(&good, "realmId", Some("9999999999"))).await;
    assert_eq!(parameter(told.location(), "error").as_deref(), Some("company_not_confirmed"));
    assert!(place.rows.under("CONN#", "STATE").await.is_empty());
    assert_eq!(place.rows.refusals("default").await, ["consent_failed: company_not_confirmed x1"]);
}

#[tokio::test]
async fn o6_a_state_of_another_browser_or_partner_is_refused_and_recorded() {
    let place = Installation::start().await;
    let mut browser = Browser::curl(&place.server);
    let good = callback(&place, &mut browser, &authorize("quickbooks", ""), &[("realm", LARKSPUR)]).await;
    place.partner("rival", &["https://rival.example/done"]).await;
    let mut rivals = Browser::curl(&place.server);
    let start = "/v1/oauth/authorize?platform=quickbooks&partnerId=rival";
    let theirs = callback(&place, &mut rivals, start, &[("realm", LARKSPUR)]).await;
    let mixed = with_parameter(&theirs, "state", parameter(&good, "state").as_deref());
    assert_eq!(rivals.get(&mixed).await.problem(), (400, "wrong_browser".to_owned()));
    assert_eq!(place.stand_ins.token_requests().await, 0);
    assert_eq!(place.rows.refusals("default").await, ["callback_refused: wrong_browser x1"]);
    assert!(parameter(browser.get(&good).await.location(), "code").is_some(), "nothing was spent");
    assert!(rivals.get(&theirs).await.location().starts_with("https://rival.example/done?code="));
}
