//! A platform's stand-in on a port, the product's module that uses it, and the customer who consents.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::Error;
use counterfoil_core::model::grant::Grant;
use counterfoil_core::model::platform::{Environment, PlatformName};
use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::platform::{
    Authorize, CallbackParameters, CallbackRead, CompaniesRequest, ConfirmFailure, Exchange, GrantCompanies, Platform,
    Platforms as _, Refresh, TokenFailure,
};
use counterfoil_platforms::credentials::CredentialSet;
use counterfoil_platforms::facts::{Configured, DataCenter};
use counterfoil_platforms::variables::{API_URL, AUTHORIZE_URL, DATA_CENTERS, REVOKE_URL, TOKEN_URL, variable};
use counterfoil_platforms::{CredentialSource, HttpSettings, PlatformSettings, Registry, facts_of};
use counterfoil_stand_ins::{Registrations, StandIns};
use jiff::Timestamp;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::rows::Row;

pub(crate) const REDIRECT_URI: &str = "https://books.example.com/oauth/callback/any";
pub(crate) const STATE: &str = "acme:0123456789";
/// Longer than any stand-in takes.
pub(crate) const LISTEN: Duration = Duration::from_secs(60);
pub(crate) const VERIFIER: &str = "a-verifier-of-at-least-forty-three-characters-0";

/// The stand-in, which ends with the test.
pub(crate) struct StandIn {
    pub(crate) row: Row,
    pub(crate) platform: Arc<dyn Platform>,
    base: String,
    browser: Client,
    server: JoinHandle<()>,
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl StandIn {
    pub(crate) async fn start(row: Row) -> Self {
        Self::start_with(row, &[]).await
    }

    /// A stand-in with other credentials in the product.
    pub(crate) async fn start_with(row: Row, changes: &[(&str, &str)]) -> Self {
        Self::start_within(row, changes, Duration::from_secs(10)).await
    }

    /// A stand-in with a time-out for requests other than token requests.
    pub(crate) async fn start_within(row: Row, changes: &[(&str, &str)], timeout: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("bound"));
        let stand_ins = StandIns::new(Registrations::everywhere(REDIRECT_URI).expect("an address"));
        let mut variables: BTreeMap<String, String> = credentials(row.name).into();
        variables.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let settings =
            PlatformSettings { by_name: [(row.name, configured(row.name, &base))].into(), http: HttpSettings { timeout } };
        let registry = Registry::new(settings, Arc::new(Given(CredentialSet::from_variables(variables))));
        let platform = registry.get(row.name, Environment::Production).await;
        Self {
            row,
            platform: platform.unwrap_or_else(|error| panic!("{error}")),
            base,
            browser: client(),
            server: tokio::spawn(async move { stand_ins.serve(listener).await.expect("serves") }),
        }
    }

    /// The address of the consent page.
    pub(crate) fn page(&self) -> String {
        let challenge = self.platform.uses_pkce().then(|| Secret::new(VERIFIER).s256());
        let (state, challenge) = (Secret::new(STATE), challenge.as_deref());
        self.platform.authorize_url(Authorize { redirect_uri: REDIRECT_URI, state: &state, challenge })
    }

    /// Opens the page and presses a button. Returns the parameters of the callback.
    pub(crate) async fn decide(&self, decision: &str, chosen: &[(&str, &str)]) -> BTreeMap<String, String> {
        let mut page = Url::parse(&self.page()).expect("an address");
        assert_eq!(self.browser.get(page.clone()).send().await.expect("a page").status(), 200, "{page}");
        let mut form: Vec<(String, String)> = page.query_pairs().into_owned().collect();
        let more = chosen.iter().copied().chain([("decision", decision)]);
        form.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
        page.set_query(None);
        let answer = self.browser.post(page).form(&form).send().await.expect("an answer");
        assert_eq!(answer.status(), 303, "{form:?}");
        let callback = Url::parse(answer.headers()["location"].to_str().expect("text")).expect("an address");
        assert!(callback.as_str().starts_with(REDIRECT_URI), "{callback}");
        callback.query_pairs().into_owned().collect()
    }

    /// A consent with the row's choice.
    pub(crate) async fn consent(&self) -> BTreeMap<String, String> {
        self.decide("connect", self.row.chosen).await
    }

    pub(crate) fn read(&self, callback: &BTreeMap<String, String>) -> CallbackRead {
        self.platform.read_callback(CallbackParameters { parameters: callback, renews: None }).expect("the stand-in's own")
    }

    pub(crate) async fn exchange(&self, callback: &BTreeMap<String, String>) -> Result<Grant, TokenFailure> {
        self.exchange_with(callback, VERIFIER).await
    }

    pub(crate) async fn exchange_with(&self, callback: &BTreeMap<String, String>, verifier: &str) -> Result<Grant, TokenFailure> {
        let (code, verifier) = (Secret::new(callback["code"].clone()), Secret::new(verifier));
        let verifier = self.platform.uses_pkce().then_some(&verifier);
        let CallbackRead { region, .. } = self.read(callback);
        let sent_at = self.now().await;
        let exchange =
            Exchange { code: &code, redirect_uri: REDIRECT_URI, verifier, region: region.as_deref(), sent_at, listen: LISTEN };
        self.platform.exchange(exchange).await.map_err(|failed| failed.failure)
    }

    /// A grant, from consent to exchange.
    pub(crate) async fn grant(&self) -> Grant {
        let callback = self.consent().await;
        self.exchange(&callback).await.unwrap_or_else(|failure| panic!("{}: {failure:?}", self.row.name))
    }

    pub(crate) async fn refresh(&self, refresh_token: &Secret) -> Result<Grant, TokenFailure> {
        self.refresh_within(refresh_token, LISTEN).await
    }

    pub(crate) async fn refresh_within(&self, refresh_token: &Secret, listen: Duration) -> Result<Grant, TokenFailure> {
        let (redirect_uri, region) = (Some(REDIRECT_URI), self.row.region);
        let sent_at = self.now().await;
        self.platform.refresh(Refresh { refresh_token, redirect_uri, region, sent_at, listen }).await
    }

    pub(crate) async fn companies(&self, grant: &Grant, claim: Option<&str>) -> Result<GrantCompanies, ConfirmFailure> {
        let request = CompaniesRequest { access_token: &grant.access_token, region: grant.region.as_deref(), claim };
        self.platform.companies(request).await
    }

    /// The company in the row's callback.
    pub(crate) fn claim(&self) -> Option<&'static str> {
        self.row.names_company.then_some(self.row.company_ids()[0])
    }

    /// The time of the stand-in's clock.
    pub(crate) async fn now(&self) -> Timestamp {
        let clock = self.shown("clock").await;
        Timestamp::from_second(clock["now"].as_i64().expect("a time")).expect("in range")
    }

    pub(crate) async fn control(&self, route: &str, body: Value) {
        let answer = self.browser.post(self.control_url(route)).json(&body).send().await.expect("answers");
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap_or_default());
    }

    /// The answer of a control route.
    pub(crate) async fn shown(&self, route: &str) -> Value {
        self.browser.get(self.control_url(route)).send().await.expect("answers").json().await.expect("JSON")
    }

    /// Makes the next token request fail.
    pub(crate) async fn fault(&self, kind: &str) {
        self.control("faults", json!({ "at": "token", "kind": kind, "times": 1 })).await;
    }

    /// The number of requests with a code or a refresh token.
    pub(crate) async fn token_requests(&self) -> u64 {
        let state = self.shown("state").await;
        let count = |endpoint: &str| state["requests"][endpoint].as_u64().expect("a count");
        count("token.authorization_code") + count("token.refresh_token") + count("token.invalid")
    }

    fn control_url(&self, route: &str) -> String {
        format!("{}/{}/__control/{route}", self.base, self.row.name)
    }
}

pub(crate) struct Given(pub(crate) CredentialSet);

#[async_trait]
impl CredentialSource for Given {
    async fn credentials(&self) -> Result<CredentialSet, Error> {
        Ok(self.0.clone())
    }
}

/// The stand-in's value for the variable with this ending, or an empty text.
fn said(platform: PlatformName, base: &str, ending: &str) -> String {
    let settings = counterfoil_stand_ins::variables(platform.as_str(), base);
    settings.into_iter().find(|(name, _)| *name == ending).map(|(_, value)| value).unwrap_or_default()
}

pub(crate) fn credentials(platform: PlatformName) -> [(String, String); 2] {
    ["CLIENT_ID", "CLIENT_SECRET"].map(|ending| (variable(platform, ending), said(platform, "", ending)))
}

fn configured(platform: PlatformName, base: &str) -> Configured {
    let facts = facts_of(platform).expect("it has OAuth");
    let url = |ending: &str| Url::parse(&said(platform, base, ending)).expect("an address");
    Configured {
        authorize: url(AUTHORIZE_URL),
        token: url(TOKEN_URL),
        revoke: facts.revoke.map(|_| url(REVOKE_URL)),
        api: said(platform, base, API_URL),
        issuer: facts.issuer.map(str::to_owned),
        more: facts.more.iter().map(|(ending, _)| (*ending, url(ending))).collect(),
        scopes: facts.scopes.split_whitespace().map(str::to_owned).collect(),
        pkce: facts.pkce,
        data_centers: said(platform, base, DATA_CENTERS).split_terminator(',').map(data_center).collect(),
    }
}

fn data_center(entry: &str) -> DataCenter {
    let (location, hosts) = entry.split_once('=').expect("a location");
    let (accounts, api) = hosts.split_once('|').expect("two hosts");
    DataCenter { location: location.to_owned(), accounts: accounts.to_owned(), api: api.to_owned() }
}

#[expect(clippy::disallowed_methods, reason = "a browser of the tests' own; nothing of ours is deployed with it")]
fn client() -> Client {
    // Another test in this process may have installed the provider already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Client::builder().no_proxy().redirect(Policy::none()).build().expect("a client")
}
