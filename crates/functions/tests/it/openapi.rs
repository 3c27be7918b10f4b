//! The OpenAPI document: it is the one that the code makes, has every route, and its examples fit its schemas. The harness holds
//! every answer of every test against it ([`contract`]).

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use counterfoil_functions::openapi::codes::CODES;
use counterfoil_functions::openapi::document;
use counterfoil_functions::routes::{Route, routes};
use serde_json::Value;

use crate::harness::{Installation, contract, get};
use crate::layers::{crates, deployed_code, sources};

const COMMITTED: &str = "src/openapi/openapi.json";

/// The routes that the document describes: not the preflights, and none of which others are the authors.
fn own_routes() -> impl Iterator<Item = Route> {
    routes().into_iter().filter(|route| route.method != "OPTIONS" && route.surface.is_described())
}

#[test]
fn a11_the_committed_document_is_the_one_that_the_code_makes() {
    let made = format!("{:#}\n", document());
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join(COMMITTED);
    let fresh = Path::new(env!("CARGO_TARGET_TMPDIR")).join("openapi.json");
    fs::write(&fresh, &made).expect("a folder for files of tests");
    let is_same = fs::read_to_string(&committed).is_ok_and(|committed| committed == made);
    assert!(is_same, "the document has changed: cp {} {}", fresh.display(), committed.display());
}

#[test]
fn a11_the_document_has_every_route_and_no_other() {
    let document = document();
    let methods = |path: &str, item: &Value| -> Vec<String> {
        item.as_object().expect("methods").keys().map(|method| format!("{} {path}", method.to_uppercase())).collect()
    };
    let paths = document["paths"].as_object().expect("paths");
    let described: BTreeSet<_> = paths.iter().flat_map(|(path, item)| methods(path, item)).collect();
    let own = own_routes();
    assert_eq!(described, own.map(|route| format!("{} {}", route.method, route.path)).collect());
}

#[test]
fn a11_every_operation_has_its_own_id_and_the_scopes_of_its_route() {
    let document = document();
    let mut ids = BTreeSet::new();
    for route in own_routes() {
        let operation = &document["paths"][route.path][route.method.to_lowercase()];
        assert!(ids.insert(operation["operationId"].as_str().expect("an id").to_owned()), "{operation}");
        let with_key: BTreeSet<_> =
            operation["security"].as_array().expect("a list").iter().filter_map(|one| one["key"][0].as_str()).collect();
        if !route.scopes.is_empty() {
            assert_eq!(with_key, route.scopes.iter().map(|scope| scope.as_str()).collect(), "{} {}", route.method, route.path);
        }
    }
}

#[test]
fn every_example_fits_its_schema() {
    contract::check_examples(&document());
}

/// The codes in errors that this code makes: `Error::invalid("code"`, `code: "code"`.
fn codes_made(code: &str) -> BTreeSet<String> {
    let makers = ["Error::invalid(", "Error::conflict(", "invalid_body(", "code: ", "try_later(", "refuse("];
    let calls = makers.into_iter().flat_map(|maker| code.split(maker).skip(1));
    let first = calls.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
    first.filter(|text| text.len() > 2 && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')).map(str::to_owned).collect()
}

/// Codes that only the command line or a worker can meet, or a route that the document does not describe.
const ELSEWHERE: [&str; 16] = [
    "alias_exists",
    "alias_unknown",
    "busy",
    "invalid_alias",
    "invalid_key",
    "invalid_publishable_key",
    "key_exists",
    "link_ended",
    "out_of_time",
    "partner_exists",
    "setup_in_progress",
    "setup_not_begun",
    "source_id_exists",
    "too_many_end_users",
    "too_many_redirect_uris",
    "unknown_partner",
];

#[test]
fn a8_every_error_code_in_the_code_is_in_the_document() {
    let known: BTreeSet<_> = CODES.iter().map(|(code, ..)| (*code).to_owned()).collect();
    let deployed = ["core", "store", "platforms", "webhooks", "functions"].map(|name| crates().join(name).join("src"));
    let files = deployed.iter().flat_map(|folder| sources(folder));
    let made: BTreeSet<_> = files.flat_map(|file| codes_made(&deployed_code(&file))).collect();
    assert!(made.len() > 60, "{made:?}");
    let missing: Vec<_> = made.iter().filter(|code| !known.contains(*code) && !ELSEWHERE.contains(&code.as_str())).collect();
    assert!(missing.is_empty(), "not in openapi::codes: {missing:?}");
}

#[tokio::test]
async fn the_document_is_answered_and_shown_where_a_setting_says_so() {
    let place = Installation::start().await;
    let answer = get("/openapi.json").to(&place.server).await;
    assert_eq!((answer.status, answer.header("content-type"), answer.json()), (200, Some("application/json"), document()));
    assert_eq!(get("/docs").to(&place.server).await.problem(), (404, "not_found".to_owned()));

    let showing = place.process(&[("SHOW_DOCS", "true")]);
    let page = get("/docs").header("accept", "text/html").to(&showing).await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    for route in own_routes() {
        assert!(page.body.contains(route.path), "{}", route.path);
    }
    let style = page.body.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).expect("a style");
    let hash = STANDARD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, style.as_bytes()));
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with(&format!("default-src 'none'; style-src 'sha256-{hash}';")), "{policy}");
    for of_elsewhere in ["<script", "<link", "<img", "http://", "url("] {
        assert!(!page.body.contains(of_elsewhere), "{of_elsewhere}");
    }
}
