//! Every path of ours that the product's code names is a route of the table, so a route that moves takes its mentions along.

use std::collections::BTreeSet;
use std::path::Path;

use counterfoil_functions::routes::routes;

use crate::layers::{crates, deployed_code, sources};

/// The crates whose code may name a route. `platforms` and `stand-ins` name the paths of other servers.
const NAMING: [&str; 5] = ["core", "desktop", "webhooks", "functions", "cli"];

#[test]
fn every_path_in_the_code_is_a_route() {
    let paths: BTreeSet<_> = routes().into_iter().map(|route| route.path).collect();
    let is_route = |path: &str| paths.iter().any(|route| fits(path, route));
    let sources = NAMING.iter().flat_map(|name| sources(&crates().join(name).join("src")));
    let product = sources.filter(|file| !is_of(file, "routes.rs") && !is_of(file, "tests"));
    let named = product.flat_map(|file| {
        let found = named(&deployed_code(&file), &paths);
        found.into_iter().map(move |path| (file.clone(), path))
    });
    let named: Vec<_> = named.collect();
    assert!(named.iter().any(|(_, path)| path == "/oauth/start/{company_key}"), "no path is found");
    assert_eq!(named.iter().filter(|(_, path)| !is_route(path)).collect::<Vec<_>>(), Vec::<&(_, String)>::new());
}

#[test]
fn a_path_that_is_no_route_is_found() {
    let paths = BTreeSet::from(["/api/token/{company_key}", "/openapi.json"]);
    let found = named(r#"f("https://api.example.com", "{base}/api/tokens/{key}?a=1. See /openapi.json.")"#, &paths);
    assert_eq!(found, ["/api/tokens/{key}", "/openapi.json"]);
    assert!(!fits("/api/tokens/{key}", "/api/token/{company_key}") && fits("/api/token/{key}", "/api/token/{company_key}"));
    assert!(!fits("/{name}/token/a", "/api/token/{company_key}"), "a placeholder is no word of a route");
}

fn is_of(file: &Path, name: &str) -> bool {
    file.iter().any(|part| part == name)
}

/// The paths in a source that begin as a route does. `{name}` is what the code fills in.
fn named(code: &str, routes: &BTreeSet<&str>) -> Vec<String> {
    let first = |path: &str| path.split('/').nth(1).map(str::to_owned);
    let firsts: BTreeSet<_> = routes.iter().filter_map(|route| first(route)).collect();
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(place) = rest.find('/') {
        rest = &rest[place..];
        let path = rest.split(|c| !is_of_path(c)).next().unwrap_or_default();
        let is_ours = first(path.trim_end_matches('.')).is_some_and(|first| firsts.contains(&first));
        rest = &rest[if is_ours { path.len() } else { 1 }..];
        if is_ours {
            found.push(path.trim_end_matches(['.', '/']).to_owned());
        }
    }
    found
}

fn is_of_path(c: char) -> bool {
    c.is_ascii_alphanumeric() || "/_-.{}".contains(c)
}

fn fits(path: &str, route: &str) -> bool {
    let (path, route): (Vec<_>, Vec<_>) = (path.split('/').collect(), route.split('/').collect());
    let is_same = |(own, theirs): (&&str, &&str)| own == theirs || (theirs.starts_with('{') && !own.is_empty());
    path.len() == route.len() && path.iter().zip(&route).all(is_same)
}
