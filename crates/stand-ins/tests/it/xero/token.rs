//! The token endpoint: credentials, form, codes, PKCE and the form of the answer.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use counterfoil_stand_ins::xero::{CLIENT_ID, CLIENT_SECRET};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{ASK, MAPLE, World};
use crate::world::{REDIRECT_URI, answered, tokens, with};

/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn invalid_grant() -> (u16, Value) {
    (400, json!({ "error": "invalid_grant" }))
}

/// The claims of a JWT.
pub(super) fn claims(jwt: &str) -> Value {
    let part = jwt.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

#[tokio::test]
async fn a_code_gives_tokens_in_xeros_shape() {
    let world = World::start().await;
    let given = world.connect(&[MAPLE]).await;
    assert_eq!(given.body.as_object().expect("an object").len(), 6);
    assert_eq!((&given.body["token_type"], &given.body["expires_in"]), (&json!("Bearer"), &json!(1800)));
    assert_eq!(given.body["scope"], "openid offline_access accounting.settings.read");
    let access = claims(&given.access);
    assert_eq!(access["exp"].as_i64().expect("a number") - access["nbf"].as_i64().expect("a number"), 1800);
    assert_eq!(access["scope"], json!(["openid", "offline_access", "accounting.settings.read"]));
    let identity = claims(given.body["id_token"].as_str().expect("text"));
    assert_eq!((&identity["xero_userid"], &identity["aud"]), (&access["xero_userid"], &json!(CLIENT_ID)));
    let connection = &world.connections(&given.access, &[]).await[0];
    assert_eq!(connection["authEventId"], access["authentication_event_id"]);
}

#[tokio::test]
async fn without_offline_access_there_is_no_refresh_token_and_without_openid_no_id_token() {
    let world = World::start().await;
    let ask = with(&ASK, "scope", "accounting.settings.read");
    let given = tokens(world.exchange(&world.code_for(&ask, &[MAPLE]).await).await).await;
    let mut names: Vec<_> = given.body.as_object().expect("an object").keys().collect();
    names.sort_unstable();
    assert_eq!(names, ["access_token", "expires_in", "scope", "token_type"]);
    assert_eq!(world.probe(&given.access, MAPLE).await, StatusCode::OK);
}

#[tokio::test]
async fn a_consent_with_a_challenge_needs_its_verifier() {
    let world = World::start().await;
    let ask: Vec<_> = ASK.into_iter().chain([("code_challenge", CHALLENGE), ("code_challenge_method", "S256")]).collect();
    let code = world.code_for(&ask, &[MAPLE]).await;
    let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT_URI)];
    for verifier in [None, Some(""), Some("another"), Some(CHALLENGE)] {
        let form: Vec<_> = form.into_iter().chain(verifier.map(|verifier| ("code_verifier", verifier))).collect();
        let answer = world.token_request(&form).send().await.expect("answers");
        assert_eq!(answered(answer).await, invalid_grant(), "{verifier:?}");
    }
    let right: Vec<_> = form.into_iter().chain([("code_verifier", VERIFIER)]).collect();
    tokens(world.token_request(&right).send().await.expect("answers")).await;

    let code = world.code_for(&ASK, &[MAPLE]).await;
    let uncalled_for = [form[0], ("code", code.as_str()), form[2], ("code_verifier", VERIFIER)];
    let answer = world.token_request(&uncalled_for).send().await.expect("answers");
    assert_eq!(answered(answer).await, invalid_grant());
}

#[tokio::test]
async fn wrong_credentials_are_invalid_client() {
    let world = World::start().await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", "made-up")];
    let request = || world.client.post(&world.endpoints.token);
    let in_body = [form[0], form[1], ("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)];
    for request in [
        request().form(&form),
        request().form(&in_body),
        request().basic_auth(CLIENT_ID, Some("wrong")).form(&form),
        request().basic_auth("wrong", Some(CLIENT_SECRET)).form(&form),
    ] {
        let answer = request.send().await.expect("answers");
        assert_eq!(answered(answer).await, (400, json!({ "error": "invalid_client" })));
    }
}

#[tokio::test]
async fn a_request_that_is_not_exact_is_refused_and_the_journal_says_why() {
    let world = World::start().await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    let extra = [form[0], form[1], ("scope", "openid")];
    let as_json = world
        .client
        .post(&world.endpoints.token)
        .basic_auth(CLIENT_ID, Some(CLIENT_SECRET))
        .json(&json!({ "grant_type": "refresh_token", "refresh_token": "x" }));
    for (request, error, reason) in [
        (world.token_request(&form).query(&[("scope", "openid")]), "invalid_request", ": parameters belong in the body"),
        (world.token_request(&extra), "invalid_request", ": the parameter scope is not known here"),
        (world.token_request(&form[..1]), "invalid_request", ": the parameter refresh_token is missing or empty"),
        (as_json, "invalid_request", ": the content type must be application/x-www-form-urlencoded"),
        (world.token_request(&[("grant_type", "password")]), "unsupported_grant_type", ""),
    ] {
        let answer = request.send().await.expect("answers");
        assert_eq!(answered(answer).await, (400, json!({ "error": error })));
        let state = world.control_get("state").await;
        let line = state["log"].as_array().expect("a list").last().expect("a line").clone();
        assert_eq!(line["outcome"], format!("400 {error}{reason}"));
    }
}

#[tokio::test]
async fn a_code_is_good_once_for_five_minutes_at_its_redirect_uri() {
    let world = World::start().await;
    let code = world.code_for(&ASK, &[MAPLE]).await;
    let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", "http://localhost:3000/")];
    let elsewhere = world.token_request(&form).send().await.expect("answers");
    assert_eq!(answered(elsewhere).await, invalid_grant());
    world.pass(290).await;
    let given = tokens(world.exchange(&code).await).await;
    assert_eq!(answered(world.exchange(&code).await).await, invalid_grant());
    world.refreshed(&given.refresh).await;
    let late = world.code_for(&ASK, &[MAPLE]).await;
    world.pass(300).await;
    assert_eq!(answered(world.exchange(&late).await).await, invalid_grant());
}
