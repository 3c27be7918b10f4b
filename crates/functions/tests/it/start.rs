//! `GET /oauth/start/{company_key}`: its redirect, what it stores, and what it refuses.

use counterfoil_core::model::api_key::Scope;
use counterfoil_core::model::flow::FlowId;
use counterfoil_core::model::secret::Secret;
use serde_json::json;
use url::Url;

use crate::harness::{Browser, Installation, get, parameter};

#[tokio::test]
async fn a_start_redirects_to_the_platform_and_sets_the_flow_cookie() {
    let place = Installation::start().await;
    let answer = get("/oauth/start/beach-blend?company_name=Beach%20Blend").to(&place.server).await;
    let location = answer.location();
    let page = Url::parse(location).expect("a whole address");
    let parameters: Vec<_> = page.query_pairs().filter(|(name, _)| name != "state").collect();
    let shown = json!({ "status": answer.status, "path": page.path(), "parameters": parameters });
    insta::assert_json_snapshot!(shown, @r#"
    {
      "parameters": [
        [
          "response_type",
          "code"
        ],
        [
          "client_id",
          "stand-in-quickbooks-client"
        ],
        [
          "redirect_uri",
          "https://books.example.com/oauth/callback"
        ],
        [
          "scope",
          "com.intuit.quickbooks.accounting"
        ]
      ],
      "path": "/quickbooks/connect/oauth2",
      "status": 302
    }
    "#);
    assert!(location.contains("state=beach-blend%3A"), "as the seed shows it: {location}");
    let cookie = answer.header("set-cookie").expect("a cookie");
    let (pair, rules) = cookie.split_once("; ").expect("a value and its rules");
    assert_eq!(rules, "Path=/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure");
    let value = pair.strip_prefix("__Host-counterfoil=").expect("the name that only this host can set");
    assert_eq!(value.len(), 43, "256 bits");
}

#[tokio::test]
async fn o6_on_a_laptop_without_https_the_cookie_has_neither_prefix_nor_secure() {
    let place = Installation::start_with(&[("PUBLIC_BASE_URL", "http://localhost:3000")]).await;
    let answer = get("/oauth/start/beach-blend").host("localhost:3000").to(&place.server).await;
    assert_eq!(parameter(answer.location(), "redirect_uri").as_deref(), Some("http://localhost:3000/oauth/callback"));
    let (value, rules) = answer.header("set-cookie").expect("a cookie").split_once("; ").expect("a value and its rules");
    assert!(value.starts_with("counterfoil="), "{value}");
    assert_eq!(rules, "Path=/; Max-Age=3600; HttpOnly; SameSite=Lax");
    let other_port = get("/oauth/start/beach-blend").host("localhost").to(&place.server).await;
    assert_eq!(other_port.location(), "http://localhost:3000/oauth/start/beach-blend?moved=1");
}

#[tokio::test]
async fn o4_a_state_has_256_random_bits_and_only_its_hash_is_stored() {
    let place = Installation::start().await;
    let mut browser = Browser::curl(&place.server);
    let mut states = Vec::new();
    for _ in 0..2 {
        let page = browser.start("/oauth/start/beach-blend").await;
        states.push(parameter(&page, "state").expect("a state"));
    }
    assert_ne!(states[0], states[1]);
    for state in states {
        let random = state.strip_prefix("beach-blend:").expect("the company key in front");
        assert_eq!(random.len(), 43);
        let pk = format!("FLOW#{}", FlowId::of(&Secret::new(&state)).as_str());
        let flow = place.rows.under(&pk, "FLOW").await.pop().expect("the flow");
        assert!(!format!("{flow:?}").contains(random));
    }
}

#[tokio::test]
async fn a_name_that_says_sandbox_in_any_case_uses_the_sandbox_credentials() {
    let place = Installation::start().await;
    let client = async |path: &str| parameter(get(path).to(&place.server).await.location(), "client_id");
    for path in ["/oauth/start/beach-sandbox", "/oauth/start/SandBox.1", "/oauth/start/beach?company_name=My%20SANDBOX%20Inc"] {
        assert_eq!(client(path).await.as_deref(), Some("stand-in-quickbooks-sandbox-client"), "{path}");
    }
    for path in ["/oauth/start/beach", "/oauth/start/sand-box", "/oauth/start/beach?company_name=Beach"] {
        assert_eq!(client(path).await.as_deref(), Some("stand-in-quickbooks-client"), "{path}");
    }
}

#[tokio::test]
async fn a_start_on_another_host_name_redirects_to_the_public_one_and_starts_nothing() {
    let place = Installation::start().await;
    let path = "/oauth/start/beach-blend?company_name=Beach%20Blend";
    let answer = get(path).host("abc123.execute-api.example.com").to(&place.server).await;
    assert_eq!((answer.status, answer.location()), (302, format!("https://books.example.com{path}&moved=1").as_str()));
    assert_eq!(answer.header("set-cookie"), None);
    assert!(place.rows.under("FLOW#", "").await.is_empty());
    let same = get(path).host("BOOKS.example.com").to(&place.server).await;
    assert!(same.header("set-cookie").is_some(), "host names have no case");
}

#[tokio::test]
async fn behind_a_proxy_that_rewrites_the_host_a_browser_is_not_redirected_in_a_loop() {
    let place = Installation::start().await;
    let answer = get("/oauth/start/beach-blend?moved=1").host("abc123.execute-api.example.com").to(&place.server).await;
    assert!(answer.location().contains("/connect/oauth2?"), "{}", answer.location());
}

#[tokio::test]
async fn a_start_with_a_key_works_on_any_host_name_and_sets_no_cookie() {
    let place = Installation::start().await;
    let answer = get("/oauth/start/beach-blend").host("abc123.execute-api.example.com").key(&place.key).to(&place.server).await;
    assert_eq!(answer.status, 302);
    assert!(answer.location().starts_with("https://books.example.com/oauth/continue/"), "{}", answer.location());
    assert_eq!(answer.header("set-cookie"), None);
}

#[tokio::test]
async fn o17_an_anonymous_start_is_off_unless_the_deployment_chose_it() {
    let place = Installation::start_with(&[("OPEN_START", "")]).await;
    let answer = get("/oauth/start/beach-blend").to(&place.server).await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "unauthenticated",
        "detail": "Starting a consent here needs an API key.",
        "request_id": "[id]",
        "status": 401,
        "title": "Unauthorized",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 401
    }
    "#);
    for with_key in [get("/oauth/start/beach-blend").key(&place.key), get(format!("/oauth/start/b?api_key={}", place.key))] {
        assert_eq!(with_key.to(&place.server).await.status, 302);
    }
}

#[tokio::test]
async fn a_start_with_a_key_needs_the_right_to_write_connections() {
    let place = Installation::start().await;
    let reader = place.key_of("default", &[Scope::ConnectionsRead, Scope::TokensRead]).await;
    let answer = get("/oauth/start/beach-blend").key(&reader).to(&place.server).await;
    assert_eq!(answer.problem(), (403, "insufficient_scope".to_owned()));
    let unknown = get("/oauth/start/beach-blend").key("cf_live_default_x").to(&place.server).await;
    assert_eq!(unknown.problem(), (401, "unauthenticated".to_owned()), "a bad key is not taken for none");
}

#[tokio::test]
async fn a_start_without_a_company_key_is_a_400() {
    let place = Installation::start().await;
    for path in ["/oauth/start", "/oauth/start/"] {
        let answer = get(path).to(&place.server).await;
        assert_eq!(answer.problem(), (400, "missing_company_key".to_owned()), "{path}");
    }
    let answer = get("/oauth/start/-beach").to(&place.server).await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "invalid_company_key",
        "detail": "A company key must be 1 to 64 of the characters A-Z a-z 0-9 . _ - and begin with a letter or a digit.",
        "request_id": "[id]",
        "status": 400,
        "title": "Bad Request",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 400
    }
    "#);
}

#[tokio::test]
async fn missing_credentials_are_a_500_that_names_those_of_this_platform_alone() {
    let place = Installation::start_with(&[("QUICKBOOKS_CLIENT_ID", ""), ("QUICKBOOKS_CLIENT_SECRET", "")]).await;
    let answer = get("/oauth/start/beach-blend").to(&place.server).await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "credentials_missing",
        "detail": "Missing for QuickBooks Online: QUICKBOOKS_CLIENT_ID and QUICKBOOKS_CLIENT_SECRET. Put it into the credentials secret of the deployment, or on the laptop into .env.",
        "request_id": "[id]",
        "status": 500,
        "title": "Internal Server Error",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 500
    }
    "#);
    assert_eq!(get("/oauth/start/beach-sandbox").to(&place.server).await.status, 302, "its own are there");
    let other = place.process(&[("QUICKBOOKS_SANDBOX_CLIENT_SECRET", "")]);
    let detail = get("/oauth/start/beach-sandbox").to(&other).await.text("detail");
    assert!(detail.contains("QUICKBOOKS_SANDBOX_CLIENT_SECRET") && !detail.contains("CLIENT_ID"), "{detail}");
    assert!(!place.rows.all().await.iter().any(|row| format!("{row:?}").contains("beach-blend")), "nothing was written");
}

#[tokio::test]
async fn a_missing_public_base_url_is_a_500_that_says_what_to_do() {
    let place = Installation::start_with(&[("PUBLIC_BASE_URL", "")]).await;
    let answer = get("/oauth/start/beach-blend").to(&place.server).await;
    insta::assert_json_snapshot!(answer.shown(), { ".body.request_id" => "[id]" }, @r#"
    {
      "body": {
        "code": "public_base_url_missing",
        "detail": "The public base URL is not set. Set it to the address that browsers reach.",
        "request_id": "[id]",
        "status": 500,
        "title": "Internal Server Error",
        "type": "about:blank"
      },
      "content_type": "application/problem+json",
      "status": 500
    }
    "#);
}

#[tokio::test]
async fn a_missing_partner_is_a_500_that_says_what_to_do() {
    let place = Installation::start().await;
    let orphan = place.key_of("nobody", &Scope::ALL).await;
    let answer = get("/oauth/start/beach-blend").key(&orphan).to(&place.server).await;
    assert_eq!(answer.problem(), (500, "partner_missing".to_owned()));
    assert!(answer.text("detail").contains("no partner nobody. The operator must create it"), "{}", answer.body);
}
