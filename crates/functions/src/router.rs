//! The routers. The laptop mounts every route; a deployed function mounts its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::header::ALLOW;
use axum::middleware::{self, Next};
use axum::routing::{MethodRouter, get};
use axum::{Extension, Router};
use counterfoil_core::{App, Error};

use crate::extract::caller::Scopes;
use crate::routes::{Route, routes, with_preflights};
use crate::surface::connections::health;
use crate::surface::partner::{idempotency, serve};
use crate::surface::problem::Problem;
use crate::wrap::{self, Wrap};

/// Every route: the laptop's router.
pub fn all(app: &Arc<App>) -> Router {
    let routes = routes();
    finish(mounted(&routes, app), routes, app)
}

/// The routes of one function, by its table.
pub(crate) fn of_function(table: &[Route], app: &Arc<App>) -> Router {
    let routes = with_preflights(table);
    finish(mounted(&routes, app), routes, app)
}

/// Mounts the routes path by path. For another method a path answers 405 with its own methods. A HEAD request does not run the GET
/// handler, because a link preview must change nothing.
fn mounted(routes: &[Route], app: &Arc<App>) -> Router<Arc<App>> {
    let paths: BTreeSet<_> = routes.iter().map(|route| route.path).collect();
    let mut whole = Router::new();
    for path in paths {
        let own: Vec<_> = routes.iter().filter(|route| route.path == path).collect();
        let methods: Vec<_> = own.iter().map(|route| route.method).collect();
        let allowed = methods.join(", ");
        let refuse = move || {
            let allowed = allowed.clone();
            async move { ([(ALLOW, allowed)], method_not_allowed().await) }
        };
        let served = own.iter().fold(MethodRouter::new(), |served, route| served.merge(mounted_alone(route, app)));
        let served = if methods.contains(&"HEAD") { served } else { served.head(refuse.clone()) };
        let served = served.fallback(refuse);
        // A client may call this address, though API Gateway has no such route.
        if path == "/oauth/start" {
            whole = whole.route("/oauth/start/", served.clone());
        }
        whole = whole.route(path, served);
    }
    whole
}

fn mounted_alone(route: &Route, app: &Arc<App>) -> MethodRouter<Arc<App>> {
    let handler = (route.serve)();
    let idempotent = middleware::from_fn_with_state(Arc::clone(app), idempotency::idempotent);
    let handler = if route.is_idempotent { handler.layer(idempotent) } else { handler };
    let authenticated = middleware::from_fn_with_state(Arc::clone(app), serve::authenticated);
    let handler = if route.is_for_partners() { handler.layer(authenticated) } else { handler };
    let handler: MethodRouter<_> = handler.layer(DefaultBodyLimit::max(route.surface.body_most()));
    handler.layer(Extension(Scopes(route.scopes)))
}

/// Completes a router with the answer for unknown addresses, the middleware and the application. `routes` say which error body a request
/// gets.
pub fn finish(served: Router<Arc<App>>, routes: Vec<Route>, app: &Arc<App>) -> Router {
    served
        .fallback(|| async { Problem(Error::NotFound("There is nothing at this address.")) })
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state((Arc::clone(app), Arc::from(routes)), wrap::wrap))
        .with_state(Arc::clone(app))
}

/// The router for an incomplete configuration: `/health` works, and every other route answers what is missing.
pub fn incomplete(table: &'static [Route], problem: &str) -> Router {
    let error = Error::Misconfigured { code: "configuration_incomplete", message: problem.to_owned() };
    Router::new().route("/health", get(health::health)).fallback(move || async move { Problem(error) }).layer(
        middleware::from_fn(move |request: Request, next: Next| {
            // A browser gets the whole message too, because the operator may be using one.
            let wrap = Wrap { id: "unconfigured".to_owned(), is_https: false, has_pages: false, routes: table };
            wrap.serve(request, next)
        }),
    )
}

async fn method_not_allowed() -> Problem {
    Problem(Error::invalid("method_not_allowed", "This address does not accept this method."))
}
