//! `POST /v1/oauth/token`: our code, or a handle, for an access token.

use axum::http::Method;
use counterfoil_core::model::api_key::Scope;
use serde_json::{Value, json};

use crate::harness::{Answer, Ask, Installation, LARKSPUR, RETURN_URL, get};

const PAGE: &str = "https://app.example.com";

pub(crate) async fn exchange(place: &Installation, key: &str, body: &Value) -> Answer {
    let ask = Ask::new(Method::POST, "/v1/oauth/token").key(key).header("content-type", "application/json");
    ask.body(body.to_string()).to(&place.server).await
}

async fn connected() -> (Installation, String) {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let code = place.code_of("beach-blend", RETURN_URL).await;
    (place, code)
}

fn with_code(code: &str) -> Value {
    json!({ "code": code, "platform": "quickbooks", "partnerId": "default" })
}

/// The status and the code of an error in the partner API's envelope.
pub(crate) fn refusal(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    assert_eq!(body["success"], false, "{body}");
    assert!(body["error"]["message"].as_str().is_some_and(|message| message.ends_with('.')), "{body}");
    assert_eq!(body["error"]["requestId"].as_str(), answer.header("x-request-id"));
    (answer.status, body["error"]["code"].as_str().unwrap_or_default().to_owned())
}

async fn audited(place: &Installation) -> usize {
    place.rows.under("CONN#default#beach-blend", "AUDIT#").await.len()
}

#[tokio::test]
async fn a_code_is_exchanged_for_a_token_and_a_handle_and_the_handle_again_and_again() {
    let (place, code) = connected().await;
    let answer = exchange(&place, &place.key, &with_code(&code)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let data = answer.json()["data"].clone();
    let token = place.token("beach-blend").await.json();
    assert_eq!(data["accessToken"], token["access_token"]);
    assert_eq!((&data["companyId"], &data["companyName"]), (&json!(LARKSPUR), &token["company_name"]));
    assert_eq!((&data["platform"], &data["companyKey"]), (&json!("quickbooks"), &json!("beach-blend")));
    assert_eq!((&data["expiresIn"], &data["apiBaseUrl"]), (&json!(3_600), &token["api_base_url"]));
    let redeem = json!({ "grantType": "refresh_token", "refreshToken": data["refreshToken"] });
    place.pass(3_600).await;
    for _ in 0..2 {
        let again = exchange(&place, &place.key, &redeem).await.json()["data"].clone();
        assert_eq!(again["refreshToken"], data["refreshToken"], "it stays");
        assert_ne!(again["accessToken"], data["accessToken"], "it had ended");
    }
    let stored = format!("{:?}", place.rows.under("", "").await);
    for secret in [&code, data["refreshToken"].as_str().expect("a handle")] {
        assert!(!stored.contains(secret), "hashes alone are kept");
    }
}

#[tokio::test]
async fn a_code_is_valid_once_and_for_five_minutes_and_its_refusal_is_audited() {
    let (place, code) = connected().await;
    let late = place.code_of("beach-blend", RETURN_URL).await;
    let before = audited(&place).await;
    assert_eq!(exchange(&place, &place.key, &with_code(&code)).await.status, 200);
    for _ in 0..3 {
        assert_eq!(refusal(&exchange(&place, &place.key, &with_code(&code)).await), (400, "invalid_code".to_owned()));
    }
    place.pass(300).await;
    assert_eq!(refusal(&exchange(&place, &place.key, &with_code(&late)).await), (400, "invalid_code".to_owned()));
    assert_eq!(audited(&place).await, before + 2, "one for each code, however often it is presented");
}

#[tokio::test]
async fn a2_a_code_is_exchanged_only_by_its_partner_and_for_its_redirect_uri() {
    let (place, code) = connected().await;
    place.partner("rival", &[]).await;
    let rival = place.key_of("rival", &Scope::ALL).await;
    let theirs = json!({ "code": code, "platform": "quickbooks", "partnerId": "rival" });
    let stolen = refusal(&exchange(&place, &rival, &theirs).await);
    let unknown = json!({ "code": "cf_code_x", "platform": "quickbooks", "partnerId": "rival" });
    assert_eq!((stolen.clone(), stolen), (refusal(&exchange(&place, &rival, &unknown).await), (400, "invalid_code".to_owned())));
    assert_eq!(refusal(&exchange(&place, &rival, &with_code(&code)).await), (403, "wrong_partner".to_owned()));
    for wrong in [
        json!({ "code": code, "platform": "xero" }),
        json!({ "code": code, "platform": "quickbooks", "redirectUri": RETURN_URL.replace("/done", "/Done") }),
    ] {
        assert_eq!(refusal(&exchange(&place, &place.key, &wrong).await), (400, "invalid_code".to_owned()), "{wrong}");
    }
    assert_eq!(exchange(&place, &place.key, &with_code(&code)).await.status, 200, "nobody else has spent it");
}

#[tokio::test]
async fn a_handle_works_for_its_partner_and_only_the_newest_one() {
    let (place, code) = connected().await;
    let handle = |answer: &Answer| answer.json()["data"]["refreshToken"].clone();
    let first = handle(&exchange(&place, &place.key, &with_code(&code)).await);
    let next = place.code_of("beach-blend", RETURN_URL).await;
    let second = handle(&exchange(&place, &place.key, &with_code(&next)).await);
    let redeem = |handle: &Value| json!({ "grantType": "refresh_token", "refreshToken": handle });
    let refused = (400, "invalid_refresh_token".to_owned());
    assert_eq!(refusal(&exchange(&place, &place.key, &redeem(&first)).await), refused);
    place.partner("rival", &[]).await;
    let rival = place.key_of("rival", &Scope::ALL).await;
    assert_eq!(refusal(&exchange(&place, &rival, &redeem(&second)).await), refused);
    assert_eq!(exchange(&place, &place.key, &redeem(&second)).await.status, 200);
}

#[tokio::test]
async fn a4_an_invalid_body_is_refused_in_the_envelope() {
    let (place, code) = connected().await;
    let long = "x".repeat(301);
    for (body, code) in [
        (json!({}), "invalid_grant_type"),
        (json!({ "code": code }), "missing_parameter"),
        (json!({ "code": "", "platform": "quickbooks" }), "empty_parameter"),
        (json!({ "code": long, "platform": "quickbooks" }), "parameter_too_long"),
        (json!({ "code": code, "platform": "sage" }), "invalid_parameter"),
        (json!({ "code": 1, "platform": "quickbooks" }), "invalid_body"),
        (json!({ "code": code, "platform": "quickbooks", "more": 1 }), "invalid_body"),
        (json!({ "code": code, "refreshToken": "x", "platform": "quickbooks" }), "invalid_grant_type"),
        (json!({ "grantType": "refresh_token", "code": code }), "invalid_grant_type"),
        (json!({ "grantType": "refresh_token", "refreshToken": "x" }), "invalid_refresh_token"),
    ] {
        assert_eq!(refusal(&exchange(&place, &place.key, &body).await), (400, code.to_owned()), "{body}");
    }
    let lesser = place.key_of("default", &[Scope::ConsentStart]).await;
    assert_eq!(refusal(&exchange(&place, &lesser, &with_code(&code)).await), (403, "insufficient_scope".to_owned()));
    assert_eq!(refusal(&exchange(&place, "nobody's", &with_code(&code)).await).0, 401);
    assert_eq!(refusal(&get("/v1/oauth/token").to(&place.server).await), (405, "method_not_allowed".to_owned()));
}

#[tokio::test]
async fn pages_of_the_partners_origins_may_read_the_answer_and_no_others() {
    let (place, code) = connected().await;
    let ask = |method, origin: &'static str| Ask::new(method, "/v1/oauth/token").header("origin", origin);
    let preflight = ask(Method::OPTIONS, PAGE).header("access-control-request-headers", "x-api-key").to(&place.server).await;
    assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (204, Some(PAGE)));
    assert_eq!(preflight.header("access-control-allow-headers"), Some("authorization, content-type, x-api-key, idempotency-key"));
    let post = async |origin, body: Value| {
        let ask = ask(Method::POST, origin).key(&place.key).header("content-type", "application/json");
        ask.body(body.to_string()).to(&place.server).await
    };
    let read = post(PAGE, with_code(&code)).await;
    assert_eq!((read.status, read.header("access-control-allow-origin")), (200, Some(PAGE)));
    let refused = post(PAGE, with_code(&code)).await;
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (400, Some(PAGE)));
    for origin in ["https://evil.example.com", "https://app.example.com:8443", "http://app.example.com", "null"] {
        assert_eq!(post(origin, json!({})).await.header("access-control-allow-origin"), None, "{origin}");
    }
}
