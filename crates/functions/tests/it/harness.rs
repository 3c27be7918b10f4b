//! An installation of Counterfoil: table, stand-ins of the platforms, clock, partner and key, and any number of processes.

mod browser;
pub(crate) mod contract;
mod http;
mod logs;
mod rows;
mod scripted;
mod stand_ins;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use counterfoil_core::App;
use counterfoil_core::model::api_key::{ApiKey, PresentedKey, Scope, compose};
use counterfoil_core::model::audit::{Action, Audit};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::partner::Partner;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::clock::Clock;
use counterfoil_core::port::entropy::{Entropy as _, SystemEntropy};
use counterfoil_core::port::store::partners::OperatorStore as _;
use counterfoil_core::port::store::{Created, Written};
use counterfoil_core::settings::Settings;
use counterfoil_functions::config::Config;
use counterfoil_functions::router;
use counterfoil_functions::wiring::{World, assemble};
use counterfoil_store::courier_queue::CourierQueue;
use counterfoil_store::{Table, aws};
use counterfoil_testkit::clock::MovableClock;
use counterfoil_testkit::dynamodb::DynamoDb;
use counterfoil_testkit::fixture::by_operator;
use counterfoil_testkit::wire::Wire;
use jiff::Timestamp;

pub(crate) use browser::Browser;
pub(crate) use http::{Answer, Ask, get, post};
pub(crate) use logs::Logs;
pub(crate) use rows::{Row, Rows, text};
pub(crate) use scripted::ScriptedServer;
pub(crate) use stand_ins::{
    HARBOR, LARKSPUR, OTHER_KEYS, PlatformServers, parameter, settings as stand_in_settings, with_parameter,
};

/// The host for browsers, which is the base of all addresses.
pub(crate) const HOST: &str = "books.example.com";
pub(crate) const BASE_URL: &str = "https://books.example.com";
/// The return URL of the partner `default`.
pub(crate) const RETURN_URL: &str = "https://app.example.com/done?from=books";
/// The first time of the clock: 2026-03-02T09:00:00Z, in seconds since 1970.
pub(crate) const BEGINNING: i64 = 1_772_442_000;

const TABLE: &str = "counterfoil";
/// The courier's queue, if that of imports is set too.
const COURIER_QUEUE: &str = "https://sqs.example.com/courier";
pub(crate) const KEYRING: &str = r#"{"primary":"keyring-of-the-tests-0123456789-0123456789-0123"}"#;

/// The installation of a test, which ends with it.
pub(crate) struct Installation {
    pub(crate) clock: Arc<MovableClock>,
    pub(crate) stand_ins: PlatformServers,
    /// The proxy between every process and DynamoDB.
    pub(crate) wire: Wire,
    /// The table, without the proxy.
    pub(crate) rows: Rows,
    /// The first process.
    pub(crate) server: Router,
    /// A key of the partner `default` with every scope.
    pub(crate) key: String,
    table: Table,
    variables: BTreeMap<String, String>,
    database: DynamoDb,
}

impl Installation {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The address of the database, without the proxy.
    pub(crate) fn database(&self) -> &str {
        self.database.endpoint()
    }

    /// Our code, as a consent for this connection returns it to this address.
    pub(crate) async fn code_of(&self, company_key: &str, redirect_uri: &str) -> String {
        let start = format!(
            "/v1/oauth/authorize?platform=quickbooks&partnerId=default&companyKey={company_key}&redirectUri={}",
            crate::callback::encoded(redirect_uri)
        );
        let start = get(start).key(&self.key).to(&self.server).await;
        let handed = self.consent(start.location(), LARKSPUR).await;
        parameter(handed.location(), "code").expect("a code")
    }

    /// An installation with changed variables. A blank one is not set.
    pub(crate) async fn start_with(changes: &[(&str, &str)]) -> Self {
        let database = DynamoDb::start().await;
        let wire = Wire::before(database.endpoint()).await;
        let past_the_wire = aws::local_config(database.endpoint());
        let table = Table::new(&past_the_wire, TABLE);
        table.create().await.expect("an empty database");
        let stand_ins = PlatformServers::start(&format!("{BASE_URL}/oauth/callback")).await;
        let clock = Arc::new(MovableClock::self_advancing(at(BEGINNING)));
        let mut variables = stand_ins.variables();
        let own = [("TABLE_NAME", TABLE), ("PUBLIC_BASE_URL", BASE_URL), ("OPEN_START", "true"), ("KEYRING", KEYRING)];
        for (name, value) in own.iter().chain(changes) {
            variables.insert((*name).to_owned(), (*value).to_owned());
        }
        let mut installation = Self {
            server: process(&variables, wire.endpoint(), clock.clone()),
            rows: Rows::of(&past_the_wire, TABLE),
            clock,
            stand_ins,
            wire,
            key: String::new(),
            table,
            variables,
            database,
        };
        installation.partner("default", &[RETURN_URL]).await;
        installation.key = installation.key_of("default", &Scope::ALL).await;
        installation
    }

    /// The installation with settings that no variable has.
    pub(crate) fn with_settings(mut self, change: impl FnOnce(Settings) -> Settings) -> Self {
        let mut config = Config::from_variables(&self.variables).expect("a complete configuration");
        config.settings = change(config.settings);
        let world = World {
            clock: self.clock.clone(),
            entropy: Arc::new(SystemEntropy),
            is_real_time: false,
            waker: None,
            courier: None,
        };
        self.server = router::all(&assemble(&config, &aws::local_config(self.wire.endpoint()), world));
        self
    }

    /// Another process with the same table and platform. A blank variable is not set.
    pub(crate) fn process(&self, changes: &[(&str, &str)]) -> Router {
        self.process_at(changes, self.wire.endpoint(), self.clock.clone())
    }

    /// Another process with another database or clock.
    pub(crate) fn process_at(&self, changes: &[(&str, &str)], database: &str, clock: Arc<dyn Clock>) -> Router {
        let mut variables = self.variables.clone();
        variables.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        process(&variables, database, clock)
    }

    /// The app of a worker.
    pub(crate) fn app(&self) -> Arc<App> {
        parts(&self.variables, self.wire.endpoint(), self.clock.clone())
    }

    pub(crate) async fn partner(&self, id: &str, redirect_uris: &[&str]) {
        let partner = Partner {
            id: PartnerId::parse(id).expect("an id"),
            name: id.to_owned(),
            redirect_uris: redirect_uris.iter().map(|uri| (*uri).to_owned()).collect(),
            created_at: self.clock.now(),
        };
        assert_eq!(
            self.table.create_partner(&partner, &by_operator(&partner.id, Action::PartnerCreated)).await,
            Ok(Created::Stored)
        );
    }

    /// A new key with these scopes. It is publishable if `consent:start` is the only one.
    pub(crate) async fn key_of(&self, partner: &str, scopes: &[Scope]) -> String {
        self.key_until(partner, scopes, None).await
    }

    /// A new key with an expiry.
    pub(crate) async fn key_until(&self, partner: &str, scopes: &[Scope], expires_at: Option<Timestamp>) -> String {
        let partner = PartnerId::parse(partner).expect("an id");
        let mut random = [0; 64];
        SystemEntropy.fill(&mut random);
        let secret = compose(&partner, scopes == [Scope::ConsentStart], &random);
        let PresentedKey { id, hash, .. } = PresentedKey::parse(&secret).expect("well formed");
        let (created_at, last_used_at) = (self.clock.now(), self.clock.now());
        let (name, scopes, revoked_at) = ("test".to_owned(), scopes.to_vec(), None);
        let key = ApiKey { id, partner, hash, name, scopes, created_at, expires_at, revoked_at, last_used_at };
        let audit = by_operator(&key.partner, Action::KeyCreated);
        assert_eq!(self.table.create_key(&key, &audit).await, Ok(Created::Stored));
        secret.expose().to_owned()
    }

    /// Revokes a key.
    pub(crate) async fn revoke(&self, key: &str) {
        let presented = PresentedKey::parse(&Secret::new(key)).expect("well formed");
        let audit = Audit { at: self.clock.now(), ..by_operator(&presented.partner, Action::KeyRevoked) };
        let revoked = self.table.revoke_key(&presented.partner, &presented.id, &audit).await;
        assert_eq!(revoked, Ok(Written::Stored));
    }

    /// Connects a company, by a start with the key that has every scope.
    pub(crate) async fn connect(&self, company_key: &str, realm: &str) -> Answer {
        let start = get(format!("/oauth/start/{company_key}")).key(&self.key).to(&self.server).await;
        let answer = self.consent(start.location(), realm).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer
    }

    /// Runs a consent from the address of a server's start to the callback, in a new browser.
    pub(crate) async fn consent(&self, address: &str, realm: &str) -> Answer {
        let mut browser = Browser::curl(&self.server);
        let page = browser.open(address).await;
        browser.get(self.stand_ins.consent(&page, realm).await).await
    }

    /// Reads a token, with the key that has every scope.
    pub(crate) async fn token(&self, company_key: &str) -> Answer {
        get(format!("/api/token/{company_key}")).key(&self.key).to(&self.server).await
    }

    /// Refreshes a token, with the key that has every scope.
    pub(crate) async fn refresh(&self, company_key: &str) -> Answer {
        post(format!("/api/token/{company_key}/refresh")).key(&self.key).to(&self.server).await
    }

    /// Reads a connection, with the key that has every scope.
    pub(crate) async fn connection(&self, company_key: &str) -> Answer {
        get(format!("/api/connections/{company_key}")).key(&self.key).to(&self.server).await
    }

    /// Lets time pass, for Counterfoil and the platforms.
    pub(crate) async fn pass(&self, seconds: u32) {
        self.clock.advance(Duration::from_secs(seconds.into()));
        self.stand_ins.control("clock", serde_json::json!({ "advance_seconds": seconds })).await;
    }
}

/// A time in seconds since 1970.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).expect("in range")
}

fn process(variables: &BTreeMap<String, String>, database: &str, clock: Arc<dyn Clock>) -> Router {
    router::all(&parts(variables, database, clock))
}

fn parts(variables: &BTreeMap<String, String>, database: &str, clock: Arc<dyn Clock>) -> Arc<App> {
    let config = Config::from_variables(variables).expect("a complete configuration");
    let aws = aws::local_config(database);
    // A configuration that names the courier's queue refuses webhook endpoints on this machine.
    let courier = config.import_queue.as_ref().map(|_| Arc::new(CourierQueue::new(&aws, COURIER_QUEUE.to_owned())) as _);
    let world = World { clock, entropy: Arc::new(SystemEntropy), is_real_time: false, waker: None, courier };
    assemble(&config, &aws, world)
}
