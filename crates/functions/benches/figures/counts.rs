//! Counts the requests of each operation to the table, and the units that they consume.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use counterfoil_core::App;
use counterfoil_functions::router;
use counterfoil_functions::wiring::{World, assemble};
use counterfoil_store::aws::local_config;
use counterfoil_testkit::wire::Wire;
use tower::ServiceExt as _;

use crate::browser::LARKSPUR;
use crate::deployment::{BASE_URL, COMPANY_KEY, Deployment};

/// The operations that only read. All others are writes.
const READS: [&str; 3] = ["GetItem", "BatchGetItem", "Query"];

/// Prints the counts.
pub(crate) async fn print(deployment: &Deployment) {
    let wire = Wire::metered_before(deployment.table_endpoint()).await;
    let app: Arc<App> = assemble(&deployment.config(), &local_config(wire.endpoint()), World::real());
    let routes = router::all(&app);
    let key = deployment.key(std::time::Duration::ZERO).await;
    let token = || Request::get(format!("/api/token/{COMPANY_KEY}")).header("x-api-key", &key);
    let forced = Request::post(format!("/api/token/{COMPANY_KEY}/refresh")).header("x-api-key", &key);
    let host = BASE_URL.trim_start_matches("https://");

    println!("Requests to the table");
    wire.reset();
    answer(&routes, token(), StatusCode::OK).await;
    print_counts("token read, key not yet known", &wire);
    answer(&routes, token(), StatusCode::OK).await;
    print_counts("token read, key remembered", &wire);
    answer(&routes, forced, StatusCode::OK).await;
    print_counts("forced refresh", &wire);
    deployment.expire().await;
    answer(&routes, token(), StatusCode::OK).await;
    print_counts("token read that refreshes", &wire);

    let start = Request::get(format!("/oauth/start/{COMPANY_KEY}?company_name=Beach%20Blend")).header("host", host);
    let started = answer(&routes, start, StatusCode::FOUND).await;
    print_counts("start", &wire);
    let authorize_url = started["location"].to_str().expect("an address");
    let query = deployment.intuit.consent(authorize_url, Some(LARKSPUR)).await;
    let cookie = started["set-cookie"].to_str().expect("a cookie").split(';').next().expect("a first part");
    let callback = Request::get(format!("/oauth/callback?{query}")).header("cookie", cookie).header("host", host);
    answer(&routes, callback, StatusCode::OK).await;
    print_counts("callback", &wire);
}

async fn answer(routes: &Router, request: axum::http::request::Builder, expected: StatusCode) -> HeaderMap {
    let request = request.body(Body::empty()).expect("a request");
    let answer = routes.clone().oneshot(request).await.expect("an answer");
    assert_eq!(answer.status(), expected);
    answer.headers().clone()
}

fn print_counts(what: &str, wire: &Wire) {
    let counts = wire.counts();
    let writes: usize = counts.iter().filter(|(name, _)| !READS.contains(&name.as_str())).map(|(_, count)| count).sum();
    let total: usize = counts.values().sum();
    let parts: Vec<_> = counts.iter().map(|(name, count)| format!("{count} {name}")).collect();
    let units = |of_reads: bool| {
        let requests = wire.requests().into_iter().filter(|request| READS.contains(&request.operation.as_str()) == of_reads);
        requests.fold(0.0, |units, request| units + request.capacity)
    };
    println!("  {what:<32} {total} requests, {writes} writes  ({})", parts.join(", "));
    println!("  {:<32} {} read units, {} write units", "", units(true), units(false));
    wire.reset();
}
