//! Callbacks without a usable code end the flow, except for a refusal, and leave an audit row (O-8).

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
        let good = place.stand_ins.consent(&page, LARKSPUR).await;
        let bad = if with_code { good.clone() } else { with_parameter(&good, "code", None) };

        let answer = curl.get(format!("{bad}{more}")).await;
        assert_eq!(answer.problem(), (400, code.to_owned()), "{more}");
        assert!(place.rows.history(&company_key).await.is_empty(), "nobody fills the history of a connection: {more}");
        // A customer who refused may go back and allow.
        let again = if code == "access_denied" { format!("{bad}{more}") } else { good };
        assert_eq!(curl.get(again).await.problem(), (400, code.to_owned()), "spent: {more}");
        assert!(place.rows.connection(&company_key).await.is_none());
    }
    assert_eq!(place.stand_ins.token_requests().await, 0);
    let counted = ["access_denied x1", "ambiguous_callback x4", "missing_code x2", "platform_error x1"];
    assert_eq!(place.rows.refusals("default").await, counted.map(|count| format!("consent_failed: {count}")));
}

#[tokio::test]
async fn o8_a_customer_who_refuses_gets_a_page_that_says_so() {
    let place = Installation::start().await;
    let mut curl = Browser::curl(&place.server);
    let page = curl.start("/oauth/start/beach-blend").await;
    let answer = curl.get(place.stand_ins.cancel(&page).await).await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "access_denied",
        "detail": "Access was refused at the platform, so nothing was connected. To allow access, go back to the platform's page or start again.",
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
    let redirected = browser.get(place.stand_ins.cancel(&page).await).await;
    let result = browser.get(redirected.location()).await;
    assert_eq!(result.status, 400);
    assert!(result.body.contains("Access was refused") && result.body.contains("Start again"), "{}", result.body);
}

#[tokio::test]
async fn a_customer_who_refuses_and_then_allows_is_connected() {
    let place = Installation::start().await;
    let mut curl = Browser::curl(&place.server);
    let page = curl.start("/oauth/start/beach-blend").await;
    let denied = place.stand_ins.cancel(&page).await;
    assert_eq!(curl.get(&denied).await.problem(), (400, "access_denied".to_owned()));
    let allowed = place.stand_ins.consent(&page, LARKSPUR).await;
    assert_eq!(Browser::curl(&place.server).get(&allowed).await.problem(), (400, "wrong_browser".to_owned()));
    assert_eq!(curl.get(with_parameter(&allowed, "error", Some("x"))).await.problem(), (400, "access_denied".to_owned()));
    let connected = curl.get(&allowed).await;
    assert_eq!((connected.status, connected.text("realm_id").as_str()), (200, LARKSPUR));
    assert_eq!(curl.get(&denied).await.status, 200, "what came of it, whichever callback is opened again");
    assert_eq!(place.stand_ins.token_requests().await, 1);

    let page = curl.start("/oauth/start/corner-shop").await;
    assert_eq!(curl.get(place.stand_ins.cancel(&page).await).await.status, 400);
    let late = place.stand_ins.consent(&page, LARKSPUR).await;
    place.pass(601).await;
    assert_eq!(curl.get(late).await.problem(), (400, "invalid_state".to_owned()), "while the flow lasts");
}

#[tokio::test]
async fn o8_a_wrong_code_is_refused_by_the_platform_and_ends_the_flow() {
    let place = Installation::start().await;
    let mut curl = Browser::curl(&place.server);
    let page = curl.start("/oauth/start/beach-blend").await;
    let good = place.stand_ins.consent(&page, LARKSPUR).await;
    let answer = curl.get(with_parameter(&good, "code", Some("forged"))).await;
    assert_eq!(answer.problem(), (502, "exchange_refused".to_owned()));
    assert_eq!(curl.get(&good).await.problem(), (502, "exchange_refused".to_owned()));
    assert_eq!(place.stand_ins.token_requests().await, 1);
    assert_eq!(place.rows.refusals("default").await, ["consent_failed: exchange_refused x1"]);
}

#[tokio::test]
async fn a_platform_that_fails_at_the_exchange_is_a_502() {
    let place = Installation::start().await;
    for kind in ["status", "reset", "garbage", "oversized"] {
        let mut curl = Browser::curl(&place.server);
        let page = curl.start("/oauth/start/beach-blend").await;
        let callback = place.stand_ins.consent(&page, LARKSPUR).await;
        place.stand_ins.fault("token", kind).await;
        assert_eq!(curl.get(callback).await.problem(), (502, "exchange_failed".to_owned()), "{kind}");
        place.stand_ins.no_more_faults().await;
    }
    assert!(place.rows.connection("beach-blend").await.is_none());
}

#[tokio::test]
async fn an_undecodable_parameter_is_an_error_only_on_routes_that_read_it() {
    let place = Installation::start().await;
    let mut curl = Browser::curl(&place.server);
    let page = curl.start("/oauth/start/beach-blend").await;
    let good = place.stand_ins.consent(&page, LARKSPUR).await;
    let answer = curl.get(format!("{good}&tracking=%E9&100%=x&error_description=%zz")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);

    let start = authorize("quickbooks", &format!("&redirectUri={}&state=s", encoded(RETURN_URL)));
    for (name, error) in [("iss", "wrong_issuer"), ("realmId", "missing_company"), ("code", "ambiguous_callback")] {
        let page = curl.start(&start).await;
        let good = with_parameter(&place.stand_ins.consent(&page, LARKSPUR).await, name, None);
        let told = curl.get(format!("{good}&{name}=%E9")).await;
        assert!(told.location().starts_with(RETURN_URL), "{name}: {}", told.location());
        assert_eq!(parameter(told.location(), "error").as_deref(), Some(error), "{name}");
    }
}

#[tokio::test]
async fn the_platforms_error_code_is_in_the_audit_row_and_on_the_page_if_an_operator_must_fix_it() {
    let place = Installation::start().await;
    for (number, (said, reference, on_the_page)) in [
        ("invalid_scope", Some("invalid_scope"), true),
        ("Unauthorized_Client", Some("unauthorized_client"), true),
        ("server_error", Some("server_error"), false),
        ("<script>", None, false),
    ]
    .into_iter()
    .enumerate()
    {
        let key = format!("shop-{number}");
        let mut browser = Browser::at(&place.server);
        let page = browser.start(format!("/oauth/start/{key}")).await;
        let good = place.stand_ins.consent(&page, LARKSPUR).await;
        let bad = with_parameter(&with_parameter(&good, "code", None), "error", Some(said));
        let result = browser.get(&bad).await.location().to_owned();
        let shown = browser.get(&result).await.body;
        assert_eq!(reference.is_some_and(|word| shown.contains(word)), on_the_page, "{said}: {shown}");
        let flows = place.rows.under("FLOW#", "").await;
        let of_key = flows.iter().find(|row| row["company_key"].as_s().is_ok_and(|found| *found == key)).expect("the flow");
        assert_eq!(of_key.get("reference").and_then(|text| text.as_s().ok()).map(String::as_str), reference);
    }
}

#[tokio::test]
async fn a_refused_exchange_reports_the_platforms_error_code_and_request_id() {
    let place = Installation::start_with(&[("QUICKBOOKS_CLIENT_SECRET", "wrong")]).await;
    let mut browser = Browser::at(&place.server);
    let page = browser.start("/oauth/start/shop").await;
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;
    let result = browser.get(&callback).await.location().to_owned();
    let shown = browser.get(&result).await.body;
    let flows = place.rows.under("FLOW#", "").await;
    let reference = flows[0]["reference"].as_s().expect("a text").clone();
    assert!(reference.starts_with("invalid_client 401"), "{reference}");
    assert!(shown.contains(&reference), "{shown}");
}
