//! The consent page: its look, the organisations, the scopes.

use reqwest::StatusCode;
use serde_json::json;

use super::{ASK, MAPLE, World};
use crate::world::{REDIRECT_URI, with};

#[tokio::test]
async fn the_page_offers_the_organisations_and_repeats_the_request() {
    let world = World::start().await;
    let answer = world.page(&ASK).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let html = answer.text().await.expect("text");
    for wanted in [
        "Xero sandbox stand-in, no real data",
        "Allow access to your organisations",
        "Pemberton Glass &amp; Sons",
        r#"<form method="post" action="authorize">"#,
        r#"<input type="checkbox" name="tenant_id" id="tenant_id-70784a63-d24b-46a9-a4db-0e70a274b056""#,
        r#"<label class="company" for="tenant_id-70784a63-d24b-46a9-a4db-0e70a274b056">"#,
        r#"id="connect" type="submit" name="decision" value="connect">Allow access"#,
        r#"type="hidden" name="state" value="larkspur:9f2c""#,
        "View your settings",
    ] {
        assert!(html.contains(wanted), "{wanted} is not in {html}");
    }
}

#[tokio::test]
async fn a_request_that_is_not_exact_is_refused() {
    let world = World::start().await;
    let old = "openid accounting.transactions";
    let retired = "the scope accounting.transactions is not for apps created since 2 March 2026: ask for the granular ones";
    world.assert_page_refuses(&with(&ASK, "scope", old), retired).await;
    world.assert_page_refuses(&with(&ASK, "scope", "everything"), "the scope everything is not known").await;
    world.assert_page_refuses(&with(&ASK, "client_id", "another"), "the client_id is not known").await;
    let challenge = "code_challenge must be a SHA-256 in base64url, and code_challenge_method S256";
    let acr_values = "acr_values must be bulk_connect:true or bulk_connect:false";
    for (further, reason) in [
        (vec![("prompt", "consent")], "the parameter prompt is not known here"),
        (vec![("acr_values", "bulk")], acr_values),
        (vec![("code_challenge", "too-short"), ("code_challenge_method", "S256")], challenge),
        (vec![("code_challenge", &"a".repeat(43)), ("code_challenge_method", "plain")], challenge),
        (vec![("code_challenge", &"a".repeat(43))], challenge),
    ] {
        let query: Vec<_> = ASK.into_iter().chain(further).collect();
        world.assert_page_refuses(&query, reason).await;
    }
    for missing in 0..ASK.len() {
        let mut query = ASK.to_vec();
        let (name, _) = query.remove(missing);
        assert_eq!(world.page(&query).await.status(), StatusCode::BAD_REQUEST, "without {name}");
    }
}

#[tokio::test]
async fn a_redirect_uri_may_use_localhost_but_not_a_loopback_address() {
    let world = World::start().await;
    let uri = "http://127.0.0.1:3000/oauth/callback";
    world.assert_page_refuses(&with(&ASK, "redirect_uri", uri), "the redirect_uri is not registered for this client").await;
    world.control("redirect-uris", json!({ "uri": uri })).await;
    world.assert_page_refuses(&with(&ASK, "redirect_uri", uri), "this platform does not redirect to such an address").await;
    assert_eq!(world.control_get("redirect-uris").await, json!([REDIRECT_URI, uri]));
}

#[tokio::test]
async fn the_callback_has_scope_and_session_state() {
    let world = World::start().await;
    let form: Vec<_> = ASK.into_iter().chain([("decision", "connect"), ("tenant_id", MAPLE)]).collect();
    let query = world.callback(&form).await;
    let mut names: Vec<_> = query.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["code", "scope", "session_state", "state"]);
    assert_eq!(query["scope"], "openid offline_access accounting.settings.read");
}

#[tokio::test]
async fn cancel_redirects_without_a_code() {
    let world = World::start().await;
    let form: Vec<_> = ASK.into_iter().chain([("decision", "cancel")]).collect();
    let query = world.callback(&form).await;
    assert_eq!((query.len(), query["error"].as_str()), (2, "access_denied"));
}

#[tokio::test]
async fn only_what_is_offered_can_be_chosen() {
    let world = World::start().await;
    for choice in ["another", &format!("{MAPLE} another")] {
        let form: Vec<_> = ASK.into_iter().chain([("decision", "connect"), ("tenant_id", choice)]).collect();
        let answer = world.client.post(&world.endpoints.authorize).form(&form).send().await.expect("answers");
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{choice}");
    }
    assert_eq!(world.connections(&world.connect(&[]).await.access, &[]).await.len(), 0);
}
