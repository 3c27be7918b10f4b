//! Callbacks that bring no usable code spend the flow and leave an audit row (O-8).

use crate::authorize::authorize;
use crate::callback::encoded;
use crate::harness::{Browser, Installation, LARKSPUR, RETURN_URL, parameter, with_parameter};

#[tokio::test]
async fn o8_a_callback_without_one_clear_code_ends_the_flow() {
    let place = Installation::start().await;
    let ends = [
        ("&error=access_denied", false, "access_denied"),
        ("&error=server_error&error_description=x", false, "platform_error"),
        ("", false, "missing_code"),
        ("&code=", false, "missing_code"),
        ("&error=access_denied", true, "ambiguous_callback"),
        ("&code=second", true, "ambiguous_callback"),
        ("&realmId=2", true, "ambiguous_callback"),
        ("&error=a&error=b", false, "ambiguous_callback"),
    ];
    for (number, (more, with_code, code)) in ends.into_iter().enumerate() {
        let company_key = format!("shop-{number}");
        let mut curl = Browser::curl(&place.server);
        let page = curl.start(format!("/oauth/start/{company_key}")).await;
        let good = place.intuit.consent(&page, LARKSPUR).await;
        let bad = if with_code { good.clone() } else { with_parameter(&good, "code", None) };

        let answer = curl.get(format!("{bad}{more}")).await;
        assert_eq!(answer.problem(), (400, code.to_owned()), "{more}");
        assert!(place.rows.history(&company_key).await.is_empty(), "nobody fills the history of a connection: {more}");
        assert_eq!(curl.get(&good).await.problem(), (400, code.to_owned()), "spent: {more}");
        assert!(place.rows.connection(&company_key).await.is_none());
    }
    assert_eq!(place.intuit.token_requests().await, 0);
    let counted = ["access_denied x1", "ambiguous_callback x4", "missing_code x2", "platform_error x1"];
    assert_eq!(place.rows.refusals("default").await, counted.map(|count| format!("consent_failed: {count}")));
}

#[tokio::test]
async fn o8_a_customer_who_says_no_is_told_so() {
    let place = Installation::start().await;
    let mut curl = Browser::curl(&place.server);
    let page = curl.start("/oauth/start/beach-blend").await;
    let answer = curl.get(place.intuit.cancel(&page).await).await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "access_denied",
        "detail": "Access was refused at the platform, so nothing was connected.",
        "request_id": "[id]",
        "status": 400,
        "title": "Bad Request",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 400
    }
    "#);

    let mut browser = Browser::at(&place.server);
    let page = browser.start("/oauth/start/beach-blend").await;
    let redirected = browser.get(place.intuit.cancel(&page).await).await;
    let result = browser.get(redirected.location()).await;
    assert_eq!(result.status, 400);
    assert!(result.body.contains("Access was refused") && result.body.contains("Start again"), "{}", result.body);
}

#[tokio::test]
async fn o8_a_wrong_code_is_the_platforms_refusal_and_spends_the_flow() {
    let place = Installation::start().await;
    let mut curl = Browser::curl(&place.server);
    let page = curl.start("/oauth/start/beach-blend").await;
    let good = place.intuit.consent(&page, LARKSPUR).await;
    let answer = curl.get(with_parameter(&good, "code", Some("forged"))).await;
    assert_eq!(answer.problem(), (502, "exchange_refused".to_owned()));
    assert_eq!(curl.get(&good).await.problem(), (502, "exchange_refused".to_owned()));
    assert_eq!(place.intuit.token_requests().await, 1);
    assert_eq!(place.rows.refusals("default").await, ["consent_failed: exchange_refused x1"]);
}

#[tokio::test]
async fn a_platform_that_fails_at_the_exchange_is_a_502() {
    let place = Installation::start().await;
    for kind in ["status", "reset", "garbage", "oversized", "throttled"] {
        let mut curl = Browser::curl(&place.server);
        let page = curl.start("/oauth/start/beach-blend").await;
        let callback = place.intuit.consent(&page, LARKSPUR).await;
        place.intuit.fault("token", kind).await;
        assert_eq!(curl.get(callback).await.problem(), (502, "exchange_failed".to_owned()), "{kind}");
        place.intuit.no_more_faults().await;
    }
    assert!(place.rows.connection("beach-blend").await.is_none());
}

#[tokio::test]
async fn a_parameter_that_does_not_decode_counts_only_where_it_is_read() {
    let place = Installation::start().await;
    let mut curl = Browser::curl(&place.server);
    let page = curl.start("/oauth/start/beach-blend").await;
    let good = place.intuit.consent(&page, LARKSPUR).await;
    let answer = curl.get(format!("{good}&tracking=%E9&100%=x&error_description=%zz")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);

    let start = authorize("quickbooks", &format!("&redirectUri={}&state=s", encoded(RETURN_URL)));
    for (name, error) in [("iss", "wrong_issuer"), ("realmId", "missing_company"), ("code", "ambiguous_callback")] {
        let page = curl.start(&start).await;
        let good = with_parameter(&place.intuit.consent(&page, LARKSPUR).await, name, None);
        let told = curl.get(format!("{good}&{name}=%E9")).await;
        assert!(told.location().starts_with(RETURN_URL), "{name}: {}", told.location());
        assert_eq!(parameter(told.location(), "error").as_deref(), Some(error), "{name}");
    }
}
