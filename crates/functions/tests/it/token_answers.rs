//! Incomplete token answers, and the times from which their lifetimes count (R-11).

use serde_json::{Value, json};

use crate::callback::encoded;
use crate::harness::{Answer, BEGINNING, Browser, Installation, ScriptedServer, get, parameter};

/// A connection whose grant is this answer of the platform.
async fn connected(platform: &ScriptedServer, grant: Value) -> Installation {
    let [token, api] = platform.variables();
    let place = Installation::start_with(&[(token.0, &token.1), (api.0, &api.1)]).await;
    platform.answer(200, grant);
    assert_eq!(consent(&place).await.status, 200);
    place
}

async fn consent(place: &Installation) -> Answer {
    let start = get("/oauth/start/beach-blend").key(&place.key).to(&place.server).await;
    let mut browser = Browser::curl(&place.server);
    let state = parameter(&browser.open(start.location()).await, "state").expect("a state");
    browser.get(format!("/oauth/callback?code=c&realmId=1&state={}", encoded(&state))).await
}

fn presented(platform: &ScriptedServer) -> Vec<Option<String>> {
    platform.forms().iter().map(|form| parameter(&format!("?{form}"), "refresh_token")).skip(1).collect()
}

#[tokio::test]
async fn r11_a_missing_refresh_token_keeps_the_old_one_and_a_present_one_replaces_it() {
    let platform = ScriptedServer::start().await;
    let place = connected(&platform, json!({ "access_token": "a1", "refresh_token": "r1", "expires_in": 3600 })).await;
    platform.answer(200, json!({ "access_token": "a2", "expires_in": 3600 }));
    platform.answer(200, json!({ "access_token": "a3", "refresh_token": "r2", "expires_in": 3600 }));
    platform.answer(200, json!({ "access_token": "a4", "refresh_token": "r3", "expires_in": 3600 }));
    for token in ["a2", "a3", "a4"] {
        assert_eq!(place.refresh("beach-blend").await.text("access_token"), token);
        place.pass(10).await;
    }
    assert_eq!(presented(&platform), ["r1", "r1", "r2"].map(|token| Some(token.to_owned())));
}

#[tokio::test]
async fn r11_missing_lifetimes_are_the_platforms_defaults_and_count_from_the_requests_start() {
    let platform = ScriptedServer::start().await;
    let place = connected(&platform, json!({ "access_token": "a1", "refresh_token": "r1" })).await;
    let token = place.token("beach-blend").await.json();
    assert_eq!(token["access_token_expires_at"], BEGINNING + 3_600);
    assert_eq!(token["refresh_token_expires_at"], BEGINNING + 100 * 86_400);

    let clock = place.clock.clone();
    platform.answer_with(move || {
        clock.advance(std::time::Duration::from_secs(5));
        (200, json!({ "access_token": "a2", "expires_in": 1_000, "x_refresh_token_expires_in": 20_000 }))
    });
    let token = place.refresh("beach-blend").await.json();
    assert_eq!(token["access_token_expires_at"], BEGINNING + 1_000);
    assert_eq!(token["refresh_token_expires_at"], BEGINNING + 20_000);
    assert_eq!(token["last_refresh_at"], BEGINNING + 5);
}

#[tokio::test]
async fn a_grant_without_a_refresh_token_serves_its_token_and_is_then_a_409() {
    let platform = ScriptedServer::start().await;
    let place = connected(&platform, json!({ "access_token": "a1", "refresh_token": "r1", "expires_in": 3600 })).await;
    // The form in which earlier versions stored such a consent.
    let mut row = place.rows.connection("beach-blend").await.expect("it is connected");
    row.remove("refresh_token").expect("it has one");
    place.rows.put(row).await;
    assert_eq!(place.connection("beach-blend").await.json()["connected"], false, "only one token is stored");
    assert_eq!(place.token("beach-blend").await.text("access_token"), "a1");
    assert_eq!(place.refresh("beach-blend").await.problem(), (409, "missing_refresh_token".to_owned()));
    place.pass(3_599).await;
    assert_eq!(place.token("beach-blend").await.text("access_token"), "a1");
    place.pass(1).await;
    let answer = place.token("beach-blend").await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "missing_refresh_token",
        "detail": "There is no refresh token, so there can be no new access token. Send the customer to /oauth/start/beach-blend?platform=quickbooks to consent again.",
        "request_id": "[id]",
        "status": 409,
        "title": "Conflict",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 409
    }
    "#);
    assert_eq!(platform.forms().len(), 1);
}

#[tokio::test]
async fn a7_an_unreadable_token_answer_is_a_502_that_does_not_quote_it() {
    let platform = ScriptedServer::start().await;
    let place = connected(&platform, json!({ "access_token": "a1", "refresh_token": "r1" })).await;
    let bad =
        [json!({ "token": "canary" }), json!({ "access_token": "can ary" }), json!(["canary"]), json!({ "access_token": 1 })];
    for body in bad {
        for _try in 1..=2 {
            platform.answer(200, body.clone());
        }
        let answer = place.refresh("beach-blend").await;
        assert_eq!(answer.problem(), (502, "platform_unavailable".to_owned()), "{body}");
        assert!(!answer.body.contains("canary") && !answer.body.contains("can ary"), "{}", answer.body);
        place.pass(600).await;
    }
}
