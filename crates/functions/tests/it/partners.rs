//! Every route keeps two partners apart.

use counterfoil_core::model::api_key::Scope;
use counterfoil_functions::routes::routes;

use crate::harness::{Answer, Ask, Browser, HARBOR, Installation, LARKSPUR, get};

/// Routes of flows, which belong to a browser: see the tests below.
const OF_A_BROWSER: [&str; 10] = [
    "/v1/oauth/authorize",
    "/connect/{token}",
    "/oauth/continue/{token}",
    "/oauth/result/{id}/continue",
    "/oauth/start/{company_key}",
    "/oauth/callback",
    "/oauth/callback/{platform}",
    "/oauth/result/{id}",
    "/oauth/result/{id}/retry",
    "/oauth/result/{id}/choose",
];
/// The prefixes of the paths of imports.
const OF_IMPORTS: [&str; 4] = ["/v1/oauth/{platform}/", "/v1/syncs", "/v1/checks", "/v1/invoices"];
/// Routes without a partner's data.
const OF_NOBODY: [&str; 4] = ["/health", "/ready", "/oauth/start", "/oauth/disconnect"];

/// The answers to another partner's key: for our item, and for an unknown one.
async fn foreign_and_unknown(place: &Installation, method: &str, path: &str, rival: &str) -> [Answer; 2] {
    let ask = |company_key| {
        let path = path.replace("{company_key}", company_key);
        let ask = Ask::new(method.parse().expect("a method"), path).key(rival);
        if method == "PATCH" { ask.header("content-type", "application/json").body("{}") } else { ask }
    };
    [ask("beach-blend").to(&place.server).await, ask("nobody-here").to(&place.server).await]
}

#[tokio::test]
async fn a2_on_every_route_a_connection_of_another_partner_is_a_404() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    place.partner("rival", &[]).await;
    let rival = place.key_of("rival", &Scope::ALL).await;
    let before = place.rows.under("CONN#default#", "").await;
    for route in routes() {
        match (route.method, route.path) {
            ("GET", "/api/token/{company_key}" | "/api/connections/{company_key}")
            | ("POST", "/api/token/{company_key}/refresh" | "/api/connections/{company_key}/verify")
            | ("DELETE" | "PATCH", "/api/connections/{company_key}") => {
                let [foreign, unknown] = foreign_and_unknown(&place, route.method, route.path, &rival).await;
                assert_eq!((foreign.status, unknown.status), (404, 404), "{}", route.path);
                let bare = |answer: &Answer| answer.body.replace(&answer.text("request_id"), "");
                assert_eq!(bare(&foreign), bare(&unknown), "{}", route.path);
                let names = |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
                assert_eq!(names(&foreign), names(&unknown));
            }
            ("GET", "/api/connections") => {
                let list = get("/api/connections").key(&rival).to(&place.server).await;
                assert_eq!(list.json()["connections"], serde_json::json!([]));
            }
            // Imports and their records are tested in `imports`.
            (_, path) if OF_IMPORTS.iter().any(|prefix| path.starts_with(prefix)) => {}
            // A code, a handle and a link name their own partner: see `exchange` and `links`.
            (_, "/v1/oauth/token" | "/v1/connect-links" | "/v1/connect-links/{id}") => {}
            (_, path) if OF_A_BROWSER.contains(&path) || OF_NOBODY.contains(&path) => {}
            (method, path) => panic!("say here how {method} {path} keeps partners apart"),
        }
    }
    assert_eq!(place.rows.under("CONN#default#", "").await, before);
}

#[tokio::test]
async fn a2_two_partners_with_the_same_company_key_have_different_connections() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    place.partner("rival", &[]).await;
    let rival = place.key_of("rival", &Scope::ALL).await;
    let ours = place.rows.connection("beach-blend").await;
    let start = get("/oauth/start/beach-blend").key(&rival).to(&place.server).await;
    let answer = place.consent(start.location(), HARBOR).await;
    assert_eq!(answer.status, 200);
    assert_eq!(place.rows.connection("beach-blend").await, ours);
    let theirs = get("/api/connections/beach-blend").key(&rival).to(&place.server).await;
    assert_eq!(theirs.text("realm_id"), HARBOR);
    assert_eq!(place.connection("beach-blend").await.text("realm_id"), LARKSPUR);
}

#[tokio::test]
async fn a2_only_the_browser_of_a_flow_finishes_it_whichever_key_is_sent() {
    let place = Installation::start().await;
    place.partner("rival", &[]).await;
    let rival = place.key_of("rival", &Scope::ALL).await;
    let mut browser = Browser::curl(&place.server);
    let page = browser.start("/oauth/start/beach-blend").await;
    let callback = place.intuit.consent(&page, LARKSPUR).await;
    for path in [callback.clone(), callback.replace("/oauth/callback?", "/oauth/callback/quickbooks?")] {
        assert_eq!(get(path).key(&rival).to(&place.server).await.problem(), (400, "wrong_browser".to_owned()));
    }
    assert_eq!(browser.get(callback).await.status, 200);
}

#[tokio::test]
async fn a2_a_cursor_of_another_partner_is_a_400() {
    let place = Installation::start().await;
    place.connect("a", LARKSPUR).await;
    place.connect("b", LARKSPUR).await;
    place.partner("rival", &[]).await;
    let rival = place.key_of("rival", &Scope::ALL).await;
    let cursor = get("/api/connections?limit=1").key(&place.key).to(&place.server).await.text("next_cursor");
    let answer = get(format!("/api/connections?cursor={cursor}")).key(&rival).to(&place.server).await;
    assert_eq!(answer.problem(), (400, "invalid_cursor".to_owned()));
}
