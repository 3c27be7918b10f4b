//! `GET /oauth/callback`: a consent from its start to a connection, with a command line and with a browser.

use crate::harness::{Browser, Installation, LARKSPUR, RETURN_URL, ScriptedServer, parameter};

#[tokio::test]
async fn the_command_line_shows_a_kept_answer_without_its_tokens() {
    let place = Installation::start().await;
    let mut curl = Browser::curl(&place.server);
    let page = curl.start("/oauth/start/beach-blend?company_name=Beach%20Blend").await;
    let answer = curl.get(place.stand_ins.consent(&page, LARKSPUR).await).await;
    insta::assert_json_snapshot!(answer.shown(), @r#"
    {
      "body": {
        "access_token_expires_at": 1772445600,
        "company_id": "9130357849012345",
        "company_key": "beach-blend",
        "company_name": "Beach Blend",
        "connected": true,
        "missing_scopes": [],
        "platform": "quickbooks",
        "realm_id": "9130357849012345",
        "refresh_token_expires_at": 1781168400,
        "status": "active",
        "uses_sandbox_credentials": false
      },
      "content_type": "application/json",
      "status": 200
    }
    "#);
}

#[tokio::test]
async fn without_a_name_the_connection_has_the_platforms_name_of_the_company() {
    let place = Installation::start().await;
    let answer = place.connect("beach-blend", LARKSPUR).await;
    assert_eq!(answer.text("company_name"), "Larkspur Roofing LLC");
}

#[tokio::test]
async fn a_sandbox_company_is_marked_in_every_answer() {
    let place = Installation::start().await;
    let connected = place.connect("beach-sandbox", "4620816365000000001").await.json();
    assert_eq!(connected["uses_sandbox_credentials"], true);
    assert_eq!(place.token("beach-sandbox").await.json()["uses_sandbox_credentials"], true);
    assert_eq!(place.connection("beach-sandbox").await.text("environment"), "sandbox");
}

#[tokio::test]
async fn o9_a_browser_is_redirected_before_it_sees_anything() {
    let place = Installation::start().await;
    let mut browser = Browser::at(&place.server);
    let page = browser.start("/oauth/start/beach-blend?company_name=Beach%20%3Cb%3EBlend").await;
    let answer = browser.get(place.stand_ins.consent(&page, LARKSPUR).await).await;
    assert_eq!((answer.status, answer.body.as_str()), (303, ""));
    let id = answer.location().strip_prefix("/oauth/result/").expect("our own page").to_owned();
    assert!(id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit()), "neither code nor state: {id}");
    let result = browser.get(answer.location()).await;
    assert_eq!((result.status, result.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(result.body.contains("Beach &lt;b&gt;Blend"), "{}", result.body);
    for elsewhere in ["<script", "<img", "<link", "http://", "https://"] {
        assert!(!result.body.contains(elsewhere), "{elsewhere}: {}", result.body);
    }
}

#[tokio::test]
async fn a_browser_is_redirected_to_the_return_url_with_the_result() {
    let place = Installation::start().await;
    let mut browser = Browser::at(&place.server);
    let start = format!("/oauth/start/beach-blend?return_url={}", encoded(RETURN_URL));
    let page = browser.start(&start).await;
    let answer = browser.get(place.stand_ins.consent(&page, LARKSPUR).await).await;
    assert_eq!(answer.location(), "https://app.example.com/done?from=books&company_key=beach-blend&status=connected");
    let page = browser.start(&start).await;
    let answer = browser.get(place.stand_ins.cancel(&page).await).await;
    assert_eq!(
        answer.location(),
        "https://app.example.com/done?from=books&company_key=beach-blend&status=failed&error=access_denied"
    );
}

#[tokio::test]
async fn o1_both_requests_have_the_same_redirect_uri() {
    let platform = ScriptedServer::start().await;
    let [token, api] = platform.variables();
    let with_slash = ("PUBLIC_BASE_URL", "https://books.example.com/");
    let place = Installation::start_with(&[(token.0, &token.1), (api.0, &api.1), with_slash]).await;
    let mut curl = Browser::curl(&place.server);
    let page = curl.start("/oauth/start/beach-blend").await;
    let redirect_uri = parameter(&page, "redirect_uri").expect("a redirect URI");
    assert_eq!(redirect_uri, "https://books.example.com/oauth/callback");
    let state = parameter(&page, "state").expect("a state");
    platform.answer(200, serde_json::json!({ "access_token": "a", "refresh_token": "r", "expires_in": 3600 }));
    let answer = curl.get(format!("/oauth/callback?code=c&realmId=1&state={}", encoded(&state))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(parameter(&format!("?{}", platform.forms()[0]), "redirect_uri"), Some(redirect_uri));
}

#[tokio::test]
async fn o2_quickbooks_accepts_its_callback_path_with_its_name_too() {
    let place = Installation::start().await;
    let mut curl = Browser::curl(&place.server);
    let page = curl.start("/oauth/start/beach-blend").await;
    let callback = place.stand_ins.consent(&page, LARKSPUR).await.replace("/oauth/callback?", "/oauth/callback/quickbooks?");
    assert_eq!(curl.get(callback).await.status, 200);
}

#[tokio::test]
async fn a_renewal_needs_no_realm_in_the_callback() {
    let place = Installation::start().await;
    let mut curl = Browser::curl(&place.server);
    for (round, status) in [(1, 400), (2, 200)] {
        let page = curl.start("/oauth/start/beach-blend").await;
        let callback = place.stand_ins.consent(&page, LARKSPUR).await;
        let answer = curl.get(crate::harness::with_parameter(&callback, "realmId", None)).await;
        assert_eq!(answer.status, status, "round {round}: {}", answer.body);
        if round == 1 {
            assert_eq!(answer.text("code"), "missing_company");
            place.connect("beach-blend", LARKSPUR).await;
        }
    }
}

pub(crate) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
