//! The middleware of every request: an id, a bound on the body, headers that keep secrets out of caches and referrers, and error bodies
//! with the id, also for a panic.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use counterfoil_core::model::origin::Origin;
use counterfoil_core::service::audit::counts::store_counts;
use counterfoil_core::service::health::figures::store_figures;
use counterfoil_core::service::vault::unstored::store_unstored;
use counterfoil_core::{App, Error};
use futures_util::FutureExt as _;
use http_body::Body as _;
use tracing::Instrument as _;

use crate::deadline::EndsAt;
use crate::extract::client::Client;
use crate::extract::request_id::RequestId;
use crate::origin::{serving, source_ip};
use crate::page::{self, FormLeaves, OwnScript, OwnStyle};
use crate::routes::{ErrorForm, Route};
use crate::surface::Surface;
use crate::surface::desktop::refusal::Refused;
use crate::surface::problem::Problem;

/// Wraps a handler. Grants that an earlier request of this process could not store are stored first. Counts of earlier requests are
/// stored at the same time.
pub(crate) async fn wrap(State((app, routes)): State<(Arc<App>, Arc<[Route]>)>, mut request: Request, next: Next) -> Response {
    let id = RequestId::of(&app, &request);
    let ends_at = EndsAt::of(&app, &request);
    request.extensions_mut().insert(ends_at);
    request.extensions_mut().insert(id.clone());
    let origin = Origin { request_id: Some(id.0.clone()), source_ip: source_ip(&request) };
    store_unstored(&app, ends_at.0).await;
    let is_https = app.public_base_url.as_deref().is_some_and(|url| url.starts_with("https://"));
    let wrap = Wrap { id: id.0, is_https, has_pages: true, routes: &routes };
    // At the same time, so that a token read does not wait for the counts of earlier ones.
    let (response, ()) = tokio::join!(serving(origin, wrap.serve(request, next)), store_counts(&app));
    store_figures(&app).await;
    response
}

/// The request's context. It needs no application, because the configuration may be incomplete.
pub(crate) struct Wrap<'a> {
    pub(crate) id: String,
    pub(crate) is_https: bool,
    /// Whether a browser gets a page for an error, on the routes for browsers and at unknown addresses.
    pub(crate) has_pages: bool,
    pub(crate) routes: &'a [Route],
}

impl Wrap<'_> {
    pub(crate) async fn serve(self, request: Request, next: Next) -> Response {
        // The log names the route and not the address, which may have a key, a code or the id of a result (T-1).
        let matched = request.extensions().get::<MatchedPath>().cloned();
        let matched = matched.as_ref().map(MatchedPath::as_str);
        let ErrorForm { surface, is_for_browsers } = ErrorForm::of(self.routes, matched, request.uri().path());
        let is_page = self.has_pages && is_for_browsers && Client::of(request.headers()) == Client::Browser;
        let body_most = surface.body_most();
        let span = tracing::info_span!("request", id = self.id, method = %request.method(), route = matched.unwrap_or("none"));
        let response = if request.body().size_hint().lower() > body_most as u64 {
            Problem::body_too_large(&format!("The body is larger than {} KiB.", body_most / 1024)).into_response()
        } else {
            let answered = AssertUnwindSafe(next.run(request)).catch_unwind().instrument(span.clone()).await;
            answered.unwrap_or_else(|_| Problem::from(Error::Internal("the handler panicked".to_owned())).into_response())
        };
        let _entered = span.enter();
        let response = match response.extensions().get::<Refused>() {
            Some(refused) => refused.with_id(&self.id),
            None => response,
        };
        let mut response = match response.extensions().get::<Problem>() {
            Some(problem) => {
                problem.log();
                keep_headers(
                    response.headers(),
                    problem.with_headers(match surface {
                        _ if is_page => page_of(problem),
                        Surface::Desktop => Refused::from(problem).with_id(&self.id),
                        surface => problem.as_body(&self.id, surface, response.extensions()),
                    }),
                )
            }
            None => response,
        };
        secure(&mut response, self.is_https, &self.id);
        if surface == Surface::Desktop
            && let Ok(id) = HeaderValue::from_str(&self.id)
        {
            response.headers_mut().insert(HeaderName::from_static("conductor-request-id"), id);
        }
        response
    }
}

fn page_of(problem: &Problem) -> Response {
    (problem.status, page::problem(&problem.error)).into_response()
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

/// Sets the security headers of every answer (O-9).
fn secure(response: &mut Response, is_https: bool, id: &str) {
    let extensions = response.extensions();
    let (leaves, style) = (extensions.get::<FormLeaves>().copied(), extensions.get::<OwnStyle>().copied());
    let script = extensions.get::<OwnScript>().copied();
    let headers = response.headers_mut();
    if is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(policy) = HeaderValue::from_str(&page::content_security_policy(leaves, style, script)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
}
