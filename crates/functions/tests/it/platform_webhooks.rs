//! The webhooks of the platforms.

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_stand_ins::quickbooks::Environment;
use counterfoil_stand_ins::xero::WEBHOOK_KEY;
use serde_json::{Value, json};

use crate::harness::{Answer, Ask, Installation, LARKSPUR, OTHER_KEYS, get};

pub(crate) const QUICKBOOKS: (&str, &str) = ("/webhooks/quickbooks", "intuit-signature");
const XERO: (&str, &str) = ("/webhooks/xero", "x-xero-signature");

fn signature(key: &str, body: &[u8]) -> String {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, key.as_bytes());
    STANDARD.encode(aws_lc_rs::hmac::sign(&key, body))
}

fn ask((path, _): (&str, &str), body: impl Into<Vec<u8>>) -> Ask {
    Ask::new(Method::POST, path).header("content-type", "application/json").header("accept", "*/*").body(body.into())
}

/// A notification with the signature of that key.
pub(crate) async fn notify(place: &Installation, hook: (&str, &'static str), key: &str, body: &Value) -> Answer {
    let body = body.to_string();
    ask(hook, body.as_str()).header(hook.1, signature(key, body.as_bytes())).to(&place.server).await
}

pub(crate) fn of_quickbooks(realm: &str, kind: &str) -> Value {
    json!([{ "specversion": "1.0", "id": "1", "type": kind, "intuitentityid": "2431", "intuitaccountid": realm, "data": {} }])
}

fn production() -> &'static str {
    Environment::Production.webhook_verifier()
}

/// The kinds of the runs that notifications ask for, by the connection.
async fn noted(place: &Installation, partner: &str, company_key: &str) -> Vec<String> {
    let rows = place.rows.under(&format!("SYNCS#{partner}#{company_key}"), "STATE").await;
    let kinds = rows.first().and_then(|row| row.get("notified_kinds")?.as_l().ok().cloned()).unwrap_or_default();
    kinds.iter().map(|kind| kind.as_s().expect("a text").clone()).collect()
}

fn is_bare(answer: &Answer, status: u16) {
    assert_eq!((answer.status, answer.body.as_str(), answer.header("set-cookie")), (status, "", None), "{:?}", answer.headers);
}

#[tokio::test]
async fn w11_a_signed_notification_makes_the_companys_connections_due() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    is_bare(&notify(&place, QUICKBOOKS, production(), &of_quickbooks(LARKSPUR, "qbo.billpayment.void.v1")).await, 200);
    assert_eq!(noted(&place, "default", "beach-blend").await, ["sync"]);
    let older =
        json!({ "eventNotifications": [{ "realmId": LARKSPUR, "dataChangeEvent": { "entities": [{ "name": "Invoice" }] } }] });
    is_bare(&notify(&place, QUICKBOOKS, production(), &older).await, 200);
    assert_eq!(noted(&place, "default", "beach-blend").await, ["sync", "import_invoices"]);
}

#[tokio::test]
async fn w11_a_wrong_or_missing_signature_is_a_401_without_a_body_for_browsers_too() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let body = of_quickbooks(LARKSPUR, "qbo.invoice.created.v1").to_string();
    place.wire.reset();
    for hook in [QUICKBOOKS, XERO] {
        let server = place.process(&OTHER_KEYS);
        is_bare(&ask(hook, body.as_str()).to(&server).await, 401);
        let forged = signature("another key", body.as_bytes());
        is_bare(&ask(hook, body.as_str()).header(hook.1, &forged).to(&server).await, 401);
        is_bare(&ask(hook, body.as_str()).header(hook.1, forged).header("accept", "text/html").to(&server).await, 401);
        is_bare(&ask(hook, body.as_str()).header(hook.1, [0xff]).to(&server).await, 401);
    }
    assert!(place.wire.counts().is_empty());
    assert_eq!(noted(&place, "default", "beach-blend").await, [""; 0]);
}

#[tokio::test]
async fn w11_each_verifier_is_for_the_companies_of_its_own_client() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let sandbox = Environment::Sandbox;
    let realm = sandbox.companies()[0].realm;
    place.connect("beach-sandbox", realm).await;
    let of_both = json!([
        of_quickbooks(LARKSPUR, "qbo.invoice.created.v1")[0].clone(),
        of_quickbooks(realm, "qbo.invoice.created.v1")[0].clone()
    ]);
    is_bare(&notify(&place, QUICKBOOKS, sandbox.webhook_verifier(), &of_both).await, 200);
    assert_eq!(noted(&place, "default", "beach-sandbox").await, ["import_invoices"]);
    assert_eq!(noted(&place, "default", "beach-blend").await, [""; 0]);
    is_bare(&notify(&place, QUICKBOOKS, production(), &of_both).await, 200);
    assert_eq!(noted(&place, "default", "beach-blend").await, ["import_invoices"]);
}

#[tokio::test]
async fn w11_without_the_key_of_its_signatures_or_without_webhooks_the_route_is_a_404() {
    let place =
        Installation::start_with(&[("QUICKBOOKS_WEBHOOK_VERIFIER", ""), ("QUICKBOOKS_SANDBOX_WEBHOOK_VERIFIER", " ")]).await;
    place.connect("beach-blend", LARKSPUR).await;
    let body = of_quickbooks(LARKSPUR, "qbo.invoice.created.v1");
    is_bare(&notify(&place, QUICKBOOKS, production(), &body).await, 404);
    is_bare(&notify(&place, QUICKBOOKS, "", &body).await, 404);
    for platform in PlatformName::ALL {
        let path = format!("/webhooks/{platform}");
        is_bare(&notify(&place, (&path, "x-xero-signature"), WEBHOOK_KEY, &body).await, 404);
    }
    is_bare(&notify(&place, ("/webhooks/else", "x-xero-signature"), WEBHOOK_KEY, &body).await, 400);
    is_bare(&get("/webhooks/quickbooks").to(&place.server).await, 405);
}

#[tokio::test]
async fn w11_xero_gets_its_intent_to_receive_and_its_other_categories_are_left_out() {
    let mut place = Installation::start().await;
    place.server = place.process(&OTHER_KEYS);
    let intent = json!({ "events": [], "firstEventSequence": 0, "lastEventSequence": 0, "entropy": "S0m3r4Nd0mt3xt" });
    is_bare(&notify(&place, XERO, WEBHOOK_KEY, &intent).await, 200);
    is_bare(&notify(&place, XERO, "another key", &intent).await, 401);
    place.wire.reset();
    let other = json!({ "events": [{ "eventCategory": "CONTACT", "tenantId": "c2cc9b6e-9458-4c7d-93cc-f02b81b0594f" }] });
    is_bare(&notify(&place, XERO, WEBHOOK_KEY, &other).await, 200);
    assert!(place.wire.counts().is_empty());
}

#[tokio::test]
async fn w11_connections_of_several_partners_to_one_company_are_all_due() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    place.partner("rival", &[]).await;
    let rival = place.key_of("rival", &counterfoil_core::model::api_key::Scope::ALL).await;
    let start = get("/oauth/start/their-own").key(&rival).to(&place.server).await;
    assert_eq!(place.consent(start.location(), LARKSPUR).await.status, 200);
    is_bare(&notify(&place, QUICKBOOKS, production(), &of_quickbooks(LARKSPUR, "qbo.purchase.created.v1")).await, 200);
    assert_eq!(noted(&place, "default", "beach-blend").await, ["sync"]);
    assert_eq!(noted(&place, "rival", "their-own").await, ["sync"]);
}

#[tokio::test]
async fn w11_a_notification_of_thousands_of_companies_is_followed_and_one_of_ten_megabytes_is_refused() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let of = |realm: String| of_quickbooks(&realm, "qbo.invoice.created.v1")[0].clone();
    let companies = (0..3_000).map(|number| of(format!("{number}"))).chain([of(LARKSPUR.to_owned())]);
    let body = Value::Array(companies.collect());
    assert!(body.to_string().len() > 64 * 1024);
    // An answer later than three seconds would be a failure at Intuit, so the time may be over first.
    let answer = notify(&place, QUICKBOOKS, production(), &body).await;
    is_bare(&answer, 200);
    assert_eq!(noted(&place, "default", "beach-blend").await, ["import_invoices"]);

    for size in [2 * 1024 * 1024 + 1, 10_000_000] {
        let body = vec![b' '; size];
        let answer = ask(QUICKBOOKS, body.clone()).header(QUICKBOOKS.1, signature(production(), &body)).to(&place.server).await;
        is_bare(&answer, 413);
    }
    let unreadable = notify(&place, QUICKBOOKS, production(), &json!({ "changed": true })).await;
    is_bare(&unreadable, 400);
}
