//! Bad input (A-4): for any value of any parameter of any route, the answer is a documented one with a plain message.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use counterfoil_functions::openapi::document;
use counterfoil_functions::routes::{Route, routes};
use serde_json::Value;

use crate::every_route::{items, kind, with_id};
use crate::harness::{Answer, Ask, Browser, Installation, LARKSPUR, get, parameter, post, with_parameter};
use crate::layers::{deployed_code, sources};

/// Hostile values of a parameter, as they appear in a query.
fn hostile(name: &str) -> Vec<(&'static str, String)> {
    vec![
        ("empty", format!("{name}=")),
        ("bare", name.to_owned()),
        ("long", format!("{name}={}", "x".repeat(5_000))),
        ("endless", format!("{name}={}", "x".repeat(20_000))),
        ("not UTF-8", format!("{name}=%ff%fe")),
        ("not encoded", format!("{name}=%zz")),
        ("control", format!("{name}=a%00b")),
        ("twice", format!("{name}=1&{name}=1")),
        ("wrong kind", format!("{name}=%F0%9F%92%A3%27%22%3E%3Cscript%3E")),
    ]
}

/// The answer as a word. An answer that is neither documented nor plain fails here.
fn word(answer: &Answer) -> String {
    match answer.status {
        200 | 302 => "taken".to_owned(),
        400..=499 => {
            let (status, code) = answer.problem();
            let detail = answer.text("detail");
            assert!(detail.len() > 10 && detail.ends_with('.'), "{detail}");
            assert!(!answer.body.contains("xxxx") && !answer.body.contains("script"), "reflected: {}", answer.body);
            format!("{status} {code}")
        }
        status => panic!("{status}: {}", answer.body),
    }
}

/// A parameter of each kind with its route, and the answers to an empty value and to one of the wrong kind. All other answers are the
/// same for all.
const PARAMETERS: [(&str, &str, &str, &str); 14] = [
    ("/oauth/start/beach-blend", "company_name", "taken", "taken"),
    ("/oauth/start/beach-blend", "platform", "400 empty_parameter", "400 invalid_parameter"),
    ("/oauth/start/beach-blend", "environment", "400 empty_parameter", "400 invalid_parameter"),
    ("/oauth/start/beach-blend", "return_url", "400 empty_parameter", "400 invalid_return_url"),
    ("/oauth/start/beach-blend", "api_key", "401 unauthenticated", "401 unauthenticated"),
    ("/api/token/beach-blend", "min_valid_seconds", "400 empty_parameter", "400 invalid_parameter"),
    ("/api/token/beach-blend", "api_key", "401 unauthenticated", "401 unauthenticated"),
    ("/api/connections/beach-blend", "api_key", "401 unauthenticated", "401 unauthenticated"),
    ("/api/connections", "limit", "400 empty_parameter", "400 invalid_parameter"),
    ("/api/connections", "cursor", "400 empty_parameter", "400 invalid_cursor"),
    ("/api/connections", "platform", "400 empty_parameter", "400 invalid_parameter"),
    ("/api/connections", "status", "400 empty_parameter", "400 invalid_parameter"),
    ("/api/connections", "prefix", "400 empty_parameter", "taken"),
    ("/api/connections", "api_key", "401 unauthenticated", "401 unauthenticated"),
];

/// The parameters of our own pages and forms, which the OpenAPI document does not have, and the one of API keys.
const OF_PAGES: [&str; 6] = ["api_key", "company_id", "company_key", "key", "page", "q"];

/// The parameters of a route's query, by the OpenAPI document.
fn parameters_of(document: &Value, route: &Route) -> Vec<String> {
    let parameters = document["paths"][route.path][route.method.to_lowercase()]["parameters"].as_array();
    let of_query = parameters.into_iter().flatten().filter(|parameter| parameter["in"] == "query");
    of_query.map(|parameter| parameter["name"].as_str().expect("a name").to_owned()).collect()
}

/// The names of the parameters that a source reads with the methods of a query: `.one("…"`, `.word::<Kind>("…"`.
fn parameters_read(code: &str) -> BTreeSet<String> {
    let calls = [".one", ".filled", ".word", ".number", ".date", ".time", ".lenient"]
        .into_iter()
        .flat_map(|call| code.split(call).skip(1));
    let names = calls.filter_map(|rest| {
        let (kind, rest) = rest.split_once("(\"")?;
        let is_call = kind.is_empty() || (kind.starts_with("::<") && kind.ends_with('>') && !kind.contains('('));
        is_call.then(|| rest.split('"').next()).flatten()
    });
    names.map(str::to_owned).collect()
}

#[test]
fn every_parameter_that_is_read_is_in_the_document_or_one_of_our_pages() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read: BTreeSet<_> =
        sources(&manifest.join("src")).iter().flat_map(|file| parameters_read(&deployed_code(file))).collect();
    let document = document();
    let described: BTreeSet<_> = routes().iter().flat_map(|route| parameters_of(&document, route)).collect();
    let undescribed: Vec<_> = read.difference(&described).collect();
    assert_eq!(undescribed, OF_PAGES);
}

#[tokio::test]
async fn a4_hostile_values_of_every_query_parameter_of_every_route_with_a_key() {
    let place = Installation::start_with(&[("ALLOW_LOOPBACK_WEBHOOKS", "true")]).await;
    let items = items(&place).await;
    let document = document();
    let mut tried = 0;
    for route in routes().iter().filter(|route| route.needs_key() && route.method == "GET") {
        let id = kind(route.path).map_or("", |kind| &items[kind][0]);
        for name in parameters_of(&document, route) {
            for (what, query) in hostile(&name) {
                let path = format!("{}?{query}", with_id(route.path, id));
                let answer = get(path.clone()).key(&place.key).to(&place.server).await;
                // An id of an unknown form is the id of nothing.
                let expected: &[u16] = match what {
                    "empty" | "bare" => &[200, 400],
                    "wrong kind" => &[200, 400, 404],
                    _ => &[400],
                };
                assert!(expected.contains(&answer.status), "{path}: {} {}", answer.status, answer.body);
                assert!(answer.status == 200 || !answer.body.contains("script"), "reflected: {}", answer.body);
                tried += 1;
            }
        }
    }
    assert!(tried > 200, "{tried} requests");
}

#[tokio::test]
async fn a4_every_kind_of_parameter_has_its_own_code() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    for (path, name, empty, wrong_kind) in PARAMETERS {
        for (what, query) in hostile(name) {
            let ask = get(format!("{path}?{query}"));
            let ask = if name == "api_key" { ask } else { ask.key(&place.key) };
            let expected = match what {
                "empty" | "bare" => empty,
                "wrong kind" => wrong_kind,
                "long" => "400 parameter_too_long",
                "control" => "400 invalid_parameter",
                "twice" => "400 repeated_parameter",
                _ => "400 invalid_query",
            };
            assert_eq!(word(&ask.to(&place.server).await), expected, "{path} {name}: {what}");
        }
    }
    let forced = post(format!("/api/token/beach-blend/refresh?api_key={}", "x".repeat(300))).to(&place.server).await;
    assert_eq!(word(&forced), "400 parameter_too_long");
}

#[tokio::test]
async fn a4_every_parameter_of_a_callback() {
    let place = Installation::start().await;
    let mut table = String::new();
    for name in ["code", "realmId", "error", "state"] {
        writeln!(table, "{name}").expect("a string");
        for (what, query) in hostile(name) {
            let mut curl = Browser::curl(&place.server);
            let page = curl.start("/oauth/start/beach-blend").await;
            let callback = with_parameter(&place.stand_ins.consent(&page, LARKSPUR).await, name, None);
            let answer = curl.get(format!("{callback}&{query}")).await;
            let shown = if answer.status == 502 { format!("502 {}", answer.text("code")) } else { word(&answer) };
            writeln!(table, "  {what}: {shown}").expect("a string");
            place.rows.remove("CONN#default#beach-blend", "STATE").await;
        }
    }
    insta::assert_snapshot!(table, @r#"
    code
      empty: 400 missing_code
      bare: 400 missing_code
      long: 400 ambiguous_callback
      endless: 400 invalid_query
      not UTF-8: 400 ambiguous_callback
      not encoded: 400 ambiguous_callback
      control: 400 ambiguous_callback
      twice: 400 ambiguous_callback
      wrong kind: 502 exchange_refused
    realmId
      empty: 400 missing_company
      bare: 400 missing_company
      long: 400 ambiguous_callback
      endless: 400 invalid_query
      not UTF-8: 400 missing_company
      not encoded: 400 missing_company
      control: 400 ambiguous_callback
      twice: 400 ambiguous_callback
      wrong kind: 400 missing_company
    error
      empty: taken
      bare: taken
      long: 400 ambiguous_callback
      endless: 400 invalid_query
      not UTF-8: 400 ambiguous_callback
      not encoded: 400 ambiguous_callback
      control: 400 ambiguous_callback
      twice: 400 ambiguous_callback
      wrong kind: 400 ambiguous_callback
    state
      empty: 400 missing_state
      bare: 400 missing_state
      long: 400 parameter_too_long
      endless: 400 invalid_query
      not UTF-8: 400 invalid_query
      not encoded: 400 invalid_query
      control: 400 invalid_parameter
      twice: 400 repeated_parameter
      wrong kind: 400 invalid_state
    "#);
}

#[tokio::test]
async fn a4_every_path_parameter_of_every_route() {
    let place = Installation::start().await;
    let long = "x".repeat(5_000);
    let hostile = ["%ff", "%00", "%2e%2e", "..", "a%2Fb", "a%20b", "%C3%A4", "-a", "a%23b", "a;b", &long, &"9".repeat(65)];
    // A preflight reads no part of the path.
    for route in routes().into_iter().filter(|route| route.path.contains('{') && route.method != "OPTIONS") {
        for value in hostile {
            let path = ["{company_key}", "{platform}", "{id}", "{token}"]
                .iter()
                .fold(route.path.to_owned(), |path, name| path.replace(name, value));
            let method = route.method.parse().expect("a method");
            let answer = Ask::new(method, path).key(&place.key).to(&place.server).await;
            let expected = if route.path.contains("{company_key}") { [400].as_slice() } else { &[400, 404] };
            assert!(expected.contains(&answer.status), "{} {value}: {} {}", route.path, answer.status, answer.body);
            assert!(!answer.body.contains("xxxx"), "{}", answer.body);
        }
    }
    assert!(place.rows.under("CONN#", "").await.is_empty() && place.rows.under("FLOW#", "").await.is_empty());
}

#[tokio::test]
async fn a4_an_unknown_parameter_is_ignored_within_bounds() {
    let place = Installation::start().await;
    let query = |count: usize| (0..count).map(|number| format!("p{number}=1")).collect::<Vec<_>>().join("&");
    let status = async |query: String| get(format!("/api/connections?{query}")).key(&place.key).to(&place.server).await.status;
    assert_eq!(status(query(50)).await, 200);
    assert_eq!(status(query(51)).await, 400);
    assert_eq!(status("&".repeat(10_000)).await, 200);
    assert_eq!(status("%ff=1&p=%zz&%zz".to_owned()).await, 200);
}

#[tokio::test]
async fn a4_a_body_of_more_than_64_kib_is_a_413() {
    let place = Installation::start().await;
    place.connect("beach-blend", LARKSPUR).await;
    let send = async |size: usize| {
        let ask = post("/api/token/beach-blend/refresh").key(&place.key).body(vec![b'x'; size]);
        word(&ask.to(&place.server).await)
    };
    assert_eq!(send(64 * 1024).await, "taken");
    assert_eq!(send(64 * 1024 + 1).await, "413 body_too_large");
}

#[tokio::test]
async fn a4_headers_of_every_kind() {
    let place = Installation::start().await;
    let long = "x".repeat(5_000);
    let cases: [(&'static str, &[u8], &str); 9] = [
        ("x-api-key", b"", "401 unauthenticated"),
        ("x-api-key", long.as_bytes(), "401 unauthenticated"),
        ("x-api-key", b"\xff\xfe", "400 invalid_api_key"),
        ("authorization", b"", "401 unauthenticated"),
        ("authorization", b"Bearer", "401 unauthenticated"),
        ("authorization", b"Bearer ", "401 unauthenticated"),
        ("authorization", b"Basic dXNlcjpwYXNz", "401 unauthenticated"),
        ("authorization", b"\xff", "400 invalid_api_key"),
        ("cookie", b"\xff=\xfe; ;=;", "401 unauthenticated"),
    ];
    for (name, value, expected) in cases {
        let answer = get("/api/connections").header(name, value).to(&place.server).await;
        assert_eq!(word(&answer), expected, "{name}: {value:?}");
    }
    for value in [b"\xff".as_slice(), long.as_bytes(), b"__Host-counterfoil=<script>"] {
        let answer = get("/oauth/start/beach-blend").header("cookie", value).header("accept", value).to(&place.server).await;
        assert_eq!(answer.status, 302);
        let cookie = answer.header("set-cookie").expect("a fresh one");
        assert!(!cookie.contains("script"));
        assert!(parameter(answer.location(), "state").is_some());
    }
}
