//! The consent page and the callback that names the data centre.

use reqwest::StatusCode;
use serde_json::json;

use super::{ASK, World};
use crate::world::{REDIRECT_URI, tokens, with};

#[tokio::test]
async fn the_page_offers_the_users_of_the_data_centres() {
    let world = World::start().await;
    let answer = world.page(&ASK).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let html = answer.text().await.expect("text");
    for wanted in [
        "Zoho Books sandbox stand-in, no real data",
        "An app would like your permission",
        r#"<form method="post" action="auth">"#,
        r#"<input type="radio" name="account" id="account-us" value="us" checked>"#,
        r#"<input type="radio" name="account" id="account-eu" value="eu">"#,
        r#"type="hidden" name="access_type" value="offline""#,
        "View vendorpayments",
        ">Reject<",
    ] {
        assert!(html.contains(wanted), "{wanted} is not in {html}");
    }
    let url = format!("{}/oauth/v2/auth", world.accounts_server("eu"));
    let html = world.client.get(url).query(&ASK).send().await.expect("answers").text().await.expect("text");
    assert!(html.contains(r#"id="account-eu" value="eu" checked>"#), "{html}");
}

#[tokio::test]
async fn a_request_that_is_not_exact_is_refused() {
    let world = World::start().await;
    let spaces = "ZohoBooks.settings.READ ZohoBooks.bills.READ";
    for (name, value, reason) in [
        ("scope", spaces, "the scope ZohoBooks.settings.READ ZohoBooks.bills.READ is not known"),
        ("access_type", "always", "access_type must be online or offline"),
        ("prompt", "login", "prompt must be consent"),
        ("client_id", "1000.ANOTHER", "the client_id is not known"),
        ("redirect_uri", "http://localhost:3000/oauth/callback/", "the redirect_uri is not registered for this client"),
        ("response_type", "token", "response_type must be code"),
    ] {
        world.assert_page_refuses(&with(&ASK, name, value), reason).await;
    }
    let further: Vec<_> = ASK.into_iter().chain([("acr_values", "x")]).collect();
    world.assert_page_refuses(&further, "the parameter acr_values is not known here").await;
    let form: Vec<_> = ASK.into_iter().chain([("decision", "connect"), ("account", "moon")]).collect();
    let answer = world.client.post(&world.endpoints.authorize).form(&form).send().await.expect("answers");
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_callback_names_the_users_data_centre() {
    let world = World::start().await;
    for location in ["us", "eu", "in"] {
        let form: Vec<_> = ASK.into_iter().chain([("decision", "connect"), ("account", location)]).collect();
        let query = world.callback(&form).await;
        assert_eq!(query.len(), 4);
        assert_eq!(query["location"], location);
        assert_eq!(query["accounts-server"], world.accounts_server(location));
    }
    let form: Vec<_> = ASK.into_iter().chain([("decision", "cancel")]).collect();
    let query = world.callback(&form).await;
    assert_eq!((query.len(), query["error"].as_str()), (2, "access_denied"));
}

#[tokio::test]
async fn only_offline_access_gives_a_refresh_token_and_a_second_one_only_by_prompt() {
    let world = World::start().await;
    assert_eq!(world.connect_by(&ASK[..5], "us").await.refresh, "");
    assert_eq!(world.connect_by(&with(&ASK, "access_type", "online"), "eu").await.refresh, "");
    assert_ne!(world.connect_by(&ASK[..6], "in").await.refresh, "");
    assert_eq!(world.connect_by(&ASK[..6], "in").await.refresh, "");
    assert_ne!(world.connect_by(&ASK, "in").await.refresh, "");
}

#[tokio::test]
async fn other_scopes_can_be_granted_than_were_asked_for() {
    let world = World::start().await;
    world.control("settings", json!({ "granted_scope": "ZohoBooks.bills.READ" })).await;
    let code = world.code_for(&ASK, "us").await;
    let given = tokens(world.exchange("us", &code).await).await;
    assert_eq!(given.body["scope"], "ZohoBooks.bills.READ");
    assert_eq!(world.probe("us", &given.access).await, StatusCode::UNAUTHORIZED);
    assert_eq!(world.control_get("redirect-uris").await, json!([REDIRECT_URI]));
}
