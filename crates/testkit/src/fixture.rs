//! An installation for tests: one table, one platform, and any number of processes.

mod consent;
mod items;
mod rows;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use counterfoil_core::App;
use counterfoil_core::model::audit::Action;
use counterfoil_core::model::connection::Freshness;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::partner::Partner;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::clock::{Clock, SystemClock};
use counterfoil_core::port::entropy::Entropy;
use counterfoil_core::port::origin::NoRequests;
use counterfoil_core::port::sealer::Sealer;
use counterfoil_core::port::store::partners::OperatorStore as _;
use counterfoil_core::service::audit::counts::Counts;
use counterfoil_core::service::health::figures::Figures;
use counterfoil_core::service::partner::authenticate::KeyMemory;
use counterfoil_core::service::vault::refresh::UnusedLeases;
use counterfoil_core::service::vault::unstored::UnstoredGrants;
use counterfoil_core::settings::Settings;
use counterfoil_desktop::books::Books;
use counterfoil_store::Table;
use counterfoil_store::aws::{SdkConfig, keyed_local_config};
use counterfoil_store::sealing::{Keyring, KeyringSealer};
use counterfoil_store::secret_source::{Place, SecretSource};
use jiff::Timestamp;

pub use self::consent::{connected, consented, consented_by, finish_consent, retry_consent, try_consent};
pub use self::items::Item;
pub use self::rows::{by_operator, company, connection, connection_id, flow, lease, stored_grant};

use crate::clock::MovableClock;
use crate::dynamodb::{DynamoDb, unique_access_key};
use crate::entropy::SeededEntropy;
use crate::parking::ParkingLot;
use crate::platform::{RotationPolicy, ScriptedPlatform, ScriptedPlatforms};
use crate::waking::Wakings;
use crate::webhooks::{CourierCalls, ScriptedWebhooks};
use crate::wire::Wire;

/// The start time of tests with their own clock.
pub const START: Timestamp = Timestamp::constant(1_767_225_600, 0);

/// The name of the table of every installation.
pub const TABLE: &str = "counterfoil";

const KEYRING: &str = r#"{"primary":"a-key-for-tests-of-forty-three-characters-or-more"}"#;

/// One table, one platform, one clock.
#[derive(Debug)]
pub struct Fixture {
    /// Serves until it is dropped.
    _database: DynamoDb,
    access_key: String,
    bare: Client,
    table: Table,
    /// The proxy between every process and the table.
    pub wire: Wire,
    /// The platform of every connection.
    pub platform: Arc<ScriptedPlatform>,
    /// The parking place for grants.
    pub parking: Arc<ParkingLot>,
    /// The connections for which the worker of imports was woken.
    pub wakings: Arc<Wakings>,
    /// The webhook endpoints of every partner.
    pub webhooks: Arc<ScriptedWebhooks>,
    /// The calls for a courier.
    pub courier_calls: Arc<CourierCalls>,
    /// The settings of the processes that are started from now on.
    pub settings: Settings,
    processes: AtomicU64,
}

impl Fixture {
    /// An empty table with the partner `default`, and a platform with this treatment of refresh tokens. The settings are the defaults.
    ///
    /// # Panics
    ///
    /// If the embedded database fails.
    pub async fn new(policy: RotationPolicy) -> Self {
        let database = DynamoDb::named_or_embedded().await;
        let access_key = unique_access_key();
        let wire = Wire::before(database.endpoint()).await;
        let table = table_over(&wire, &access_key);
        let installation = Self {
            bare: Client::new(&keyed_local_config(database.endpoint(), &access_key)),
            _database: database,
            access_key,
            table,
            wire,
            platform: Arc::new(ScriptedPlatform::new(policy)),
            parking: Arc::default(),
            wakings: Arc::default(),
            webhooks: Arc::default(),
            courier_calls: Arc::default(),
            // With clocks that stand still, the second refresh of a run would never begin.
            settings: Settings { stagger: Duration::ZERO, ..Settings::default() },
            processes: AtomicU64::new(0),
        };
        let table = installation.table();
        table.create().await.expect("a table in an empty database");
        let partner = Partner {
            id: PartnerId::default_partner(),
            name: "Default".to_owned(),
            redirect_uris: Vec::new(),
            created_at: START,
        };
        table
            .create_partner(&partner, &by_operator(&partner.id, Action::PartnerCreated))
            .await
            .expect("a partner in an empty table");
        installation.wire.reset();
        installation
    }

    /// An installation with settings that are short enough for the machine's own clock.
    pub async fn in_real_time(policy: RotationPolicy) -> Self {
        let settings = quick();
        Self { settings, ..Self::new(policy).await }
    }

    /// The table behind the proxy. Every process uses the same client.
    pub fn table(&self) -> Table {
        self.table.clone()
    }

    /// The table through a separate client, for a process that a test kills together with its connections.
    pub fn separate_table(&self) -> Table {
        table_over(&self.wire, &self.access_key)
    }

    /// A process with the machine's own clock.
    pub fn process(&self) -> Arc<App> {
        Arc::new(self.app(Arc::new(SystemClock::start())))
    }

    /// A process with a clock that the test moves.
    pub fn process_at(&self, clock: &Arc<MovableClock>) -> Arc<App> {
        Arc::new(self.app(Arc::clone(clock) as Arc<dyn Clock>))
    }

    /// The parts of a process, so that a test can replace one before it starts.
    pub fn app(&self, clock: Arc<dyn Clock>) -> App {
        self.app_of(clock, self.table())
    }

    /// The same over that table.
    pub fn app_of(&self, clock: Arc<dyn Clock>, table: Table) -> App {
        let number = self.processes.fetch_add(1, Ordering::Relaxed);
        let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(number));
        let table = Arc::new(table);
        App {
            connections: table.clone(),
            grants: table.clone(),
            revocations: table.clone(),
            probes: table.clone(),
            purges: table.clone(),
            records: table.clone(),
            syncs: table.clone(),
            outbox: table.clone(),
            endpoints: table.clone(),
            deliveries: table.clone(),
            sweeps: table.clone(),
            webhooks: self.webhooks.clone(),
            courier: self.courier_calls.clone(),
            flows: table.clone(),
            handovers: table.clone(),
            audit_log: table.clone(),
            links: table.clone(),
            end_users: table.clone(),
            jobs: table.clone(),
            idempotency: table.clone(),
            health: table.clone(),
            partners: table,
            parking: self.parking.clone(),
            waker: self.wakings.clone(),
            sealer: sealer(&clock, &entropy),
            company_files: Arc::new(Books),
            platforms: Arc::new(ScriptedPlatforms::all(&self.platform)),
            key_memory: KeyMemory::default(),
            skew: Arc::default(),
            unstored: UnstoredGrants::default(),
            unused_leases: UnusedLeases::default(),
            counts: Counts::default(),
            figures: Figures::default(),
            origins: Arc::new(NoRequests),
            settings: self.settings,
            public_base_url: Some("https://counterfoil.test".to_owned()),
            open_start: true,
            show_docs: true,
            freshness: Freshness::Always,
            owner: format!("process-{number}"),
            clock,
            entropy,
        }
    }

    /// The configuration of another client of this database, through the proxy.
    pub fn sdk_config(&self) -> SdkConfig {
        keyed_local_config(self.wire.endpoint(), &self.access_key)
    }

    /// A client of the table that does not use the proxy, which counts requests.
    pub fn client(&self) -> &Client {
        &self.bare
    }
}

/// The client makes as many tries as in production, with the shortest pauses, because these pass in real time.
fn table_over(wire: &Wire, access_key: &str) -> Table {
    let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
    let config = keyed_local_config(wire.endpoint(), access_key).into_builder().retry_config(retries).build();
    Table::new(&config, TABLE)
}

/// The sealer of every process of an installation.
pub(crate) fn sealer(clock: &Arc<dyn Clock>, entropy: &Arc<dyn Entropy>) -> Arc<dyn Sealer> {
    let keyring = SecretSource::new(Place::Given(Secret::new(KEYRING)), Keyring::parse, Arc::clone(clock));
    Arc::new(KeyringSealer::new(Arc::new(keyring), Arc::clone(entropy)))
}

/// The default settings divided by a hundred, so that tests are fast, and times that must not be confused stay far apart.
pub(crate) fn quick() -> Settings {
    Settings {
        platform_timeout: Duration::from_secs(5),
        commit_budget: Duration::from_secs(2),
        lease: Duration::from_secs(20),
        function_time: Duration::from_secs(60),
        rest: Duration::from_millis(300),
        wait: Duration::from_secs(10),
        poll: Duration::from_millis(5),
        backoff_first: Duration::from_millis(20),
        backoff_longest: Duration::from_millis(200),
        ..Settings::default()
    }
}
