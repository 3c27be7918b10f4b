//! The routers. The laptop mounts every route; a deployed function mounts its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::header::ALLOW;
use axum::middleware::{self, Next};
use axum::routing::{MethodRouter, any, get};
use axum::{Extension, Router};
use counterfoil_core::{App, Error, Misconfiguration};

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
            async move { ([(ALLOW, allowed)], Problem::method_not_allowed()) }
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
        .fallback(|| async { Problem::from(Error::NotFound("There is nothing at this address.")) })
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(middleware::from_fn_with_state((Arc::clone(app), Arc::from(routes)), wrap::wrap))
        .with_state(Arc::clone(app))
}

/// The path that also works without a configuration.
const HEALTH: &str = "/health";

/// The router for an incomplete configuration: `/health` works, and every other route answers what is missing.
pub fn incomplete(table: &'static [Route], problem: &str) -> Router {
    let error = Error::Misconfigured { what: Misconfiguration::ConfigurationIncomplete, message: problem.to_owned() };
    let refuse = move || {
        let error = error.clone();
        async move { Problem::from(error) }
    };
    let paths: BTreeSet<_> = table.iter().map(|route| route.path).filter(|path| *path != HEALTH).collect();
    let served = Router::new().route(HEALTH, get(health::health));
    let served = paths.into_iter().fold(served, |served, path| served.route(path, any(refuse.clone())));
    served.fallback(refuse).layer(middleware::from_fn(move |request: Request, next: Next| {
        // A browser gets the whole message too, because the operator may be using one.
        let wrap = Wrap { id: "unconfigured".to_owned(), is_https: false, has_pages: false, routes: table };
        wrap.serve(request, next)
    }))
}
