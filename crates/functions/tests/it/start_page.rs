//! The page for a browser whose consent cannot start. It has the status of the problem.

use counterfoil_core::model::api_key::Scope;
use counterfoil_testkit::wire::{Fault, Rule};
use serde_json::json;

use crate::harness::{Answer, Browser, Installation, get};

/// The status, the title, the link and the code of a page.
fn card(answer: &Answer) -> (u16, String, Option<String>, String) {
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"), "{}", answer.body);
    let between = |from: &str, to: &str| Some(answer.body.split_once(from)?.1.split_once(to)?.0.to_owned());
    let title = between("<h1>", "</h1>").expect("a title");
    (answer.status, title, between("<a class=\"button\" ", "</a>"), between("<code>", "</code>").expect("a code"))
}

fn refused(status: u16, code: &str) -> (u16, String, Option<String>, String) {
    (status, "Not connected".to_owned(), None, code.to_owned())
}

#[tokio::test]
async fn a_browser_with_an_invalid_link_sees_an_error_page() {
    let place = Installation::start().await;
    for (path, code) in [
        ("/oauth/start", "missing_company_key"),
        ("/oauth/start/", "missing_company_key"),
        ("/oauth/start/-beach", "invalid_company_key"),
        ("/oauth/start/%ff", "invalid_company_key"),
        ("/oauth/start/beach-blend?company_name=a&company_name=b", "repeated_parameter"),
        ("/oauth/start/beach-blend?platform=abacus", "invalid_parameter"),
        ("/oauth/start/beach-blend?return_url=https://elsewhere.example", "invalid_return_url"),
    ] {
        let answer = Browser::at(&place.server).get(path).await;
        assert_eq!(card(&answer), refused(400, code), "{path}");
        assert!(answer.body.contains("Go back to where you came from"), "{path}");
        assert!(!answer.body.contains("elsewhere.example"), "what was asked for is not repeated: {}", answer.body);
    }
}

#[tokio::test]
async fn o17_a_browser_without_the_right_key_sees_an_error_page_without_the_key() {
    let place = Installation::start_with(&[("OPEN_START", "")]).await;
    let answer = Browser::at(&place.server).get("/oauth/start/beach-blend").await;
    assert_eq!(card(&answer), refused(401, "unauthenticated"));
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    let reader = place.key_of("default", &[Scope::TokensRead]).await;
    let answer = Browser::at(&place.server).get(format!("/oauth/start/beach-blend?api_key={reader}")).await;
    assert_eq!(card(&answer), refused(403, "insufficient_scope"));
    assert!(!answer.body.contains(&reader), "{}", answer.body);
}

#[tokio::test]
async fn a_customer_does_not_see_errors_for_the_operator() {
    let place = Installation::start_with(&[("QUICKBOOKS_CLIENT_ID", "")]).await;
    let answer = Browser::at(&place.server).get("/oauth/start/beach-blend").await;
    assert_eq!(card(&answer), refused(500, "credentials_missing"));
    assert!(answer.body.contains("Please tell the person who sent you here"), "{}", answer.body);
    assert!(!answer.body.contains("QUICKBOOKS_CLIENT_ID") && !answer.body.contains("Go back"), "{}", answer.body);
}

#[tokio::test]
async fn a_temporary_failure_offers_the_same_link_again() {
    let place = Installation::start().await;
    let link = format!("/oauth/start/beach-blend?api_key={}", place.key);
    place.wire.inject(Rule::on("GetItem", Fault::Throttled).times(20));
    let answer = Browser::at(&place.server).get(&link).await;
    let again = Some("href=\"\">Try again".to_owned());
    assert_eq!(card(&answer), (503, "Not just now".to_owned(), again, "storage_unavailable".to_owned()));
    assert_eq!(answer.header("retry-after"), Some("2"));
    assert!(!answer.body.contains(&place.key), "{}", answer.body);
    place.wire.reset();
    assert_eq!(Browser::at(&place.server).get(&link).await.status, 302);
}

#[tokio::test]
async fn o9_the_error_page_of_a_start_has_the_security_headers() {
    let place = Installation::start().await;
    let answer = Browser::at(&place.server).get("/oauth/start/-beach").await;
    let wanted = [("cache-control", "no-store"), ("referrer-policy", "no-referrer"), ("x-content-type-options", "nosniff")];
    for (name, value) in wanted {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    assert!(answer.header("content-security-policy").is_some_and(|policy| policy.starts_with("default-src 'none'")));
    assert!(answer.header("x-request-id").is_some());
    assert!(!answer.body.contains("<script"), "{}", answer.body);
}

#[tokio::test]
async fn a_browser_at_an_unknown_address_sees_a_page_and_a_program_with_a_key_gets_json() {
    let place = Installation::start().await;
    let mut browser = Browser::at(&place.server);
    for path in ["/", "/nowhere", "/oauth", "/oauth/callback/nowhere", "/oauth/result/unknown/continue"] {
        let answer = browser.get(path).await;
        assert_eq!(card(&answer), (404, "Not found".to_owned(), None, "not_found".to_owned()), "{path}");
    }
    let answer = browser.get("/api/token/beach-blend").await;
    assert_eq!(answer.problem(), (401, "unauthenticated".to_owned()), "a route that asks for a key");
}

#[tokio::test]
async fn a_form_that_cannot_be_read_is_answered_with_a_page() {
    let place = Installation::start().await;
    let mut browser = Browser::at(&place.server);
    let path = format!("/oauth/result/{}/choose", "a".repeat(64));
    assert_eq!(card(&browser.submit(path, "company_id=").await), refused(400, "empty_parameter"));
}

#[tokio::test]
async fn a_client_that_does_not_accept_pages_gets_a_problem() {
    let place = Installation::start().await;
    for accept in ["*/*", "application/json", "application/problem+json"] {
        let answer = get("/oauth/start/-beach").header("accept", accept).to(&place.server).await;
        assert_eq!(answer.problem(), (400, "invalid_company_key".to_owned()), "{accept}");
        assert_eq!(answer.json()["request_id"], json!(answer.header("x-request-id").expect("an id")));
    }
}
