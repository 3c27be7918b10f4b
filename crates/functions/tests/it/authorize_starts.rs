//! Who may start a consent by `GET /v1/oauth/authorize`, and with which parameters.

use axum::http::Method;
use counterfoil_core::model::api_key::Scope;
use serde_json::json;

use crate::authorize::authorize;
use crate::callback::encoded;
use crate::exchange::{exchange, refusal};
use crate::harness::{Answer, Ask, Browser, Installation, LARKSPUR, get, parameter};

#[tokio::test]
async fn each_kind_of_caller_can_start_only_the_allowed_consents() {
    let place = Installation::start_with(&[("OPEN_START", "false")]).await;
    place.partner("rival", &[]).await;
    let rival = place.key_of("rival", &Scope::ALL).await;
    let publishable = place.key_of("default", &[Scope::ConsentStart]).await;
    let reader = place.key_of("default", &[Scope::TokensRead]).await;
    let ask = async |path: &str, key: &str| {
        let ask = if key.is_empty() { get(path) } else { get(path).key(key) };
        ask.to(&place.server).await
    };
    let plain = authorize("quickbooks", "");
    let named = authorize("quickbooks", "&companyKey=shop");
    for (path, key, expected) in [
        (&plain, "", (401, "unauthenticated")),
        (&plain, rival.as_str(), (403, "wrong_partner")),
        (&plain, reader.as_str(), (403, "insufficient_scope")),
        (&named, publishable.as_str(), (403, "insufficient_scope")),
        (&named, "", (401, "unauthenticated")),
        (&plain.replace("default", "nobody"), "", (401, "unauthenticated")),
    ] {
        assert_eq!(refusal(&ask(path, key).await), (expected.0, expected.1.to_owned()), "{path}");
    }
    let server = ask(&named, &place.key).await;
    assert!(server.status == 302 && server.header("set-cookie").is_none(), "a server's: passed on");
    let back = place.consent(server.location(), LARKSPUR).await;
    let body = json!({ "code": parameter(back.location(), "code"), "platform": "quickbooks" });
    assert_eq!(exchange(&place, &place.key, &body).await.status, 200);
    assert_eq!(place.connection("shop").await.text("realm_id"), LARKSPUR);
}

/// From a start with the publishable key to the token of its connection.
async fn exchanged(place: &Installation, address: &str) -> Answer {
    let back = place.consent(address, LARKSPUR).await;
    let body = json!({ "code": parameter(back.location(), "code").expect("a code"), "platform": "quickbooks" });
    exchange(place, &place.key, &body).await
}

#[tokio::test]
async fn a1_a_publishable_key_starts_a_consent_from_a_header_or_an_address() {
    for open in ["true", "false"] {
        let place = Installation::start_with(&[("OPEN_START", open)]).await;
        let publishable = place.key_of("default", &[Scope::ConsentStart]).await;
        let server = get(authorize("quickbooks", "&state=s")).key(&publishable).to(&place.server).await;
        assert_eq!((server.status, server.header("set-cookie")), (302, None), "{}", server.body);
        assert!(server.location().contains("/oauth/continue/"), "for the customer's browser to open: {}", server.location());
        let made = exchanged(&place, server.location()).await;
        assert_eq!((made.status, &made.json()["data"]["companyId"]), (200, &json!(LARKSPUR)), "{}", made.body);

        place.pass(1).await;
        let address = authorize("quickbooks", &format!("&api_key={publishable}"));
        assert_eq!(exchanged(&place, &address).await.status, 200, "OPEN_START={open}");
        assert_eq!(place.rows.history(&format!("quickbooks-{LARKSPUR}")).await[0], "connected by anonymous");
        let named = format!("{address}&companyKey=shop");
        assert_eq!(refusal(&get(named).to(&place.server).await), (403, "insufficient_scope".to_owned()));
    }
}

#[tokio::test]
async fn a1_a_secret_key_in_the_address_of_authorize_is_refused() {
    let place = Installation::start().await;
    for key in [place.key.as_str(), "", "cf_live_x", "cf_pub_x"] {
        let answer = get(authorize("quickbooks", &format!("&api_key={key}"))).to(&place.server).await;
        assert_eq!(refusal(&answer), (401, "unauthenticated".to_owned()), "{key}");
    }
    let publishable = place.key_of("default", &[Scope::ConsentStart]).await;
    let two = get(authorize("quickbooks", &format!("&api_key={publishable}"))).key(&place.key).to(&place.server).await;
    assert_eq!(refusal(&two), (400, "ambiguous_api_key".to_owned()));
    place.partner("rival", &[]).await;
    let theirs = authorize("quickbooks", &format!("&api_key={publishable}")).replace("partnerId=default", "partnerId=rival");
    assert_eq!(refusal(&get(theirs).to(&place.server).await), (403, "wrong_partner".to_owned()));
    assert!(place.rows.under("FLOW#", "").await.is_empty());
}

#[tokio::test]
async fn a4_an_invalid_start_is_refused_in_the_envelope_and_starts_nothing() {
    let place = Installation::start().await;
    let long = "x".repeat(1_001);
    for (query, code) in [
        ("partnerId=default".to_owned(), "missing_parameter"),
        ("platform=quickbooks".to_owned(), "missing_parameter"),
        ("platform=sage&partnerId=default".to_owned(), "invalid_parameter"),
        ("platform=quickbooks&platform=xero&partnerId=default".to_owned(), "repeated_parameter"),
        ("platform=quickbooks&partnerId=default&partnerId=rival".to_owned(), "repeated_parameter"),
        ("platform=quickbooks&partnerId=De%20fault".to_owned(), "invalid_partner_id"),
        ("platform=quickbooks&partnerId=nobody".to_owned(), "unknown_partner"),
        (format!("platform=quickbooks&partnerId=default&state={long}"), "parameter_too_long"),
        ("platform=quickbooks&partnerId=default&companyKey=-".to_owned(), "invalid_company_key"),
        ("platform=quickbooks&partnerId=default&redirectUri=".to_owned(), "empty_parameter"),
    ] {
        let answer = get(format!("/v1/oauth/authorize?{query}")).to(&place.server).await;
        assert_eq!(refusal(&answer), (400, code.to_owned()), "{query}");
    }
    let head = Ask::new(Method::HEAD, authorize("quickbooks", "")).to(&place.server).await;
    assert_eq!(head.status, 405, "a link previewer begins nothing");
    assert!(place.rows.under("FLOW#", "").await.is_empty());
}

#[tokio::test]
async fn a1_a_consent_fails_if_the_key_that_started_it_is_revoked() {
    let place = Installation::start().await;
    let key = place.key_of("default", &Scope::ALL).await;
    let start = get(authorize("quickbooks", "&companyKey=shop")).key(&key).to(&place.server).await;
    let mut browser = Browser::curl(&place.server);
    let page = browser.open(start.location()).await;
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;
    place.revoke(&key).await;
    let told = browser.get(callback).await;
    assert_eq!(parameter(told.location(), "error").as_deref(), Some("authority_revoked"));
    assert!(place.rows.connection("shop").await.is_none());
}

#[tokio::test]
async fn o10_a_redirect_uri_is_compared_exactly_and_a_wrong_one_leaves_a_trace() {
    let place = Installation::start().await;
    let wrong = [
        "https://app.example.com:8443/done?from=books",
        "https://app.example.com/Done?from=books",
        "https://APP.example.com/done?from=books",
        "https://app.example.com/done?from=books&x=1",
        "https://app.example.com/done",
        "http://app.example.com/done?from=books",
        "https://app.example.com/done?from=books#x",
        "https://evil.example/",
        "javascript:alert(1)",
    ];
    for uri in wrong {
        let start = authorize("quickbooks", &format!("&redirectUri={}", encoded(uri)));
        assert_eq!(refusal(&get(&start).to(&place.server).await), (400, "invalid_redirect_uri".to_owned()), "{uri}");
    }
    let page = Browser::at(&place.server).get(authorize("quickbooks", &format!("&redirectUri={}", encoded(wrong[0])))).await;
    assert!(page.status == 400 && page.header("location").is_none() && page.body.contains("<h1>"), "{}", page.body);
    assert!(place.rows.under("FLOW#", "").await.is_empty());
    let counted = format!("redirect_refused: invalid_redirect_uri x{}", wrong.len() + 1);
    assert_eq!(place.rows.refusals("default").await, [counted]);
    let history = place.rows.history_of("PARTNER#default").await;
    assert!(history.iter().all(|row| row.ends_with(" by operator")), "{history:?}");
}
