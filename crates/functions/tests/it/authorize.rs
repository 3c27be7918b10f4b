//! `GET /v1/oauth/authorize`: a consent that returns our code to the partner's page.

use counterfoil_core::model::api_key::Scope;
use serde_json::json;

use crate::callback::encoded;
use crate::exchange::{exchange, refusal};
use crate::harness::{Answer, Browser, HARBOR, Installation, LARKSPUR, OTHER_KEYS, RETURN_URL, get, parameter};
use crate::platforms::{Row, callback, rows};

/// The address to which a partner's page sends its customer.
pub(crate) fn authorize(platform: &str, more: &str) -> String {
    format!("/v1/oauth/authorize?platform={platform}&partnerId=default{more}")
}

/// Runs a consent from that address to the partner's page.
pub(crate) async fn handed(place: &Installation, start: &str, chosen: &[(&str, &str)], choice: Option<&str>) -> String {
    let mut browser = Browser::curl(&place.server);
    let callback = callback(place, &mut browser, start, chosen).await;
    let mut answer = browser.get(&callback).await;
    if let Some(choice) = choice {
        assert_eq!(answer.problem(), (409, "company_choice_required".to_owned()));
        let form = format!("company_id={choice}");
        answer = browser.submit(format!("{}/choose", crate::choosing::result_of(&callback)), &form).await;
    }
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.location().to_owned()
}

/// The parameters that the partner's page gets, besides its own.
pub(crate) fn given(address: &str) -> Vec<String> {
    let own = address.strip_prefix(RETURN_URL).unwrap_or_else(|| panic!("elsewhere: {address}"));
    url::form_urlencoded::parse(own.trim_start_matches('&').as_bytes()).map(|(name, _)| name.into_owned()).collect()
}

#[tokio::test]
async fn every_platform_returns_to_the_partners_page_with_a_code_that_can_be_exchanged() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    for Row { name, chosen, choice, company_id, company_name, api, .. } in rows() {
        let start = authorize(name, &format!("&redirectUri={}&state=a%20b%26c", encoded(RETURN_URL)));
        let page = handed(&place, &start, chosen, choice).await;
        assert_eq!(given(&page), ["code", "state"], "{name}");
        assert_eq!(parameter(&page, "state").as_deref(), Some("a b&c"), "as it was given: {page}");
        let code = parameter(&page, "code").expect("a code");
        let body = json!({ "code": code, "platform": name, "partnerId": "default" });
        let answer = exchange(&place, &place.key, &body).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.body);
        let data = answer.json()["data"].clone();
        let key = format!("{name}-{company_id}");
        assert_eq!((&data["platform"], &data["companyId"], &data["companyKey"]), (&json!(name), &json!(company_id), &json!(key)));
        assert_eq!(data["companyName"], json!(company_name));
        assert!(data["apiBaseUrl"].as_str().is_some_and(|base| base.ends_with(api)), "{data}");
        assert_eq!(place.token(&key).await.text("access_token"), data["accessToken"]);
    }
}

#[tokio::test]
async fn each_company_has_one_connection() {
    let place = Installation::start().await;
    for realm in [LARKSPUR, HARBOR, LARKSPUR] {
        let page = handed(&place, &authorize("quickbooks", ""), &[("realm", realm)], None).await;
        let body = json!({ "code": parameter(&page, "code"), "platform": "quickbooks", "partnerId": "default" });
        assert_eq!(exchange(&place, &place.key, &body).await.json()["data"]["companyId"], json!(realm));
        place.pass(1).await;
    }
    let list = get("/api/connections").key(&place.key).to(&place.server).await.json();
    let keys: Vec<_> = list["connections"].as_array().expect("a list").iter().map(|it| it["company_key"].clone()).collect();
    let expected = [HARBOR, LARKSPUR].map(|realm| json!(format!("quickbooks-{realm}")));
    assert!(keys.len() == 2 && expected.iter().all(|key| keys.contains(key)), "{keys:?}");
    let history = place.rows.history(&format!("quickbooks-{LARKSPUR}")).await;
    assert_eq!(history, ["connected by anonymous", "reconnected by anonymous"]);
}

#[tokio::test]
async fn without_a_redirect_uri_the_browser_returns_to_the_partners_first_or_to_our_page() {
    let place = Installation::start().await;
    let first = handed(&place, &authorize("quickbooks", ""), &[("realm", LARKSPUR)], None).await;
    assert_eq!(given(&first), ["code", "state"]);
    assert!(parameter(&first, "state").is_some_and(|state| !state.is_empty()), "ours, where the partner has none");

    place.partner("bare", &[]).await;
    let mut browser = Browser::at(&place.server);
    let start = "/v1/oauth/authorize?platform=quickbooks&partnerId=bare";
    let callback = callback(&place, &mut browser, start, &[("realm", LARKSPUR)]).await;
    let result = browser.get(&callback).await.location().to_owned();
    assert_eq!(result, crate::choosing::result_of(&callback));
    let shown = browser.get(&result).await;
    assert!(shown.status == 200 && shown.body.contains("You can close this window."), "{}", shown.body);
}

#[tokio::test]
async fn a_refusal_returns_only_error_and_state() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    for Row { name, .. } in rows() {
        let mut browser = Browser::at(&place.server);
        let page = browser.start(authorize(name, "&state=xyz")).await;
        let callback = place.stand_ins.cancel(&page).await;
        let told = browser.get(&callback).await.location().to_owned();
        assert_eq!(given(&told), ["error", "state"], "{name}");
        assert_eq!([parameter(&told, "error"), parameter(&told, "state")], [Some("access_denied".into()), Some("xyz".into())]);
        assert_eq!(browser.get(&callback).await.location(), told, "again the same");
    }
    assert_eq!(place.rows.refusals("default").await, [format!("consent_failed: access_denied x{}", rows().count())]);
}

#[tokio::test]
async fn o17_an_anonymous_consent_neither_switches_nor_revives() {
    let place = Installation::start().await;
    let key = format!("quickbooks-{LARKSPUR}");
    let start = authorize("quickbooks", "");
    let outcome = async || parameter(&handed(&place, &start, &[("realm", LARKSPUR)], None).await, "error");
    place.connect("shop", HARBOR).await;
    place.rows.copy("shop", &key).await;
    assert_eq!(outcome().await.as_deref(), Some("other_company"));
    let by_key = get(&start).key(&place.key).to(&place.server).await;
    let back = place.consent(by_key.location(), LARKSPUR).await;
    assert_eq!(
        parameter(back.location(), "error").as_deref(),
        Some("other_company"),
        "a key that names no connection means none"
    );
    place.connect(&key, LARKSPUR).await;
    place.rows.disconnect(&key).await;
    assert_eq!(outcome().await.as_deref(), Some("connection_disconnected"));
}

#[tokio::test]
async fn a_choice_on_our_page_leads_to_the_partners_page() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    let mut browser = Browser::at(&place.server);
    let callback = callback(&place, &mut browser, &authorize("freshbooks", "&state=s"), &[]).await;
    let result = browser.get(&callback).await.location().to_owned();
    let further = format!("{result}/continue");
    assert_eq!(browser.get(&further).await.location(), result, "not over yet");
    assert_eq!(browser.submit(format!("{result}/choose"), "company_id=Lm4Tk7").await.location(), result);
    let connected = browser.get(&result).await;
    assert!(connected.body.contains(&format!(r#"href="{further}""#)), "{}", connected.body);
    crate::choosing::goes_on(&connected, &further);
    let page = browser.get(&further).await.location().to_owned();
    assert_eq!((given(&page), parameter(&page, "state").as_deref()), (vec!["code".into(), "state".into()], Some("s")));
    let body = json!({ "code": parameter(&page, "code"), "platform": "freshbooks", "partnerId": "default" });
    assert_eq!(exchange(&place, &place.key, &body).await.json()["data"]["companyId"], json!("Lm4Tk7"));
    let stranger = Browser::at(&place.server).get(&further).await;
    assert_eq!(stranger.location(), "/oauth/result/wrong_browser");
}

#[tokio::test]
async fn a_code_is_exchanged_only_with_its_redirect_uri() {
    let place = Installation::start().await;
    let code = place.code_of("shop", RETURN_URL).await;
    let ask = async |uri: &str| {
        let body = json!({ "code": code, "platform": "quickbooks", "partnerId": "default", "redirectUri": uri });
        exchange(&place, &place.key, &body).await
    };
    assert_eq!(refusal(&ask("https://app.example.com/Done?from=books").await), (400, "invalid_code".to_owned()));
    let answer: Answer = ask(RETURN_URL).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn a_code_and_a_result_name_the_company_of_the_consent() {
    let place = Installation::start().await;
    place.connect("shop", LARKSPUR).await;
    place.connect(&format!("quickbooks-{LARKSPUR}"), LARKSPUR).await;
    let code = place.code_of("shop", RETURN_URL).await;
    let mut browser = Browser::at(&place.server);
    let callback = callback(&place, &mut browser, &authorize("quickbooks", ""), &[("realm", LARKSPUR)]).await;
    assert!(parameter(browser.get(&callback).await.location(), "code").is_some());
    place.connect("shop", HARBOR).await;
    place.rows.copy("shop", &format!("quickbooks-{LARKSPUR}")).await;
    let body = json!({ "code": code, "platform": "quickbooks", "partnerId": "default" });
    assert_eq!(refusal(&exchange(&place, &place.key, &body).await), (400, "invalid_code".to_owned()));
    let told = browser.get(&callback).await;
    assert_eq!(parameter(told.location(), "error").as_deref(), Some("not_found"));
    assert!(!browser.get(crate::choosing::result_of(&callback)).await.body.contains(HARBOR), "it is not theirs to see");
}

#[tokio::test]
async fn a_wrong_choice_leaves_the_choice_open() {
    let place = Installation::start_with(&OTHER_KEYS).await;
    let mut curl = Browser::curl(&place.server);
    let callback = callback(&place, &mut curl, &authorize("freshbooks", ""), &[]).await;
    let result = crate::choosing::result_of(&callback);
    assert_eq!(curl.get(format!("{result}/continue")).await.problem(), (400, "consent_pending".to_owned()));
    assert_eq!(curl.get(&callback).await.problem(), (409, "company_choice_required".to_owned()));
    let wrong = curl.submit(format!("{result}/choose"), "company_id=nobody").await;
    assert_eq!(wrong.problem(), (400, "unknown_company".to_owned()));
    let chosen = curl.submit(format!("{result}/choose"), "company_id=Lm4Tk7").await;
    assert!(parameter(chosen.location(), "code").is_some());
}

#[tokio::test]
async fn a2_start_again_never_leads_to_another_partner() {
    let place = Installation::start().await;
    place.partner("rival", &[]).await;
    let key = place.key_of("rival", &Scope::ALL).await;
    let mut browser = Browser::at(&place.server);
    let start = format!("/oauth/start/shop?api_key={key}");
    let theirs = callback(&place, &mut browser, &start, &[("realm", LARKSPUR)]).await;
    let ours = callback(&place, &mut browser, "/oauth/start/shop", &[("realm", LARKSPUR)]).await;
    for (callback, offered) in [(theirs, false), (ours, true)] {
        let mut stranger = Browser::at(&place.server);
        let result = stranger.get(&callback).await.location().to_owned();
        let page = stranger.get(&result).await.body;
        assert_eq!(page.contains("/oauth/start/shop?platform=quickbooks"), offered, "{result}: {page}");
    }
}
