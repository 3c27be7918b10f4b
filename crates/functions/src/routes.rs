//! Every route, written once: the function that serves it, its surface, the scopes that open it, what answers, whether it also answers
//! without a key, and whether it takes an `Idempotency-Key`. The routers, the preflights and the checks against `template.yaml` come
//! from these tables.

use std::sync::Arc;

use axum::routing::{MethodFilter, MethodRouter, on};
use counterfoil_core::App;
use counterfoil_core::model::api_key::Scope;

use crate::signature::{Signature, signature};
use crate::surface::Surface;
use crate::surface::connections::{
    audit, callback, connections, disconnect, docs, health, open, readiness, start, token, verify,
};
use crate::surface::desktop::{auth_sessions, end_users, integration_connections, passthrough, resources};
use crate::surface::partner::{
    api_keys, authorize, connect_links, cors, deliveries, events, exchange, imports, integrations, records, syncs, webhooks,
};
use crate::surface::platform_webhooks::notification;
use crate::surface::web_connector::{setup, soap};

/// A route.
#[derive(Clone, Copy)]
pub struct Route {
    /// The function that serves it, as `template.yaml` names it.
    pub function: &'static str,
    /// Its HTTP method.
    pub method: &'static str,
    /// Its path, with `{parameters}`.
    pub path: &'static str,
    /// The API that it belongs to.
    pub surface: Surface,
    /// The scopes of API keys that open it, one of which is enough. If there are none, it takes no key.
    pub scopes: &'static [Scope],
    /// Whether it also answers a request without a key.
    pub is_keyless: bool,
    /// Whether it takes an `Idempotency-Key`. Its function then needs the keyring.
    pub is_idempotent: bool,
    pub(crate) serve: fn() -> MethodRouter<Arc<App>>,
}

macro_rules! tables {
    (@is_idempotent idempotent) => { true };
    (@is_idempotent $($other:ident)?) => { false };
    (@is_keyless keyless) => { true };
    (@is_keyless $($other:ident)?) => { false };
    (@all $all:ident $($table:ident $function:literal { $($method:ident $path:literal $surface:ident [$($scope:ident)|*] $handler:path $(, $word:ident)?;)* })*) => {
        $(
            #[doc = concat!("The routes of `", $function, "`.")]
            pub const $table: &[Route] = &[$(Route {
                function: $function,
                method: stringify!($method),
                path: $path,
                surface: Surface::$surface,
                scopes: &[$(Scope::$scope),*],
                is_keyless: tables!(@is_keyless $($word)?),
                is_idempotent: tables!(@is_idempotent $($word)?),
                serve: || on(MethodFilter::$method, $handler),
            }),*];
        )*

        /// The table of each function.
        const $all: &[&[Route]] = &[$($table),*];
    };
    (undescribed $all:ident $($tables:tt)*) => {
        tables!(@all $all $($tables)*);
    };
    ($all:ident $($table:ident $function:literal { $($method:ident $path:literal $surface:ident [$($scope:ident)|*] $handler:path $(, $word:ident)?;)* })*) => {
        tables!(@all $all $($table $function { $($method $path $surface [$($scope)|*] $handler $(, $word)?;)* })*);

        /// Every route that the OpenAPI document describes, with the name and the types of its handler. It is apart from the tables, so
        /// that no function's binary has it.
        pub(crate) fn described() -> Vec<(Route, &'static str, fn() -> Signature)> {
            let signatures: Vec<(&'static str, fn() -> Signature)> =
                vec![$($((stringify!($handler), || signature($handler))),*),*];
            let routes = $all.iter().flat_map(|table| table.iter().copied());
            routes.zip(signatures).map(|(route, (handler, signature))| (route, handler, signature)).collect()
        }
    };
}

// A table for each function, so that its binary contains only its own handlers. The preflights are derived from these.
tables! {
    DESCRIBED
    HEALTH "health" {
        GET    "/health"                               Connections [] health::health;
        HEAD   "/health"                               Connections [] health::health;
        GET    "/ready"                                Connections [] health::ready;
        GET    "/openapi.json"                         Connections [] docs::document;
        GET    "/docs"                                 Connections [] docs::page;
    }
    START "start" {
        GET    "/oauth/start"                          Connections [] start::company_key_missing;
        GET    "/oauth/start/{company_key}"            Connections [ConnectionsWrite | ConsentStart] start::start, keyless;
        GET    "/v1/oauth/authorize"                   Partner     [ConnectionsWrite | ConsentStart] authorize::authorize, keyless;
        GET    "/oauth/continue/{token}"               Connections [] open::consent_confirmation;
        POST   "/oauth/continue/{token}"               Connections [] open::consent_continue;
        GET    "/connect/{token}"                      Connections [] open::link_confirmation;
        POST   "/connect/{token}"                      Connections [] open::link_continue;
    }
    CALLBACK "callback" {
        GET    "/oauth/callback"                       Connections [] callback::callback;
        GET    "/oauth/callback/{platform}"            Connections [] callback::callback;
        GET    "/oauth/result/{id}"                    Connections [] callback::result;
        GET    "/oauth/result/{id}/continue"           Connections [] callback::hand_over;
        POST   "/oauth/result/{id}/retry"              Connections [] callback::retry;
        POST   "/oauth/result/{id}/choose"             Connections [] callback::choose;
    }
    TOKEN "token" {
        GET    "/api/token/{company_key}"              Connections [TokensRead] token::read;
        POST   "/api/token/{company_key}/refresh"      Connections [TokensRead] token::refresh;
        POST   "/v1/oauth/token"                       Partner     [TokensRead] exchange::token;
        POST   "/api/connections/{company_key}/verify" Connections [ConnectionsWrite] verify::verify;
        GET    "/api/connections/{company_key}/readiness" Connections [ConnectionsRead] readiness::read;
        GET    "/oauth/disconnect"                     Connections [] verify::hint;
    }
    CONNECTIONS "connections" {
        GET    "/api/connections"                      Connections [ConnectionsRead] connections::list;
        GET    "/api/connections/{company_key}"        Connections [ConnectionsRead] connections::read;
        PATCH  "/api/connections/{company_key}"        Connections [ConnectionsWrite] connections::change;
        GET    "/api/connections/{company_key}/audit"  Connections [Admin | ConnectionsRead] audit::of_connection;
        GET    "/api/audit"                            Connections [Admin] audit::of_partner;
        GET    "/v1/integrations/health"               Partner     [ConnectionsRead] integrations::health;
        GET    "/v1/connect-links"                     Partner     [ConnectionsRead | ConnectionsWrite] connect_links::list;
        POST   "/v1/connect-links"                     Partner     [ConnectionsWrite] connect_links::create, idempotent;
        DELETE "/v1/connect-links/{id}"                Partner     [ConnectionsWrite] connect_links::revoke;
        GET    "/v1/api-keys"                          Partner     [Admin] api_keys::list;
        POST   "/v1/api-keys"                          Partner     [Admin] api_keys::create, idempotent;
        DELETE "/v1/api-keys/{id}"                     Partner     [Admin] api_keys::revoke;
        POST   "/v1/api-keys/{id}/rotate"              Partner     [Admin] api_keys::rotate, idempotent;
    }
    DISCONNECT "disconnect" {
        DELETE "/api/connections/{company_key}"        Connections [ConnectionsWrite] disconnect::disconnect;
    }
    SYNC "sync" {
        POST   "/v1/oauth/{platform}/sync"             Partner     [SyncsRun] imports::sync, idempotent;
        POST   "/v1/oauth/{platform}/import-invoices"  Partner     [SyncsRun] imports::import_invoices, idempotent;
        POST   "/v1/syncs/{id}/cancel"                 Partner     [SyncsRun] syncs::cancel;
    }
    PLATFORM_WEBHOOKS "platform-webhooks" {
        POST   "/webhooks/{platform}"                  PlatformWebhooks [] notification::post;
    }
    RECORDS "records" {
        GET    "/v1/syncs"                             Partner     [SyncsRun | RecordsRead] syncs::list;
        GET    "/v1/syncs/{id}"                        Partner     [SyncsRun | RecordsRead] syncs::read;
        GET    "/v1/syncs/{id}/reconciliation"         Partner     [SyncsRun | RecordsRead] syncs::reconciliation;
        GET    "/v1/checks"                            Partner     [RecordsRead] records::checks;
        GET    "/v1/checks/{id}"                       Partner     [RecordsRead] records::check;
        GET    "/v1/invoices"                          Partner     [RecordsRead] records::invoices;
        GET    "/v1/invoices/{id}"                     Partner     [RecordsRead] records::invoice;
    }
    WEBHOOKS "webhooks" {
        GET    "/v1/events"                            Partner     [WebhooksManage] events::list;
        GET    "/v1/events/{id}"                       Partner     [WebhooksManage] events::read;
        GET    "/v1/deliveries"                        Partner     [WebhooksManage] deliveries::list;
        GET    "/v1/deliveries/{id}"                   Partner     [WebhooksManage] deliveries::read;
        POST   "/v1/deliveries/{id}/replay"            Partner     [WebhooksManage] deliveries::replay, idempotent;
        GET    "/v1/webhooks"                          Partner     [WebhooksManage] webhooks::list;
        POST   "/v1/webhooks"                          Partner     [WebhooksManage] webhooks::create, idempotent;
        GET    "/v1/webhooks/{id}"                     Partner     [WebhooksManage] webhooks::read;
        PATCH  "/v1/webhooks/{id}"                     Partner     [WebhooksManage] webhooks::change;
        POST   "/v1/webhooks/{id}/rotate-secret"       Partner     [WebhooksManage] webhooks::rotate_secret, idempotent;
        POST   "/v1/webhooks/{id}/test"                Partner     [WebhooksManage] deliveries::test, idempotent;
        POST   "/v1/webhooks/{id}/replay"              Partner     [WebhooksManage] deliveries::replay_all, idempotent;
        DELETE "/v1/webhooks/{id}"                     Partner     [WebhooksManage] webhooks::delete;
    }
}

// Others define these: Conductor's API, the SOAP service of the Web Connector, and a page.
tables! {
    undescribed UNDESCRIBED
    DESKTOP "desktop" {
        GET    "/v1/end-users"                         Desktop     [DesktopManage] end_users::list;
        POST   "/v1/end-users"                         Desktop     [DesktopManage] end_users::create;
        GET    "/v1/end-users/{id}"                    Desktop     [DesktopManage] end_users::read;
        DELETE "/v1/end-users/{id}"                    Desktop     [DesktopManage] end_users::delete;
        GET    "/v1/end-users/{id}/ping/{slug}"        Desktop     [DesktopManage] passthrough::ping;
        POST   "/v1/end-users/{id}/request/{slug}"     Desktop     [DesktopManage] passthrough::send;
        POST   "/v1/end-users/{id}/passthrough/{slug}" Desktop     [DesktopManage] passthrough::send;
        POST   "/v1/auth-sessions"                     Desktop     [DesktopManage] auth_sessions::create;
        GET    "/v1/auth-sessions/{id}"                Desktop     [DesktopManage] auth_sessions::read;
        GET    "/v1/integration-connections"           Desktop     [DesktopManage] integration_connections::list;
        GET    "/v1/integration-connections/{id}"      Desktop     [DesktopManage] integration_connections::read;
        GET    "/v1/quickbooks-desktop/health-check"   Desktop     [DesktopManage] resources::health_check;
        GET    "/v1/quickbooks-desktop/company"        Desktop     [DesktopManage] resources::company;
        GET    "/v1/quickbooks-desktop/{resource}"     Desktop     [DesktopManage] resources::list;
        GET    "/v1/quickbooks-desktop/{resource}/{id}" Desktop    [DesktopManage] resources::retrieve;
    }
    WEB_CONNECTOR "web-connector" {
        GET    "/qbwc"                                 WebConnector [] soap::get;
        POST   "/qbwc"                                 WebConnector [] soap::post;
        GET    "/qbd/{client_secret}"                  Setup       [] setup::page;
        POST   "/qbd/{client_secret}"                  Setup       [] setup::password;
        GET    "/qbd/{client_secret}/connector.qwc"    Setup       [] setup::qwc;
        POST   "/qbd/{client_secret}/new-file"         Setup       [] setup::new_file;
        GET    "/qbd/{client_secret}/status"           Setup       [] setup::status;
    }
}

/// The form of errors at an address that no route has, by the beginning of its path. The first that fits decides.
const UNKNOWN_ADDRESSES: &[(&str, ErrorForm)] = &[
    ("/v1/quickbooks-desktop/", ErrorForm { surface: Surface::Desktop, is_for_browsers: false }),
    ("/v1/end-users/", ErrorForm { surface: Surface::Desktop, is_for_browsers: false }),
    ("/v1/auth-sessions/", ErrorForm { surface: Surface::Desktop, is_for_browsers: false }),
    ("/v1/integration-connections/", ErrorForm { surface: Surface::Desktop, is_for_browsers: false }),
    ("/v1/", ErrorForm { surface: Surface::Partner, is_for_browsers: true }),
    ("/webhooks/", ErrorForm { surface: Surface::PlatformWebhooks, is_for_browsers: false }),
    ("/api/", ErrorForm { surface: Surface::Connections, is_for_browsers: false }),
    ("/", ErrorForm { surface: Surface::Connections, is_for_browsers: true }),
];

/// The form of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ErrorForm {
    /// The API whose error body it has.
    pub(crate) surface: Surface,
    /// Whether a browser gets a page instead.
    pub(crate) is_for_browsers: bool,
}

impl ErrorForm {
    /// The form of errors of the route that matched, or at an address that no route has.
    pub(crate) fn of(routes: &[Route], matched: Option<&str>, address: &str) -> Self {
        let route = routes.iter().find(|route| Some(route.path) == matched);
        let declared = || UNKNOWN_ADDRESSES.iter().find(|(beginning, _)| address.starts_with(beginning)).map(|(_, form)| *form);
        let of_route = route.map(|route| Self { surface: route.surface, is_for_browsers: route.is_for_browsers() });
        of_route.or_else(declared).unwrap_or(Self { surface: Surface::Connections, is_for_browsers: true })
    }
}

/// Every route.
pub fn routes() -> Vec<Route> {
    [DESCRIBED, UNDESCRIBED].concat().into_iter().flat_map(with_preflights).collect()
}

/// These routes and their preflights: a partner's page may call the routes of the partner API that need a key.
pub(crate) fn with_preflights(table: &[Route]) -> Vec<Route> {
    let mut routes = table.to_vec();
    for route in table.iter().filter(|route| route.is_for_partners()) {
        let preflight = Route {
            method: "OPTIONS",
            scopes: &[],
            is_keyless: false,
            is_idempotent: false,
            serve: || on(MethodFilter::OPTIONS, cors::preflight),
            ..*route
        };
        if !routes.iter().any(|known| (known.method, known.path) == (preflight.method, preflight.path)) {
            routes.push(preflight);
        }
    }
    routes
}

impl Route {
    /// Whether it needs an API key.
    pub fn needs_key(&self) -> bool {
        !self.scopes.is_empty() && !self.is_keyless
    }

    /// Whether customers' browsers request it: then it needs no API key.
    pub(crate) fn is_for_browsers(&self) -> bool {
        !self.needs_key() && !matches!(self.surface, Surface::PlatformWebhooks | Surface::WebConnector)
    }

    /// Whether it needs an API key in a header, which a partner's page may send.
    pub(crate) fn is_for_partners(&self) -> bool {
        self.surface == Surface::Partner && self.needs_key()
    }
}
