//! The platform confirms the company (O-18) and names the granted scopes (O-15).

use counterfoil_core::model::flow::FlowId;
use counterfoil_core::model::secret::Secret;

use crate::harness::{Browser, HARBOR, Installation, LARKSPUR, parameter, with_parameter};

#[tokio::test]
async fn o18_a_forged_realm_is_refused_and_nothing_becomes_active() {
    let place = Installation::start().await;
    let mut curl = Browser::curl(&place.server);
    let page = curl.start("/oauth/start/beach-blend").await;
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;
    let answer = curl.get(with_parameter(&callback, "realmId", Some(HARBOR))).await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "company_not_confirmed",
        "detail": "The platform does not confirm that this consent is for the company in the callback.",
        "request_id": "[id]",
        "status": 400,
        "title": "Bad Request",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 400
    }
    "#);
    assert!(place.rows.connection("beach-blend").await.is_none());
    assert_eq!(place.rows.refusals("default").await, ["consent_failed: company_not_confirmed x1"]);
    let flow = place.rows.under("FLOW#", "").await.pop().expect("the flow");
    assert!(!flow.contains_key("access_token") && !flow.contains_key("refresh_token"), "its grant is forgotten");
    assert_eq!(curl.get(&callback).await.problem(), (400, "company_not_confirmed".to_owned()), "spent");
}

#[tokio::test]
async fn o18_an_invalid_realm_is_never_requested() {
    let place = Installation::start().await;
    for realm in ["..", ".", "../../v3/company/1", "1/2", "1?x", "%2e%2e", "", &"9".repeat(65), "1 2"] {
        let mut curl = Browser::curl(&place.server);
        let page = curl.start("/oauth/start/beach-blend").await;
        let callback = place.stand_ins.consent(&page, LARKSPUR).await;
        let answer = curl.get(with_parameter(&callback, "realmId", Some(realm))).await;
        assert_eq!(answer.problem(), (400, "missing_company".to_owned()), "{realm}");
    }
    assert_eq!((place.stand_ins.token_requests().await, place.stand_ins.requests("api").await), (0, 0));
}

#[tokio::test]
async fn o18_a_grant_is_kept_for_a_retry_if_the_company_cannot_be_requested() {
    let place = Installation::start().await;
    let mut curl = Browser::curl(&place.server);
    let page = curl.start("/oauth/start/beach-blend").await;
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;
    place.stand_ins.fault("api", "status").await;
    let answer = curl.get(&callback).await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "company_unconfirmed",
        "detail": "Access was granted, but the platform did not answer the request for the company. Try again within ten minutes. Nothing is lost.",
        "request_id": "[id]",
        "status": 502,
        "title": "Bad Gateway",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 502
    }
    "#);
    assert_eq!(answer.header("retry-after"), Some("5"));
    assert!(place.rows.connection("beach-blend").await.is_none());

    let state = Secret::new(parameter(&callback, "state").expect("a state"));
    let retry = format!("/oauth/result/{}/retry", FlowId::of(&state).as_str());
    assert_eq!(curl.post(&retry).await.problem(), (502, "company_unconfirmed".to_owned()));
    place.stand_ins.no_more_faults().await;
    assert_eq!(Browser::curl(&place.server).post(&retry).await.problem(), (400, "wrong_browser".to_owned()));
    let connected = curl.post(&retry).await;
    assert_eq!((connected.status, connected.text("realm_id").as_str()), (200, LARKSPUR));
    assert_eq!(curl.get(&callback).await.body, connected.body, "the callback now shows it too");
    assert_eq!(place.stand_ins.token_requests().await, 1);
}

#[tokio::test]
async fn o18_a_repeated_callback_retries_the_confirmation() {
    let place = Installation::start().await;
    let mut curl = Browser::curl(&place.server);
    let page = curl.start("/oauth/start/beach-blend").await;
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;
    place.stand_ins.fault("api", "reset").await;
    for _time in 1..=2 {
        assert_eq!(curl.get(&callback).await.problem(), (502, "company_unconfirmed".to_owned()));
    }
    place.stand_ins.no_more_faults().await;
    assert_eq!(curl.get(&callback).await.status, 200);
    assert_eq!(place.stand_ins.token_requests().await, 1);
}

#[tokio::test]
async fn o18_a_browser_retries_from_the_result_page() {
    let place = Installation::start().await;
    let mut browser = Browser::at(&place.server);
    let return_url = crate::callback::encoded(crate::harness::RETURN_URL);
    let page = browser.start(format!("/oauth/start/beach-blend?return_url={return_url}")).await;
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;
    place.stand_ins.fault("api", "reset").await;
    let result = browser.get(&callback).await.location().to_owned();
    let shown = browser.get(&result).await;
    let form = format!(r#"<form method="post" action="{result}/retry">"#);
    assert!(shown.status == 502 && shown.body.contains(&form), "{} {}", shown.status, shown.body);

    assert_eq!(browser.post(format!("{result}/retry")).await.location(), result, "it still fails");
    place.stand_ins.no_more_faults().await;
    let answer = browser.post(format!("{result}/retry")).await;
    assert_eq!((answer.status, answer.location()), (303, result.as_str()), "a form is not sent to another origin");
    let shown = browser.get(&result).await;
    assert!(shown.body.contains("Larkspur Roofing LLC"), "{}", shown.body);
    let further = format!("{result}/continue");
    crate::choosing::goes_on(&shown, &further);
    let told = format!("{}&company_key=beach-blend&status=connected", crate::harness::RETURN_URL);
    assert_eq!(browser.get(&further).await.location(), told, "as the redirect would");
    assert_eq!(place.stand_ins.token_requests().await, 1);
}

#[tokio::test]
async fn o18_an_unconfirmed_grant_is_kept_for_ten_minutes() {
    let place = Installation::start().await;
    let mut curl = Browser::curl(&place.server);
    let page = curl.start("/oauth/start/beach-blend").await;
    place.pass(590).await;
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;
    place.stand_ins.fault("api", "status").await;
    assert_eq!(curl.get(&callback).await.status, 502);
    place.stand_ins.no_more_faults().await;
    let state = Secret::new(parameter(&callback, "state").expect("a state"));
    let retry = format!("/oauth/result/{}/retry", FlowId::of(&state).as_str());
    place.pass(600).await;
    assert_eq!(curl.post(&retry).await.problem(), (400, "invalid_state".to_owned()));
}

#[tokio::test]
async fn o15_missing_scopes_are_shown() {
    let asked = "com.intuit.quickbooks.accounting com.intuit.quickbooks.payment";
    let place = Installation::start_with(&[("QUICKBOOKS_SCOPES", asked)]).await;
    place.stand_ins.control("settings", serde_json::json!({ "granted_scope": "com.intuit.quickbooks.accounting" })).await;
    let mut browser = Browser::at(&place.server);
    let page = browser.start("/oauth/start/beach-blend").await;
    assert_eq!(parameter(&page, "scope").as_deref(), Some(asked));
    let result = browser.get(place.stand_ins.consent(&page, LARKSPUR).await).await;
    let shown = browser.get(result.location()).await.body;
    assert!(shown.contains("some features may not work. Missing: com.intuit.quickbooks.payment."), "{shown}");

    let missing = serde_json::json!(["com.intuit.quickbooks.payment"]);
    assert_eq!(place.connect("other-shop", LARKSPUR).await.json()["missing_scopes"], missing);
    assert_eq!(place.connection("beach-blend").await.json()["missing_scopes"], missing);
    place.refresh("beach-blend").await;
    assert_eq!(place.connection("beach-blend").await.json()["missing_scopes"], missing, "after a refresh too");
}
