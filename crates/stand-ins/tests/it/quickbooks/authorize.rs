//! The consent page and its errors.

use counterfoil_stand_ins::quickbooks::Environment;
use reqwest::{Response, StatusCode};
use serde_json::json;

use super::harness::{HARBOR, LARKSPUR, REDIRECT_URI, STATE, World, location};

async fn page(world: &World, query: &[(&'static str, String)]) -> Response {
    let request = world.client.get(&world.endpoints.authorize).query(query);
    request.send().await.expect("answers")
}

/// The query with another value of one parameter.
fn with(name: &str, value: &str) -> Vec<(&'static str, String)> {
    let mut query = World::ask(Environment::Production);
    for parameter in &mut query {
        if parameter.0 == name {
            value.clone_into(&mut parameter.1);
        }
    }
    query
}

#[tokio::test]
async fn the_page_shows_both_companies_and_repeats_the_request() {
    let world = World::start().await;
    let answer = page(&world, &World::ask(Environment::Production)).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.headers().contains_key("intuit_tid"));
    assert_eq!(answer.headers()["referrer-policy"], "no-referrer");
    let html = answer.text().await.expect("text");
    for wanted in [
        "QuickBooks sandbox stand-in, no real data",
        "Larkspur Roofing LLC",
        "Harbor &amp; Pine Florists",
        r#"name="realm" id="realm-9130357849012345" value="9130357849012345""#,
        r#"<form method="post" action="oauth2">"#,
        r#"name="decision" value="connect""#,
        r#"name="decision" value="cancel""#,
        r#"type="hidden" name="state" value="larkspur:9f2c""#,
    ] {
        assert!(html.contains(wanted), "{wanted} is not in {html}");
    }
    assert!(!html.contains("Sandbox Company_US_1"));
}

#[tokio::test]
async fn the_sandbox_client_has_its_own_companies() {
    let world = World::start().await;
    let html = page(&world, &World::ask(Environment::Sandbox)).await.text().await;
    let html = html.expect("text");
    assert!(html.contains("Sandbox Company_US_1") && html.contains("Sandbox Company_US_2"));
    let refused = world.decide(Environment::Sandbox, "connect", LARKSPUR).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn connect_redirects_with_code_state_and_realm() {
    let world = World::start().await;
    let answer = world.decide(Environment::Production, "connect", HARBOR).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let (target, query) = location(&answer);
    assert_eq!(target, REDIRECT_URI);
    assert_eq!(query.len(), 3);
    assert_eq!(query["state"], STATE);
    assert_eq!(query["realmId"], HARBOR);
}

#[tokio::test]
async fn cancel_redirects_with_error_and_state() {
    let world = World::start().await;
    let answer = world.decide(Environment::Production, "cancel", HARBOR).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let (target, query) = location(&answer);
    assert_eq!(target, REDIRECT_URI);
    assert_eq!(query.len(), 2);
    assert_eq!(query["error"], "access_denied");
    assert_eq!(query["state"], STATE);
}

#[tokio::test]
async fn a_query_of_the_redirect_uri_is_kept() {
    let world = World::start().await;
    let uri = "http://localhost:3000/oauth/callback?tenant=7";
    world.control("redirect-uris", json!({ "uri": uri })).await;
    let mut form = with("redirect_uri", uri);
    form.push(("decision", "cancel".to_owned()));
    let request = world.client.post(&world.endpoints.authorize).form(&form);
    let (_, query) = location(&request.send().await.expect("answers"));
    assert_eq!(query["tenant"], "7");
    assert_eq!(query["error"], "access_denied");
}

#[tokio::test]
async fn a_bad_request_stays_on_an_error_page() {
    let world = World::start().await;
    let mut cases = vec![
        (with("response_type", "token"), "response_type must be code"),
        (with("client_id", "another"), "the client_id is not known"),
        (with("scope", "everything"), "the scope everything is not known"),
        (with("state", ""), "the parameter state is missing or empty"),
    ];
    let mut repeated = World::ask(Environment::Production);
    repeated.push(("state", STATE.to_owned()));
    cases.push((repeated, "the parameter state is repeated"));
    let mut unknown = World::ask(Environment::Production);
    unknown.push(("code_challenge", "x".to_owned()));
    cases.push((unknown, "the parameter code_challenge is not known here"));
    for (query, reason) in cases {
        let answer = page(&world, &query).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{query:?}");
        assert!(!answer.headers().contains_key("location"));
        let html = answer.text().await.expect("text");
        assert!(html.contains(&format!(r#"id="error">{reason}<"#)), "{reason}: {html}");
    }
}

#[tokio::test]
async fn every_parameter_is_required() {
    let world = World::start().await;
    for missing in 0..5 {
        let mut query = World::ask(Environment::Production);
        let (name, _) = query.remove(missing);
        let answer = page(&world, &query).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "without {name}");
    }
}

#[tokio::test]
async fn o1_the_redirect_uri_is_compared_byte_for_byte() {
    let world = World::start().await;
    for other in [
        "http://localhost:3000/oauth/callback/",
        "http://localhost:3000/OAuth/callback",
        "http://localhost:3001/oauth/callback",
        "http://localhost:3000/oauth/callback?x=1",
        "HTTP://localhost:3000/oauth/callback",
    ] {
        let answer = page(&world, &with("redirect_uri", other)).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{other}");
    }
}

#[tokio::test]
async fn a_redirect_uri_counts_for_its_own_client_only() {
    let world = World::start().await;
    let uri = "https://books.example/oauth/callback";
    let body = json!({ "uri": uri, "client": "sandbox" });
    world.control("redirect-uris", body).await;
    let production = page(&world, &with("redirect_uri", uri)).await;
    assert_eq!(production.status(), StatusCode::BAD_REQUEST);
    let mut query = with("redirect_uri", uri);
    Environment::Sandbox.client_id().clone_into(&mut query[1].1);
    assert_eq!(page(&world, &query).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_request_is_never_shown_as_markup() {
    let world = World::start().await;
    let html = page(&world, &with("state", r#""><script>alert(1)</script>"#)).await;
    let html = html.text().await.expect("text");
    assert!(html.contains("&lt;script&gt;") && !html.contains("<script>"));
}
