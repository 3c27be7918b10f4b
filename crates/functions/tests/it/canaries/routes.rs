//! Every route of the table: once as it succeeds, and with failures.

use std::collections::BTreeSet;

use axum::Router;
use axum::http::Method;
use counterfoil_functions::routes::{Route, routes};
use counterfoil_stand_ins::quickbooks::Environment;
use counterfoil_testkit::wire::{Fault, Rule};
use serde_json::json;

use super::mirror::HOOKS;
use super::recorder::Recorded;
use super::secrets::Kind;
use super::{ANSWERED, TROUBLES, Tour};
use crate::authorize::{authorize, handed};
use crate::callback::encoded;
use crate::choosing::result_of;
use crate::desktop::{self, WebConnector};
use crate::every_route::{Items, items, kind, with_id};
use crate::exchange::exchange;
use crate::harness::{Ask, Browser, LARKSPUR, RETURN_URL, get, parameter};
use crate::links::made;
use crate::platform_webhooks::{QUICKBOOKS, notify, of_quickbooks};
use crate::platforms::{Row, callback, rows};

/// A route without an item, such as one for browsers, gets this one.
const NOBODY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Its only answer is an error.
const ALWAYS_REFUSED: (&str, &str) = ("GET", "/oauth/start");

/// Checks that every route has had a success.
pub(super) fn every_one_has_succeeded(answers: &[Recorded]) {
    let succeeded: BTreeSet<_> = answers.iter().filter(|answer| answer.status < 400).map(|answer| answer.route).collect();
    let mut missing: Vec<_> = routes().into_iter().map(|route| (route.method, route.path)).collect();
    missing.retain(|route| *route != ALWAYS_REFUSED && !succeeded.contains(route));
    assert!(missing.is_empty(), "no canary has passed through {missing:?}: ask them in this folder");
}

impl Tour {
    /// Consents at every platform, from a command line, a browser, a link, and a partner's page.
    pub(super) async fn connects_every_platform(&self) {
        let place = &self.place;
        for Row { name, chosen, choice, .. } in rows() {
            let own = format!("&redirectUri={}&state=a", encoded(RETURN_URL));
            let page = handed(place, &authorize(name, &own), chosen, choice).await;
            let code = parameter(&page, "code").unwrap_or_else(|| panic!("{name}: no code in {page}"));
            let given = exchange(place, &place.key, &json!({ "code": code, "platform": name, "partnerId": "default" })).await;
            let handle = given.json()["data"]["refreshToken"].clone();
            exchange(place, &place.key, &json!({ "grantType": "refresh_token", "refreshToken": handle })).await;
            let mut browser = Browser::at(&place.server);
            let start = format!("/oauth/start/shop-{name}?platform={name}&return_url={}", encoded(RETURN_URL));
            let callback = callback(place, &mut browser, &start, chosen).await;
            browser.get(&callback).await;
            let result = result_of(&callback);
            if let Some(choice) = choice {
                browser.submit(format!("{result}/choose"), &format!("company_id={choice}")).await;
            }
            for path in [result.clone(), format!("{result}/continue")] {
                browser.get(path).await;
            }
            browser.post(format!("{result}/retry")).await;
            place.token(&format!("shop-{name}")).await;
            place.pass(11).await;
            place.refresh(&format!("shop-{name}")).await;
        }
        let link = made(place, json!({ "platform": "quickbooks", "companyKey": "by-link" })).await;
        let mut browser = Browser::at(&place.server);
        let callback = callback(place, &mut browser, &link, &[("realm", LARKSPUR)]).await;
        browser.get(&callback).await;
        self.parks_a_grant().await;
    }

    /// Refreshes a token while the table takes no grant.
    async fn parks_a_grant(&self) {
        let place = &self.place;
        place.pass(11).await;
        place.wire.inject(Rule::on("UpdateItem", Fault::TransactionConflict).when("epoch = :replaces").times(usize::MAX));
        assert_eq!(place.refresh("by-link").await.status, 200);
        place.wire.reset();
    }

    /// Each route with an item that exists, and those that need more than that.
    pub(super) async fn asks_every_route(&self) {
        let place = &self.place;
        let items = items(place).await;
        self.creates_an_endpoint().await;
        for path in ["/health", "/ready", &format!("/oauth/disconnect?realmId={LARKSPUR}")] {
            get(path).to(&place.server).await;
        }
        Ask::new(Method::HEAD, "/health").to(&place.server).await;
        notify(place, QUICKBOOKS, Environment::Production.webhook_verifier(), &of_quickbooks(LARKSPUR, "qbo.invoice.created.v1"))
            .await;
        self.asks_quickbooks_desktop().await;
        // What ends an item comes last.
        let mut routes = routes();
        routes.sort_by_key(|route| route.method == "DELETE");
        for route in routes {
            self.ask(&route, &place.server, &items, "1").await;
        }
        self.cancels_an_import().await;
    }

    /// Each route of QuickBooks Desktop that needs a Web Connector.
    async fn asks_quickbooks_desktop(&self) {
        let (place, server) = (&self.place, &self.place.server);
        let end_user = desktop::end_user(place).await;
        let (_, page) = desktop::link(place, &end_user).await;
        get(&page).to(server).await;
        let connector = WebConnector::set_up(server, &page).await;
        for path in ["/qbwc", &desktop::beside(&page, "/status")] {
            get(path).to(server).await;
        }
        connector.updates(server).await;
        let (_, another) = desktop::link(place, &end_user).await;
        Ask::new(Method::POST, desktop::beside(&another, "/new-file")).to(server).await;
        let of_user = |rest: &str| format!("/v1/end-users/{end_user}/{rest}/quickbooks_desktop");
        let resource = |rest: &str| format!("/v1/quickbooks-desktop/{rest}");
        let reads = ["health-check", "company", "checks", "checks/1A-1"].map(|rest| (Method::GET, resource(rest)));
        let raw = ["request", "passthrough"].map(|rest| (Method::POST, of_user(rest)));
        for (method, path) in reads.into_iter().chain(raw).chain([(Method::GET, of_user("ping"))]) {
            let ask = desktop::ask(method, &path, &place.key, &end_user).body(r#"{"CompanyQueryRq":{}}"#);
            connector.while_asked(server, ask).await;
        }
    }

    pub(super) async fn creates_an_endpoint(&self) {
        let body = json!({ "url": format!("{}{HOOKS}", self.mirror.base) }).to_string();
        let ask = Ask::new(Method::POST, "/v1/webhooks").key(&self.place.key).header("content-type", "application/json");
        assert_eq!(ask.body(body).to(&self.place.server).await.status, 201);
    }

    /// An import that waits for its platform.
    async fn cancels_an_import(&self) {
        self.mirror.repeats(503, "server_error");
        let begin = Ask::new(Method::POST, "/v1/oauth/quickbooks/sync").key(&self.place.key);
        begin.header("prefer", "respond-async").to(&self.place.server).await;
        self.mirror.forwards();
        for run in self.place.data("/v1/syncs").await.as_array().expect("a list") {
            let path = format!("/v1/syncs/{}", run["id"].as_str().expect("an id"));
            get(format!("{path}/reconciliation")).key(&self.place.key).to(&self.place.server).await;
            Ask::new(Method::POST, format!("{path}/cancel")).key(&self.place.key).to(&self.place.server).await;
        }
    }

    async fn ask(&self, route: &Route, server: &Router, items: &Items, idempotency_key: &str) {
        let id = kind(route.path).and_then(|kind| items.get(kind)).map_or(NOBODY, |[id, _]| id);
        let body = match route.path {
            "/v1/webhooks" => json!({ "url": format!("{}{HOOKS}", self.mirror.base) }),
            "/v1/connect-links" => json!({ "platform": "quickbooks" }),
            "/v1/api-keys" => json!({ "name": "n", "scopes": ["admin"] }),
            path if path.ends_with("/replay") => json!({ "since": "2026-03-01T00:00:00Z" }),
            _ => json!({}),
        };
        let ask =
            request(route, &with_id(route.path, id), &body.to_string()).key(&self.place.key).header("conductor-end-user-id", id);
        let ask = if route.is_idempotent { ask.header("idempotency-key", idempotency_key) } else { ask };
        ask.to(server).await;
    }

    /// Every route and worker, while the platforms repeat in their errors what they were sent.
    pub(super) async fn fails_at_the_platforms(&mut self) {
        let items = items(&self.place).await;
        for (status, code) in TROUBLES {
            self.place.pass(3_500).await;
            self.mirror.repeats(status, code);
            for Row { name, .. } in rows() {
                self.place.token(&format!("shop-{name}")).await;
            }
            self.fails_to_connect().await;
            for route in routes().into_iter().filter(|route| route.method != "DELETE") {
                self.ask(&route, &self.place.server, &items, code).await;
            }
            self.runs_every_worker(code).await;
            self.mirror.forwards();
        }
    }

    /// A consent whose code the platform refuses, in a browser and on a command line.
    async fn fails_to_connect(&self) {
        for Row { name, chosen, .. } in rows() {
            for mut browser in [Browser::at(&self.place.server), Browser::curl(&self.place.server)] {
                let start = format!("/oauth/start/failing-{name}?platform={name}");
                let callback = callback(&self.place, &mut browser, &start, chosen).await;
                browser.get(&callback).await;
                browser.get(result_of(&callback)).await;
                browser.post(format!("{}/retry", result_of(&callback))).await;
            }
        }
    }

    /// Every route and worker, while the table repeats in its errors what it was sent and what it has.
    pub(super) async fn fails_at_the_table(&mut self) {
        let items = items(&self.place).await;
        let bare = self.without_the_keyring();
        for behind in ANSWERED {
            for route in routes() {
                self.break_the_table(behind);
                self.ask(&route, &self.place.server, &items, "table").await;
                self.place.wire.reset();
                self.ask(&route, &bare, &items, "keyring").await;
            }
            self.place.pass(3_500).await;
            self.break_the_table(behind);
            self.runs_every_worker("the table").await;
            self.place.wire.reset();
        }
    }

    /// Every route, with secrets where none belongs.
    pub(super) async fn asks_with_secrets_in_wrong_places(&self) {
        let secret = |kind| self.mirror.passed().secrets.of(kind).pop().expect("one has passed");
        let [token, refresh, client] = [Kind::AccessToken, Kind::RefreshToken, Kind::ClientSecret].map(secret);
        let key = &self.place.key;
        let own = &key[key.len() - 43..];
        let query = format!("?api_key={key}&limit={token}&since={refresh}&state={client}&code={own}&platform={token}");
        let bodies = [json!({ "url": token, "unknown": refresh }).to_string(), format!("{{\"name\": {token}")];
        for route in routes() {
            // A start names its connection as the caller says.
            let [token_id, own_id] = if route.path.starts_with("/oauth/start/") { [NOBODY; 2] } else { [&*token, own] };
            for (id, query, body) in [(NOBODY, query.as_str(), &bodies[0]), (token_id, "", &bodies[1]), (own_id, "", &bodies[0])]
            {
                let path = format!("{}{query}", with_id(route.path, &encoded(id)));
                let ask = request(&route, &path, body).header("idempotency-key", &token).header("cookie", format!("a={token}"));
                let ask = ask.header("accept", &token).header("origin", format!("https://{refresh}"));
                ask.header("x-api-key", format!("{key}x"))
                    .header("conductor-end-user-id", &token)
                    .header("authorization", format!("Bearer {key}"))
                    .to(&self.place.server)
                    .await;
                request(&route, &path, body).key(key).to(&self.place.server).await;
                request(&route, &path, body).header("authorization", format!("Basic {token}")).to(&self.place.server).await;
            }
        }
    }
}

fn request(route: &Route, path: &str, body: &str) -> Ask {
    let ask = Ask::new(route.method.parse().expect("a method"), path).header("content-type", "application/json");
    ask.header("origin", "https://app.example.com").body(body.to_owned())
}
