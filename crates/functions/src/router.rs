//! Every route and the function that serves it. The laptop mounts all of them; a deployed function mounts its own.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{self, Next};
use axum::routing::get;
use counterfoil_core::{App, Error};

use crate::methods::method_not_allowed;
use crate::surface::connections::{callback, connections, disconnect, health, start, token};
use crate::surface::problem::Problem;
use crate::wrap;

/// One route, as `template.yaml` has it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The function that serves it.
    pub function: &'static str,
    /// Its method.
    pub method: &'static str,
    /// Its path, with `{parameters}`.
    pub path: &'static str,
}

const fn route(function: &'static str, method: &'static str, path: &'static str) -> Route {
    Route { function, method, path }
}

/// All of them. Tests hold this list against the routers and against `template.yaml`.
pub const ROUTES: &[Route] = &[
    route("health", "GET", "/health"),
    route("health", "HEAD", "/health"),
    route("health", "GET", "/ready"),
    route("start", "GET", "/oauth/start"),
    route("start", "GET", "/oauth/start/{company_key}"),
    route("start", "GET", "/v1/oauth/authorize"),
    route("start", "GET", "/oauth/continue/{token}"),
    route("start", "POST", "/oauth/continue/{token}"),
    route("start", "GET", "/connect/{token}"),
    route("start", "POST", "/connect/{token}"),
    route("callback", "GET", "/oauth/callback"),
    route("callback", "GET", "/oauth/callback/{platform}"),
    route("callback", "GET", "/oauth/result/{id}"),
    route("callback", "GET", "/oauth/result/{id}/continue"),
    route("callback", "POST", "/oauth/result/{id}/retry"),
    route("callback", "POST", "/oauth/result/{id}/choose"),
    route("token", "GET", "/api/token/{company_key}"),
    route("token", "POST", "/api/token/{company_key}/refresh"),
    route("token", "POST", "/v1/oauth/token"),
    route("token", "OPTIONS", "/v1/oauth/token"),
    route("token", "POST", "/api/connections/{company_key}/verify"),
    route("token", "GET", "/oauth/disconnect"),
    route("connections", "GET", "/api/connections"),
    route("connections", "GET", "/api/connections/{company_key}"),
    route("connections", "PATCH", "/api/connections/{company_key}"),
    route("connections", "GET", "/v1/connect-links"),
    route("connections", "POST", "/v1/connect-links"),
    route("connections", "OPTIONS", "/v1/connect-links"),
    route("connections", "DELETE", "/v1/connect-links/{id}"),
    route("connections", "OPTIONS", "/v1/connect-links/{id}"),
    route("disconnect", "DELETE", "/api/connections/{company_key}"),
];

/// Every route: the laptop's router.
pub fn all(app: &Arc<App>) -> Router {
    let routes = [health::routes, start::routes, callback::routes, token::routes, connections::routes, disconnect::routes];
    finish(routes.into_iter().fold(Router::new(), |router, routes| router.merge(routes())), app)
}

/// Completes the routes of an endpoint: what is not found, what every request gets, and the application.
pub fn finish(routes: Router<Arc<App>>, app: &Arc<App>) -> Router {
    routes
        .fallback(|| async { Problem(Error::NotFound("There is nothing at this address.")) })
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(wrap::BODY_MOST))
        .layer(middleware::from_fn_with_state(Arc::clone(app), wrap::wrap))
        .with_state(Arc::clone(app))
}

/// What is served while the configuration is not complete: `/health`, and everywhere else what is missing.
pub fn incomplete(problem: &str) -> Router {
    let error = Error::Misconfigured { code: "configuration_incomplete", message: problem.to_owned() };
    Router::new().route("/health", get(health::health)).fallback(move || async move { Problem(error) }).layer(
        middleware::from_fn(|request: Request, next: Next| wrap::wrap_with_id("unconfigured".to_owned(), false, request, next)),
    )
}
