//! Assembles the app once in each process: a Lambda function, the laptop or a test.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::clock::{Clock, SystemClock};
use counterfoil_core::port::entropy::{Entropy, SystemEntropy};
use counterfoil_core::port::parking::Parking;
use counterfoil_core::port::wake::{Wake, WakeCourier};
use counterfoil_core::service::audit::counts::Counts;
use counterfoil_core::service::health::figures::Figures;
use counterfoil_core::service::partner::authenticate::KeyMemory;
use counterfoil_core::service::vault::refresh::UnusedLeases;
use counterfoil_core::service::vault::skew::Skew;
use counterfoil_core::service::vault::unstored::UnstoredGrants;
use counterfoil_core::{App, Error};
use counterfoil_desktop::books::Books;
use counterfoil_platforms::credentials::CredentialSet;
use counterfoil_platforms::{CredentialSource, Registry};
use counterfoil_store::Table;
use counterfoil_store::aws::SdkConfig;
use counterfoil_store::courier_queue::CourierQueue;
use counterfoil_store::parking::{Folder, NoParking, ParkingQueue};
use counterfoil_store::sealing::{Keyring, KeyringSealer};
use counterfoil_store::secret_source::{Place, SecretSource, SecretsManager};
use counterfoil_store::waking::{NoQueue, WakeQueue};
use counterfoil_webhooks::Sender;

use crate::config::{Config, ParkingPlace, SecretPlace};
use crate::origin::TaskOrigins;

/// The clock, the source of randomness, and the wakers of this process. Tests replace the first two.
pub struct World {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Whether the clock shows the real time. Only then it is compared with the dates of the table's answers.
    pub is_real_time: bool,
    /// Wakes the worker of imports in this process. `None`: the configuration names the queue.
    pub waker: Option<Arc<dyn Wake>>,
    /// Wakes the courier in this process. `None`: the configuration names the queue.
    pub courier: Option<Arc<dyn WakeCourier>>,
}

impl World {
    /// The machine's own clock and randomness.
    pub fn real() -> Self {
        Self {
            clock: Arc::new(SystemClock::start()),
            entropy: Arc::new(SystemEntropy),
            is_real_time: true,
            waker: None,
            courier: None,
        }
    }
}

/// Assembles an application. It waits for no request. The keyring begins to load.
pub fn assemble(config: &Config, aws: &SdkConfig, world: World) -> Arc<App> {
    let World { clock, entropy, is_real_time, waker, courier } = world;
    let skew = Arc::<Skew>::default();
    let table = Arc::new(if is_real_time {
        Table::watching(aws, &config.table_name, Arc::clone(&clock), Arc::clone(&skew))
    } else {
        Table::new(aws, &config.table_name)
    });
    let secrets = Arc::new(SecretsManager::new(aws));
    let keyring = Arc::new(keyring(config, &secrets, &clock));
    let credentials = credentials(config, &secrets, &clock);
    keyring.read_ahead();
    let owner = entropy.id("process_", clock.now());
    Arc::new(App {
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
        flows: table.clone(),
        handovers: table.clone(),
        audit_log: table.clone(),
        links: table.clone(),
        end_users: table.clone(),
        jobs: table.clone(),
        idempotency: table.clone(),
        health: table.clone(),
        partners: table,
        parking: parking(config, aws),
        waker: waker.unwrap_or_else(|| waker_of(config, aws)),
        webhooks: Arc::new(Sender::new(config.allows_loopback_webhooks)),
        courier: courier.unwrap_or_else(|| courier_of(config, aws)),
        sealer: Arc::new(KeyringSealer::new(keyring, Arc::clone(&entropy))),
        company_files: Arc::new(Books),
        platforms: Arc::new(Registry::new(config.platforms.clone(), credentials)),
        key_memory: KeyMemory::default(),
        skew,
        unstored: UnstoredGrants::default(),
        unused_leases: UnusedLeases::default(),
        counts: Counts::default(),
        figures: Figures::default(),
        origins: Arc::new(TaskOrigins),
        settings: config.settings,
        public_base_url: config.public_base_url.clone(),
        open_start: config.open_start,
        show_docs: config.show_docs,
        freshness: config.freshness,
        owner,
        clock,
        entropy,
    })
}

fn waker_of(config: &Config, aws: &SdkConfig) -> Arc<dyn Wake> {
    match &config.import_queue {
        Some(url) => Arc::new(WakeQueue::new(aws, url.clone())),
        None => Arc::new(NoQueue),
    }
}

fn courier_of(config: &Config, aws: &SdkConfig) -> Arc<dyn WakeCourier> {
    match &config.courier_queue {
        Some(url) => Arc::new(CourierQueue::new(aws, url.clone())),
        None => Arc::new(NoQueue),
    }
}

fn parking(config: &Config, aws: &SdkConfig) -> Arc<dyn Parking> {
    match &config.parking {
        ParkingPlace::Queue(url) => Arc::new(ParkingQueue::new(aws, url.clone())),
        ParkingPlace::Folder(path) => Arc::new(Folder::new(path)),
        ParkingPlace::Nowhere => Arc::new(NoParking),
    }
}

fn keyring(config: &Config, secrets: &Arc<SecretsManager>, clock: &Arc<dyn Clock>) -> SecretSource<Keyring> {
    let place = match &config.keyring {
        SecretPlace::SecretsManager(arn) => in_secrets_manager(secrets, arn, "KEYRING_SECRET_ARN"),
        SecretPlace::Variables(variables) => Place::Given(Secret::new(variables.values().next().cloned().unwrap_or_default())),
        SecretPlace::Nowhere => Place::Nowhere { variable: "KEYRING_SECRET_ARN" },
    };
    SecretSource::new(place, Keyring::parse, Arc::clone(clock))
}

fn credentials(config: &Config, secrets: &Arc<SecretsManager>, clock: &Arc<dyn Clock>) -> Arc<dyn CredentialSource> {
    match &config.credentials {
        SecretPlace::SecretsManager(arn) => {
            let place = in_secrets_manager(secrets, arn, "CREDENTIALS_SECRET_ARN");
            Arc::new(StoredCredentials(SecretSource::new(place, CredentialSet::parse, Arc::clone(clock))))
        }
        SecretPlace::Variables(variables) => Arc::new(GivenCredentials(variables.clone())),
        SecretPlace::Nowhere => Arc::new(GivenCredentials(BTreeMap::new())),
    }
}

fn in_secrets_manager(secrets: &Arc<SecretsManager>, arn: &str, variable: &'static str) -> Place {
    Place::SecretsManager { manager: Arc::clone(secrets), arn: arn.to_owned(), variable }
}

struct StoredCredentials(SecretSource<CredentialSet>);

#[async_trait]
impl CredentialSource for StoredCredentials {
    async fn credentials(&self) -> Result<CredentialSet, Error> {
        Ok(self.0.get().await?.as_ref().clone())
    }
}

struct GivenCredentials(BTreeMap<String, String>);

#[async_trait]
impl CredentialSource for GivenCredentials {
    async fn credentials(&self) -> Result<CredentialSet, Error> {
        Ok(CredentialSet::from_variables(self.0.clone()))
    }
}
