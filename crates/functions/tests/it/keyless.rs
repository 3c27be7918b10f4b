//! Writes of a caller without a key: only flows and counts, in a bounded number.

use axum::http::Method;
use counterfoil_testkit::wire::{Fault, Rule};
use serde_json::json;

use crate::authorize::authorize;
use crate::harness::{Ask, Browser, HARBOR, Installation, LARKSPUR, get};
use crate::platforms::callback;

#[tokio::test]
async fn refusals_without_a_key_are_counted_in_one_row_a_day() {
    let place = Installation::start().await;
    let wrong = [
        "/oauth/start/acme?return_url=https%3A%2F%2Fevil.example",
        &authorize("xero", "&redirectUri=https%3A%2F%2Fevil.example"),
    ];
    let partners = place.rows.under("PARTNER#default", "").await;
    for _ in 0..100 {
        for start in wrong {
            assert_eq!(get(start).to(&place.server).await.status, 400);
        }
    }
    let expected = ["redirect_refused: invalid_redirect_uri x100", "redirect_refused: invalid_return_url x100"];
    assert_eq!(place.rows.refusals("default").await, expected);
    let rows = place.rows.under("REFUSED#default#2026-03-02", "redirect_refused#invalid_return_url").await;
    let ttl: i64 = rows[0]["ttl"].as_n().expect("a number").parse().expect("a number");
    assert_eq!(ttl, crate::harness::BEGINNING + 30 * 86_400);
    assert_eq!(place.rows.under("PARTNER#default", "").await, partners);

    place.pass(86_400).await;
    get(wrong[0]).to(&place.server).await;
    let next = place.rows.under("REFUSED#default#2026-03-03", "").await;
    assert_eq!(next[0]["count"].as_n().map(String::as_str), Ok("1"), "a row a day");
}

#[tokio::test]
async fn a_refusal_of_a_key_is_an_audit_row_that_names_it() {
    let place = Installation::start().await;
    get("/oauth/start/acme?return_url=https%3A%2F%2Fevil.example").key(&place.key).to(&place.server).await;
    let history = place.rows.history_of("PARTNER#default").await;
    let of_key: Vec<_> = history.iter().filter(|row| !row.ends_with(" by operator")).collect();
    assert!(of_key.len() == 1 && of_key[0].starts_with("redirect_refused by key:"), "{history:?}");
    assert!(place.rows.refusals("default").await.is_empty());
}

#[tokio::test]
async fn a_refusal_is_answered_the_same_if_it_cannot_be_counted() {
    let place = Installation::start().await;
    place.wire.inject(Rule::on("UpdateItem", Fault::Throttled).times(50));
    let answer = get("/oauth/start/acme?return_url=https%3A%2F%2Fevil.example").to(&place.server).await;
    assert_eq!(answer.problem(), (400, "invalid_return_url".to_owned()));
}

#[tokio::test]
async fn a_caller_without_a_key_adds_no_row_to_the_history_of_a_connection_or_a_partner() {
    let place = Installation::start().await;
    place.connect("shop", LARKSPUR).await;
    let link = json!({ "platform": "quickbooks", "companyKey": "shop" });
    let link = crate::links::made(&place, link).await;
    let of_shop = async |kind: &str| place.rows.under("CONN#default#shop", kind).await;
    let own = async || {
        let partners = place.rows.under("PARTNER#", "").await;
        [of_shop("AUDIT#").await, place.rows.events("shop").await, of_shop("STATE").await, partners]
    };
    let before = own().await;
    for start in ["/oauth/start/shop", &link, "/oauth/start/shop?platform=quickbooks&company_name=Other"] {
        let mut browser = Browser::curl(&place.server);
        let good = callback(&place, &mut browser, start, &[("realm", HARBOR)]).await;
        for _ in 0..3 {
            assert_eq!(Browser::curl(&place.server).get(&good).await.problem(), (400, "wrong_browser".to_owned()));
            get("/oauth/callback?state=forged&code=x&realmId=1").to(&place.server).await;
        }
        let page = browser.start(start).await;
        browser.get(place.stand_ins.cancel(&page).await).await;
        if start != link {
            assert_eq!(browser.get(&good).await.problem(), (409, "other_company".to_owned()));
        }
    }
    assert_eq!(own().await, before);
    let counted = ["callback_refused: wrong_browser x9", "consent_failed: access_denied x3", "consent_failed: other_company x2"];
    assert_eq!(place.rows.refusals("default").await, counted);
}

#[tokio::test]
async fn at_most_ten_connections_to_a_company_are_created_without_a_key() {
    let place = Installation::start().await;
    let consent = async |start: String, realm: &str| {
        let mut curl = Browser::curl(&place.server);
        let callback = callback(&place, &mut curl, &start, &[("realm", realm)]).await;
        curl.get(callback).await
    };
    for number in 0..12 {
        let answer = consent(format!("/oauth/start/shop-{number}"), LARKSPUR).await;
        if number < 10 {
            assert_eq!(answer.status, 200, "{number}: {}", answer.body);
        } else {
            assert_eq!(answer.problem(), (409, "too_many_connections".to_owned()), "{number}");
        }
    }
    assert_eq!(place.rows.under("CONN#", "STATE").await.len(), 10);
    assert_eq!(consent("/oauth/start/shop-0".to_owned(), LARKSPUR).await.status, 200, "it renews");
    assert_eq!(consent("/oauth/start/harbor".to_owned(), HARBOR).await.status, 200, "another company");
    place.connect("shop-10", LARKSPUR).await;
    for key in ["shop-3", "shop-10"] {
        let gone = Ask::new(Method::DELETE, format!("/api/connections/{key}")).key(&place.key).to(&place.server).await;
        assert_eq!(gone.status, 200);
    }
    assert_eq!(consent("/oauth/start/shop-11".to_owned(), LARKSPUR).await.status, 200, "once there is room");
}
