//! The addresses that customers open before a consent starts: those of a server's start, and connect links.

use axum::http::Method;
use counterfoil_stand_ins::xero::ORGANISATIONS;
use serde_json::json;

use crate::authorize::authorize;
use crate::harness::{Ask, BASE_URL, Browser, Installation, LARKSPUR, OTHER_KEYS, get, parameter};

/// The path of the address in the answer to a server's start.
async fn offered(place: &Installation, start: &str) -> String {
    let answer = get(start).key(&place.key).to(&place.server).await;
    assert_eq!(answer.status, 302, "{}", answer.body);
    answer.location().strip_prefix(BASE_URL).expect("an address of ours").to_owned()
}

/// The path of a new link.
async fn linked(place: &Installation) -> String {
    let body = json!({ "platform": "quickbooks", "companyKey": "shop", "companyName": "The <b>Shop</b>" });
    let ask = Ask::new(Method::POST, "/v1/connect-links").key(&place.key).header("content-type", "application/json");
    let made = ask.body(body.to_string()).to(&place.server).await.json();
    made["data"]["url"].as_str().and_then(|url| url.strip_prefix(BASE_URL)).expect("an address of ours").to_owned()
}

const NAMED: &str =
    "/oauth/start/shop?company_name=The%20%3Cb%3EShop%3C/b%3E&return_url=https%3A%2F%2Fapp.example.com%2Fdone%3Ffrom%3Dbooks";

#[tokio::test]
async fn opening_an_address_shows_the_partner_and_spends_nothing() {
    let place = Installation::start_with(&[("OPEN_START", "false")]).await;
    for address in [offered(&place, NAMED).await, linked(&place).await] {
        let flows = place.rows.under("FLOW#", "").await;
        for _ in 0..2 {
            let page = get(&address).to(&place.server).await;
            assert_eq!(page.status, 200, "{}", page.body);
            for part in ["<strong>default</strong>", "QuickBooks", "The &lt;b&gt;Shop&lt;/b&gt;", r#"<form method="post">"#] {
                assert!(page.body.contains(part), "{part}: {}", page.body);
            }
            let policy = page.header("content-security-policy").expect("a policy");
            assert!(policy.contains("form-action 'self' https:") && policy.contains("frame-ancestors 'none'"), "{policy}");
            let head = Ask::new(Method::HEAD, &address).to(&place.server).await;
            assert_eq!((head.status, head.header("allow")), (405, Some("GET, POST")));
        }
        assert_eq!(place.rows.under("FLOW#", "").await, flows);
        let mut browser = Browser::at(&place.server);
        let page = browser.open(&address).await;
        assert!(browser.cookie.is_some(), "it is this browser's now");
        assert_eq!(browser.get(place.stand_ins.consent(&page, LARKSPUR).await).await.status, 303);
        assert_eq!(place.connection("shop").await.text("realm_id"), LARKSPUR);
        place.pass(1).await;
    }
    let plain = get("/health").to(&place.server).await;
    assert!(plain.header("content-security-policy").is_some_and(|policy| policy.contains("form-action 'self';")));
}

#[tokio::test]
async fn a_flow_that_needs_an_exchange_redirects_without_a_page() {
    let place = Installation::start().await;
    let address = offered(&place, &authorize("quickbooks", "&companyKey=shop&state=s")).await;
    let opened = get(&address).to(&place.server).await;
    assert_eq!(opened.status, 302, "{}", opened.body);
    assert!(opened.header("set-cookie").is_some() && parameter(opened.location(), "state").is_some());
}

#[tokio::test]
async fn a_continue_address_works_once_and_for_ten_minutes() {
    let place = Installation::start().await;
    let mut browser = Browser::curl(&place.server);
    let spent = offered(&place, NAMED).await;
    browser.open(&spent).await;
    let handover = offered(&place, &authorize("quickbooks", "&companyKey=shop")).await;
    browser.open(&handover).await;
    let late = offered(&place, NAMED).await;
    place.pass(600).await;
    let flows = place.rows.under("FLOW#", "").await.len();
    let cut = late[..late.len() - 1].to_owned();
    let long = format!("/oauth/continue/{}", "x".repeat(101));
    for address in [spent, handover, late, cut, long, "/oauth/continue/x".to_owned()] {
        for method in [Method::GET, Method::POST] {
            let answer = Ask::new(method, &address).to(&place.server).await;
            assert_eq!(answer.problem(), (404, "not_found".to_owned()), "{address}");
        }
        let page = Browser::at(&place.server).get(&address).await;
        assert!(page.status == 404 && page.body.contains("Start the consent again"), "{}", page.body);
    }
    assert_eq!(place.rows.under("FLOW#", "").await.len(), flows, "and nothing was begun");
}

#[tokio::test]
async fn the_browser_that_opened_a_continue_address_can_click_twice_and_go_back() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    let handover = offered(&place, &authorize("xero", "&state=s")).await;
    for address in [offered(&place, NAMED).await, handover] {
        let mut browser = Browser::at(&place.server);
        let shown = browser.get(&address).await;
        assert!(browser.cookie.is_some(), "its id comes before its first click");
        let cookie = browser.cookie.clone().expect("a cookie");
        let click = || Ask::new(Method::POST, &address).header("cookie", &cookie).to(&place.server);
        let (first, second) = tokio::join!(click(), click());
        assert_eq!((first.status, second.status), (303, 303), "{} {}", first.body, second.body);
        assert_eq!(first.location(), second.location(), "one flow, and so one code in the end");
        let back = browser.get(&address).await;
        assert_eq!((back.status, &back.body), (shown.status, &shown.body), "the same page, or straight on");
        let page = browser.open(&address).await;
        assert_eq!(page, first.location());
        for stranger in [Browser::at(&place.server).get(&address).await, Browser::at(&place.server).post(&address).await] {
            assert_eq!(stranger.status, 404, "{}", stranger.body);
        }
        assert_eq!(browser.get(place.stand_ins.cancel(&page).await).await.status, 303);
        assert_eq!(browser.open(&address).await, page, "who refused may go back and allow");
        let chosen = if page.contains("xero") { ("tenant_id", ORGANISATIONS[0].tenant_id) } else { ("realm", LARKSPUR) };
        let done = browser.get(place.stand_ins.decide(&page, &[("decision", "connect"), chosen]).await).await;
        assert!(done.location().starts_with("https://app.example.com/"), "{}", done.location());
        for over in [browser.get(&address).await, browser.post(&address).await] {
            assert!(over.location().starts_with("/oauth/result/"), "how it went: {}", over.location());
            assert_ne!(browser.get(over.location()).await.status, 404);
        }
    }
    assert_eq!(place.rows.under("CONN#", "STATE").await.len(), 1, "the other waits for the partner's exchange");
}

#[tokio::test]
async fn a_page_of_another_site_cannot_post_the_continue_form() {
    let place = Installation::start().await;
    for address in [offered(&place, NAMED).await, linked(&place).await] {
        for site in ["cross-site", "same-site"] {
            let answer = Ask::new(Method::POST, &address).header("sec-fetch-site", site).to(&place.server).await;
            assert_eq!(answer.problem(), (400, "cross_site_form".to_owned()));
        }
        let answer = Ask::new(Method::POST, &address).header("sec-fetch-site", "same-origin").to(&place.server).await;
        assert_eq!(answer.status, 303, "it was not spent: {}", answer.body);
    }
}

#[tokio::test]
async fn only_the_hash_of_a_continue_address_is_stored() {
    let place = Installation::start().await;
    let address = offered(&place, NAMED).await;
    let token = address.rsplit('/').next().expect("a token");
    assert_eq!(token.len(), 43, "256 random bits");
    assert!(!format!("{:?}", place.rows.all().await).contains(token));
}
