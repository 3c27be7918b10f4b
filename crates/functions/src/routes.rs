//! Every route, written once: the function that serves it, its surface, the scopes that open it, and what answers. The routers, the
//! preflights and the checks against `template.yaml` come from this table.

use std::sync::Arc;

use axum::routing::{MethodFilter, MethodRouter, on};
use counterfoil_core::App;
use counterfoil_core::model::api_key::Scope;

use crate::surface::Surface;
use crate::surface::connections::{callback, connections, disconnect, health, open, start, token, verify};
use crate::surface::partner::{authorize, connect_links, cors, exchange};

/// One route.
#[derive(Clone, Copy)]
pub struct Route {
    /// The function that serves it, as `template.yaml` names it.
    pub function: &'static str,
    /// Its method.
    pub method: &'static str,
    /// Its path, with `{parameters}`.
    pub path: &'static str,
    /// Whose contract it is of.
    pub surface: Surface,
    /// An API key with one of these opens it; with none of them it asks for no key, or judges the key itself.
    pub scopes: &'static [Scope],
    pub(crate) serve: fn() -> MethodRouter<Arc<App>>,
}

macro_rules! table {
    ($($function:literal $method:ident $path:literal $surface:ident [$($scope:ident)|*] $handler:path;)*) => {
        &[$(Route {
            function: $function,
            method: stringify!($method),
            path: $path,
            surface: Surface::$surface,
            scopes: &[$(Scope::$scope),*],
            serve: || on(MethodFilter::$method, $handler),
        }),*]
    };
}

/// The routes that are written down; the preflights beside them follow from these.
const TABLE: &[Route] = table! {
    "health"      GET    "/health"                            Connections [] health::health;
    "health"      HEAD   "/health"                            Connections [] health::health;
    "health"      GET    "/ready"                             Connections [] health::ready;
    "start"       GET    "/oauth/start"                       Connections [] start::nameless;
    "start"       GET    "/oauth/start/{company_key}"         Connections [] start::named;
    "start"       GET    "/v1/oauth/authorize"                Partner     [] authorize::authorize;
    "start"       GET    "/oauth/continue/{token}"            Connections [] open::look;
    "start"       POST   "/oauth/continue/{token}"            Connections [] open::go_on;
    "start"       GET    "/connect/{token}"                   Connections [] open::look_at_link;
    "start"       POST   "/connect/{token}"                   Connections [] open::go_on_by_link;
    "callback"    GET    "/oauth/callback"                    Connections [] callback::quickbooks;
    "callback"    GET    "/oauth/callback/{platform}"         Connections [] callback::named;
    "callback"    GET    "/oauth/result/{id}"                 Connections [] callback::result;
    "callback"    GET    "/oauth/result/{id}/continue"        Connections [] callback::hand_over;
    "callback"    POST   "/oauth/result/{id}/retry"           Connections [] callback::retry;
    "callback"    POST   "/oauth/result/{id}/choose"          Connections [] callback::choose;
    "token"       GET    "/api/token/{company_key}"           Connections [TokensRead] token::read;
    "token"       POST   "/api/token/{company_key}/refresh"   Connections [TokensRead] token::refresh;
    "token"       POST   "/v1/oauth/token"                    Partner     [TokensRead] exchange::token;
    "token"       POST   "/api/connections/{company_key}/verify" Connections [ConnectionsWrite] verify::verify;
    "token"       GET    "/oauth/disconnect"                  Connections [] verify::hint;
    "connections" GET    "/api/connections"                   Connections [ConnectionsRead] connections::list;
    "connections" GET    "/api/connections/{company_key}"     Connections [ConnectionsRead] connections::read;
    "connections" PATCH  "/api/connections/{company_key}"     Connections [ConnectionsWrite] connections::change;
    "connections" GET    "/v1/connect-links"                  Partner     [ConnectionsRead | ConnectionsWrite] connect_links::list;
    "connections" POST   "/v1/connect-links"                  Partner     [ConnectionsWrite] connect_links::create;
    "connections" DELETE "/v1/connect-links/{id}"             Partner     [ConnectionsWrite] connect_links::revoke;
    "disconnect"  DELETE "/api/connections/{company_key}"     Connections [ConnectionsWrite] disconnect::disconnect;
};

/// Every route. A page of a partner may call what the partner API opens with a key: each such path has a preflight.
pub fn routes() -> Vec<Route> {
    let mut routes = TABLE.to_vec();
    for route in TABLE.iter().filter(|route| route.surface == Surface::Partner && !route.scopes.is_empty()) {
        let preflight = Route { method: "OPTIONS", scopes: &[], serve: || on(MethodFilter::OPTIONS, cors::preflight), ..*route };
        if !routes.iter().any(|known| (known.method, known.path) == (preflight.method, preflight.path)) {
            routes.push(preflight);
        }
    }
    routes
}

/// The surface of a path as it stands in the table.
pub(crate) fn surface_of(path: &str) -> Option<Surface> {
    TABLE.iter().find(|route| route.path == path).map(|route| route.surface)
}

/// The surface whose errors an address has that is no route: that of the routes which begin as it does.
pub(crate) fn surface_near(address: &str) -> Surface {
    let first = |path: &str| path.split('/').nth(1).unwrap_or_default().to_owned();
    let is_near = |route: &&Route| first(route.path) == first(address);
    TABLE.iter().find(is_near).map_or(Surface::Connections, |route| route.surface)
}
