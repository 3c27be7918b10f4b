//! Authorization codes that the platform did not read: they are kept until they expire, and sent again by one request.

use counterfoil_core::model::flow::FlowId;
use counterfoil_core::model::secret::Secret;
use serde_json::json;

use crate::harness::{Browser, Installation, LARKSPUR, OTHER_KEYS, parameter};

fn retry_of(callback: &str) -> String {
    format!("/oauth/result/{}/retry", FlowId::of(&Secret::new(parameter(callback, "state").expect("a state"))).as_str())
}

#[tokio::test]
async fn a_throttled_exchange_keeps_the_code_and_a_retry_presents_it_again() {
    let place = Installation::start().await;
    let mut curl = Browser::curl(&place.server);
    let page = curl.start("/oauth/start/beach-blend").await;
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;
    place.stand_ins.fault("token", "throttled").await;
    let postponed = (502, "exchange_postponed".to_owned());
    let first = curl.get(&callback).await;
    assert_eq!((first.problem(), first.header("retry-after")), (postponed.clone(), Some("5")));
    let retry = retry_of(&callback);
    assert_eq!(curl.post(&retry).await.problem(), postponed);
    assert_eq!(curl.get(&callback).await.problem(), postponed, "the callback shows how it stands");
    assert_eq!(place.stand_ins.requests("token.authorization_code").await, 2);
    place.stand_ins.no_more_faults().await;
    let code = parameter(&callback, "code").expect("a code");
    let rows = place.rows.under("FLOW#", "").await;
    assert!(!format!("{rows:?}").contains(&code) && rows[0].contains_key("code"), "it is kept sealed");
    let connected = curl.post(&retry).await;
    assert_eq!((connected.status, connected.text("realm_id").as_str()), (200, LARKSPUR));
    assert_eq!(place.stand_ins.requests("token.authorization_code").await, 3);
    assert!(!place.rows.under("FLOW#", "").await[0].contains_key("code"));
    assert_eq!(place.rows.history("beach-blend").await, ["connected by anonymous"]);
}

#[tokio::test]
async fn of_two_tabs_that_retry_at_once_one_sends_the_code() {
    let place = Installation::start().await;
    let mut curl = Browser::curl(&place.server);
    let page = curl.start("/oauth/start/beach-blend").await;
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;
    place.stand_ins.control("faults", json!({ "at": "token", "kind": "throttled", "times": 1 })).await;
    curl.get(&callback).await;
    let retry = retry_of(&callback);
    let mut other_tab = Browser::curl(&place.server);
    other_tab.cookie.clone_from(&curl.cookie);
    let (one, two) = tokio::join!(curl.post(&retry), other_tab.post(&retry));
    assert!([one.status, two.status].contains(&200), "{} {}", one.body, two.body);
    assert_eq!(place.stand_ins.requests("token.authorization_code").await, 2);
    assert_eq!(place.rows.history("beach-blend").await, ["connected by anonymous"]);
}

#[tokio::test]
async fn a_failed_page_offers_to_try_again() {
    let place = Installation::start().await;
    let mut browser = Browser::at(&place.server);
    let page = browser.start("/oauth/start/beach-blend").await;
    let callback = place.stand_ins.consent(&page, LARKSPUR).await;
    place.stand_ins.control("faults", json!({ "at": "token", "kind": "throttled", "times": 1 })).await;
    let result = browser.get(&callback).await.location().to_owned();
    let shown = browser.get(&result).await;
    assert!(shown.body.contains(&format!(r#"<form method="post" action="{result}/retry">"#)), "{}", shown.body);
    assert_eq!(browser.post(format!("{result}/retry")).await.location(), result);
    assert!(browser.get(&result).await.body.contains("Larkspur Roofing LLC"));
}

#[tokio::test]
async fn an_unknown_outcome_is_final() {
    for kind in ["status", "reset"] {
        let place = Installation::start().await;
        let mut curl = Browser::curl(&place.server);
        let page = curl.start("/oauth/start/beach-blend").await;
        let callback = place.stand_ins.consent(&page, LARKSPUR).await;
        place.stand_ins.fault("token", kind).await;
        assert_eq!(curl.get(&callback).await.problem(), (502, "exchange_failed".to_owned()), "{kind}");
        place.stand_ins.no_more_faults().await;
        assert_eq!(curl.post(retry_of(&callback)).await.problem(), (502, "exchange_failed".to_owned()), "{kind}");
        assert_eq!(place.stand_ins.requests("token.authorization_code").await, 1, "{kind}");
    }
}

#[tokio::test]
async fn a_kept_code_is_not_sent_after_its_expiry() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    let mut curl = Browser::curl(&place.server);
    let callback = crate::platforms::callback(&place, &mut curl, "/oauth/start/shop?platform=zoho", &[("account", "in")]).await;
    place.stand_ins.control_at("zoho", "faults", json!({ "at": "token", "kind": "throttled", "times": 1 })).await;
    assert_eq!(curl.get(&callback).await.problem(), (502, "exchange_postponed".to_owned()));
    place.pass(61).await;
    assert_eq!(curl.post(retry_of(&callback)).await.problem(), (502, "exchange_failed".to_owned()));
    assert_eq!(place.stand_ins.requests_at("zoho", "token.authorization_code").await, 1);
    assert_eq!(place.rows.refusals("default").await, ["consent_failed: exchange_failed x1"]);
}
