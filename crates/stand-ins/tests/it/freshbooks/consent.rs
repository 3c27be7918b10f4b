//! The consent page: all businesses or none.

use reqwest::StatusCode;
use serde_json::json;

use super::{ASK, World};
use crate::world::{tokens, with};

#[tokio::test]
async fn the_page_shows_the_businesses_and_offers_no_choice() {
    let world = World::start().await;
    let answer = world.page(&ASK).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let html = answer.text().await.expect("text");
    for wanted in [
        "FreshBooks sandbox stand-in, no real data",
        "Authorize this app?",
        r#"<form method="post" action="authorize">"#,
        "Riverside Makers Co-op",
        "See your bills",
        ">Deny<",
    ] {
        assert!(html.contains(wanted), "{wanted} is not in {html}");
    }
    assert!(!html.contains(r#"type="radio""#) && !html.contains(r#"type="checkbox""#));
}

#[tokio::test]
async fn a_request_that_is_not_exact_is_refused() {
    let world = World::start().await;
    for (name, value, reason) in [
        ("scope", "user:bills:write", "the scope user:bills:write is not known"),
        ("client_id", "another", "the client_id is not known"),
        ("state", "", "the parameter state is missing or empty"),
    ] {
        world.assert_page_refuses(&with(&ASK, name, value), reason).await;
    }
    let further: Vec<_> = ASK.into_iter().chain([("prompt", "consent")]).collect();
    world.assert_page_refuses(&further, "the parameter prompt is not known here").await;
    for uri in ["http://localhost:3000/oauth/callback?tenant=7", "http://127.0.0.1:3000/oauth/callback"] {
        world.control("redirect-uris", json!({ "uri": uri })).await;
        world.assert_page_refuses(&with(&ASK, "redirect_uri", uri), "this platform does not redirect to such an address").await;
    }
}

#[tokio::test]
async fn the_callback_has_only_code_and_state() {
    let world = World::start().await;
    let form: Vec<_> = ASK.into_iter().chain([("decision", "connect")]).collect();
    assert_eq!(world.callback(&form).await.len(), 2);
    let form: Vec<_> = ASK.into_iter().chain([("decision", "cancel")]).collect();
    assert_eq!(world.callback(&form).await["error"], "access_denied");
    let form: Vec<_> = ASK.into_iter().chain([("decision", "connect"), ("business", "8120022")]).collect();
    let answer = world.client.post(&world.endpoints.authorize).form(&form).send().await.expect("answers");
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_request_without_scopes_gets_those_of_the_app() {
    let world = World::start().await;
    let given = tokens(world.exchange(&world.code_for(&ASK[..4]).await).await).await;
    let scope = given.body["scope"].as_str().expect("text");
    assert!(scope.starts_with("user:profile:read ") && scope.split(' ').count() == 8, "{scope}");
}
