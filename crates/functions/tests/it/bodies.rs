//! Invalid bodies: every route that takes JSON refuses them in the same way, before it does anything.

use axum::http::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Ask, Installation, LARKSPUR};

/// Each route that takes a JSON body, with bodies in which a field has a wrong type or value.
const ROUTES: [(&str, &str, &[&str]); 5] = [
    ("POST", "/v1/oauth/quickbooks/sync", IMPORT),
    ("POST", "/v1/oauth/quickbooks/import-invoices", IMPORT),
    (
        "POST",
        "/v1/connect-links",
        &[
            r#"{"platform":7}"#,
            r#"{"platform":"xero","uses":"2"}"#,
            r#"{"platform":"xero","uses":1.5}"#,
            r#"{"platform":["xero"]}"#,
        ],
    ),
    ("POST", "/v1/oauth/token", &[r#"{"code":1}"#, r#"{"code":null,"refreshToken":{}}"#, r#"{"code":"a","code":"b"}"#]),
    ("PATCH", "/api/connections/beach-blend", &[r#"{"company_name":1}"#, r#"{"freshness":true}"#, r#"{"company_name":["a"]}"#]),
];

const IMPORT: &[&str] = &[
    r#"{"full":"true"}"#,
    r#"{"full":1}"#,
    r#"{"full":{}}"#,
    r#"{"dryRun":"false"}"#,
    r#"{"dryRun":0}"#,
    r#"{"companyKey":7}"#,
    r#"{"companyKey":["beach-blend"]}"#,
    r#"{"companyKey":{}}"#,
    r#"{"full":true,"full":false}"#,
    r#"{"company_key":"beach-blend"}"#,
];

/// Bodies that are not a JSON object.
const NO_OBJECTS: [&[u8]; 18] = [
    b" ",
    b"\n",
    b"[]",
    b"[{}]",
    b"[null,true,true]",
    b"null",
    b"true",
    b"0",
    b"1e400",
    b"\"{}\"",
    b"{",
    b"{}}",
    b"{}{}",
    b"{'full':true}",
    b"{\"a\":}",
    b"\xef\xbb\xbf[]",
    b"{\"\xff\":1}",
    b"full=true",
];

async fn place() -> Installation {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    place
}

async fn send(place: &Installation, (method, path): (&str, &str), content_type: &str, body: Vec<u8>) -> (u16, String) {
    let method: Method = method.parse().expect("a method");
    let ask = Ask::new(method, path).key(&place.key).header("content-type", content_type).body(body);
    refusal(&ask.to(&place.server).await)
}

/// The status and the error code of an answer, in the form of the partner API or of the other routes.
fn refusal(answer: &Answer) -> (u16, String) {
    let body = answer.json();
    let code = body.pointer("/error/code").or_else(|| body.get("code"));
    (answer.status, code.and_then(Value::as_str).unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a4_a_body_that_is_no_object_or_of_wrong_types_is_a_400_and_begins_nothing() {
    let place = place().await;
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(30_000), "]".repeat(30_000));
    for (method, path, wrong) in ROUTES {
        let own = wrong.iter().map(|body| body.as_bytes()).chain([deep.as_bytes()]);
        for body in NO_OBJECTS.into_iter().chain(own) {
            let refused = send(&place, (method, path), "application/json", body.to_vec()).await;
            assert_eq!(refused, (400, "invalid_body".to_owned()), "{path} {:.60}", String::from_utf8_lossy(body));
        }
        for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "multipart/form-data", ""] {
            let refused = send(&place, (method, path), content_type, b"{}".to_vec()).await;
            assert_eq!(refused, (400, "invalid_body".to_owned()), "{path} {content_type}");
        }
        for size in [64 * 1024 + 1, 1_000_000] {
            let refused = send(&place, (method, path), "application/json", vec![b' '; size]).await;
            assert_eq!(refused, (413, "body_too_large".to_owned()), "{path} {size}");
        }
    }
    let syncs = crate::harness::get("/v1/syncs").key(&place.key).to(&place.server).await;
    assert_eq!(syncs.json()["data"], json!([]));
}
