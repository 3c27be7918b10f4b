//! What every request gets: an id, a bound on its body, headers that keep secrets out of caches and referrers, and errors,
//! a panic among them, made into bodies that carry the id.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use counterfoil_core::service::vault::in_hand::store_in_hand;
use counterfoil_core::{App, Error};
use futures_util::FutureExt as _;
use http_body::Body as _;
use lambda_http::request::RequestContext;
use tracing::Instrument as _;

use crate::deadline::EndsAt;
use crate::page::{self, FormLeaves};
use crate::routes::{Route, surface_of};
use crate::surface::problem::Problem;

/// The most that a request's body may have, in bytes.
pub(crate) const BODY_MOST: usize = 64 * 1024;

/// The middleware of every route. What an earlier event of this process could not store comes first.
pub(crate) async fn wrap(State((app, routes)): State<(Arc<App>, Arc<[Route]>)>, mut request: Request, next: Next) -> Response {
    let id = gateway_id(&request).unwrap_or_else(|| app.new_id("req_"));
    let ends_at = EndsAt::of(&app, &request);
    request.extensions_mut().insert(ends_at);
    store_in_hand(&app, ends_at.0).await;
    let is_https = app.public_base_url.as_deref().is_some_and(|url| url.starts_with("https://"));
    wrap_with_id(id, is_https, &routes, request, next).await
}

/// The same where there is no application, since its configuration is not complete.
pub(crate) async fn wrap_with_id(id: String, is_https: bool, routes: &[Route], request: Request, next: Next) -> Response {
    // The route, never the address: it may hold a key, a code or the id of a result (T-1).
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let matched = matched.as_ref().map(MatchedPath::as_str);
    let surface = surface_of(routes, matched, request.uri().path());
    let route = matched.unwrap_or("none");
    let span = tracing::info_span!("request", id, method = %request.method(), route);
    let response = if request.body().size_hint().lower() > BODY_MOST as u64 {
        Problem(Error::invalid("body_too_large", "The body is larger than 64 KiB.")).into_response()
    } else {
        let answered = AssertUnwindSafe(next.run(request)).catch_unwind().instrument(span.clone()).await;
        answered.unwrap_or_else(|_| Problem(Error::Internal("the handler panicked".to_owned())).into_response())
    };
    let _entered = span.enter();
    let mut response = match response.extensions().get::<Problem>() {
        Some(problem) => {
            log(problem);
            keep_headers(response.headers(), problem.render(&id, surface, response.extensions()))
        }
        None => response,
    };
    secure(&mut response, is_https, &id);
    response
}

fn gateway_id(request: &Request) -> Option<String> {
    match request.extensions().get::<RequestContext>()? {
        RequestContext::ApiGatewayV2(context) => context.request_id.clone(),
        _ => None,
    }
}

fn log(problem: &Problem) {
    match &problem.0 {
        error @ (Error::Internal(_) | Error::Misconfigured { .. }) => {
            tracing::error!(code = error.code(), fault = error.fault(), %error, "request failed");
        }
        error => tracing::info!(code = error.code(), "request refused"),
    }
}

fn keep_headers(from: &axum::http::HeaderMap, mut response: Response) -> Response {
    let kept = [
        header::ALLOW,
        header::SET_COOKIE,
        header::VARY,
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
    ];
    for name in kept {
        if let Some(value) = from.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

/// O-9, for pages and for everything else alike.
fn secure(response: &mut Response, is_https: bool, id: &str) {
    let leaves = response.extensions().get::<FormLeaves>().copied();
    let headers = response.headers_mut();
    if is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(policy) = HeaderValue::from_str(&page::content_security_policy(leaves)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
}
