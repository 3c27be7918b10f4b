//! Every route of the table, asked with each key that may not use it (A-5), and for an item of another partner (A-2). A new route is
//! tried without a line here. A new kind of item needs one in [`items`].

use std::collections::BTreeMap;

use axum::http::Method;
use counterfoil_core::model::api_key::Scope;
use counterfoil_functions::routes::{Route, routes};
use counterfoil_functions::surface::Surface;
use serde_json::{Value, json};

use crate::desktop;
use crate::harness::{Answer, Ask, Installation, LARKSPUR, Row, text};
use crate::links;

/// The id of an item of the partner `default`, and an unknown one.
pub(crate) type Ids = [String; 2];

/// The ids by the kind of their item: the name of the path parameter, or the segment before `{id}`.
pub(crate) type Items = BTreeMap<&'static str, Ids>;

/// One item of each kind.
pub(crate) async fn items(place: &Installation) -> Items {
    place.connect("beach-blend", LARKSPUR).await;
    let link = links::create(place, json!({ "platform": "quickbooks" })).await["id"].clone();
    let import = |kind: &str| format!("/v1/oauth/quickbooks/{kind}");
    let send = async |path: String, body: Value| {
        let answer = request(Method::POST, &path).key(&place.key).body(body.to_string()).to(&place.server).await;
        answer.json()["data"].clone()
    };
    let sync = send(import("sync"), json!({})).await["syncId"].clone();
    send(import("import-invoices"), json!({})).await;
    let key = send("/v1/api-keys".to_owned(), json!({ "name": "n", "scopes": ["admin"] })).await["id"].clone();
    let url = "https://127.0.0.1:1025/hooks";
    let endpoint = send("/v1/webhooks".to_owned(), json!({ "url": url })).await["id"].clone();
    let test = format!("/v1/webhooks/{}/test", endpoint.as_str().expect("an id"));
    let delivery = send(test, json!({})).await["id"].clone();
    let first = async |list: &str| place.data(list).await[0]["id"].clone();
    let made = [
        ("connect-links", link),
        ("syncs", sync),
        ("api-keys", key),
        ("webhooks", endpoint),
        ("deliveries", delivery),
        ("events", first("/v1/events").await),
        ("checks", first("/v1/checks").await),
        ("invoices", first("/v1/invoices").await),
    ];
    let mut items: Items = made.into_iter().map(|(kind, id)| (kind, with_unknown(id.as_str().expect("an id")))).collect();
    items.extend(desktop::items(place).await.map(|(kind, id)| (kind, with_unknown(&id))));
    items.insert("company_key", ["beach-blend".to_owned(), "nobody-here".to_owned()]);
    items
}

/// The id, and one of the same form.
fn with_unknown(id: &str) -> Ids {
    let last = if id.ends_with('0') { "1" } else { "0" };
    [id.to_owned(), format!("{}{last}", &id[..id.len() - 1])]
}

/// The kind of the item that a path names; `None` if it names none. A platform belongs to nobody. A header names the end user of a request
/// to QuickBooks Desktop.
pub(crate) fn kind(path: &str) -> Option<&str> {
    if path.starts_with("/v1/quickbooks-desktop/") {
        return Some("end-users");
    }
    let segments: Vec<_> = path.split('/').collect();
    let place = segments.iter().position(|segment| segment.starts_with('{') && *segment != "{platform}")?;
    let parameter = segments[place].trim_matches(['{', '}']);
    Some(if parameter == "id" { segments[place - 1] } else { parameter })
}

pub(crate) fn with_id(path: &str, id: &str) -> String {
    let filled = |segment: &str| match segment {
        "{platform}" => "quickbooks".to_owned(),
        "{slug}" => "quickbooks_desktop".to_owned(),
        parameter if parameter.starts_with('{') => id.to_owned(),
        segment => segment.to_owned(),
    };
    // The end user is in a header.
    let path = path.replace("{resource}/{id}", "checks/1A-1").replace("{resource}", "checks");
    path.split('/').map(filled).collect::<Vec<_>>().join("/")
}

fn request(method: Method, path: &str) -> Ask {
    Ask::new(method, path).header("content-type", "application/json")
}

async fn ask(place: &Installation, route: &Route, id: &str, key: Option<&str>) -> Answer {
    let body = match route.path {
        path if path.ends_with("/replay") => r#"{"since":"2026-03-01T00:00:00Z"}"#,
        path if path.ends_with("/{slug}") => r#"{"CompanyQueryRq":{}}"#,
        _ => "{}",
    };
    let ask = request(route.method.parse().expect("a method"), &with_id(route.path, id)).body(body);
    let ask = ask.header("conductor-end-user-id", id);
    let ask = if let Some(key) = key { ask.key(key) } else { ask };
    ask.to(&place.server).await
}

/// The routes that need a key.
fn with_scopes() -> Vec<Route> {
    routes().into_iter().filter(Route::needs_key).collect()
}

fn refusal(answer: &Answer) -> (u16, String) {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let code = body["code"].as_str().or(body["error"]["code"].as_str());
    (answer.status, code.unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a5_on_every_route_each_lesser_key_is_refused() {
    let place = Installation::start().await;
    let mut keys = Vec::new();
    for scope in Scope::ALL {
        keys.push((scope, place.key_of("default", &[scope]).await));
    }
    let before = without_keys(&place).await;
    for route in with_scopes() {
        let name = format!("{} {}", route.method, route.path);
        let keyless = ask(&place, &route, "0123456789abcdef", None).await;
        let [no_key, no_scope] = match route.surface {
            Surface::Desktop => ["API_KEY_INVALID", "PERMISSION_DENIED"],
            _ => ["unauthenticated", "insufficient_scope"],
        };
        assert_eq!(refusal(&keyless), (401, no_key.to_owned()), "{name}");
        for (scope, key) in &keys {
            let answer = ask(&place, &route, "0123456789abcdef", Some(key)).await;
            if route.scopes.contains(scope) {
                assert!(![401, 403].contains(&answer.status), "{name} with {scope}: {}", answer.body);
            } else {
                assert_eq!(refusal(&answer), (403, no_scope.to_owned()), "{name} with {scope}");
            }
        }
    }
    assert_eq!(without_keys(&place).await, before);
}

/// The rows of the table but those of keys, which have the time of their last use.
async fn without_keys(place: &Installation) -> Vec<Row> {
    place.rows.all().await.into_iter().filter(|row| !text(row, "SK").starts_with("KEY#")).collect()
}

#[tokio::test]
async fn a2_on_every_route_an_item_of_another_partner_is_the_404_of_an_unknown_one() {
    let place = Installation::start_with(&[("ALLOW_LOOPBACK_WEBHOOKS", "true")]).await;
    let items = items(&place).await;
    place.partner("rival", &[]).await;
    let rival = place.key_of("rival", &Scope::ALL).await;
    let before = place.rows.all().await;
    let named = || with_scopes().into_iter().filter_map(|route| Some((route, kind(route.path)?)));
    for (route, kind) in named() {
        let name = format!("{} {}", route.method, route.path);
        let [ours, unknown] = items.get(kind).unwrap_or_else(|| panic!("{name}: make an item of the kind {kind} in `items`"));
        let [foreign, unknown] =
            [ask(&place, &route, ours, Some(&rival)).await, ask(&place, &route, unknown, Some(&rival)).await];
        assert_eq!((foreign.status, unknown.status), (404, 404), "{name}: {} {}", foreign.body, unknown.body);
        assert_eq!(shown(&foreign), shown(&unknown), "{name}");
    }
    for route in with_scopes().into_iter().filter(|route| route.method == "GET" && kind(route.path).is_none()) {
        let list = ask(&place, &route, "", Some(&rival)).await;
        assert_eq!(list.status, 200, "{}: {}", route.path, list.body);
        let ours = items.values().find(|[ours, _]| list.body.contains(ours));
        assert_eq!(ours, None, "{}: {}", route.path, list.body);
    }
    assert_eq!(place.rows.all().await, before);
    // What ends an item comes last.
    let mut own: Vec<_> = named().collect();
    own.sort_by_key(|(route, _)| route.method == "DELETE");
    for (route, kind) in own {
        let answer = ask(&place, &route, &items[kind][0], Some(&place.key)).await;
        assert!(![401, 403, 404].contains(&answer.status), "{} {} has no such item: {}", route.method, route.path, answer.body);
    }
}

/// An answer without what differs from request to request.
fn shown(answer: &Answer) -> (String, Vec<String>) {
    let id = answer.header("x-request-id").unwrap_or_else(|| panic!("no id: {}", answer.body));
    (answer.body.replace(id, ""), answer.headers.keys().map(ToString::to_string).collect())
}
