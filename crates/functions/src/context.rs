//! Puts the parts together, once per process: for a Lambda function, for the laptop, for a test.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::clock::{Clock, SystemClock};
use counterfoil_core::port::entropy::{Entropy, SystemEntropy};
use counterfoil_core::port::parking::Parking;
use counterfoil_core::service::authenticate::KeyMemory;
use counterfoil_core::{App, Error};
use counterfoil_platforms::credentials::CredentialSet;
use counterfoil_platforms::{CredentialSource, Registry};
use counterfoil_store::Table;
use counterfoil_store::aws::SdkConfig;
use counterfoil_store::parking::{Folder, NoParking, Queue};
use counterfoil_store::sealing::KeyringSealer;
use counterfoil_store::secret_source::{SecretSource, SecretsManager};

use crate::config::{Config, ParkingPlace, SecretPlace};

/// Time and chance, which tests may hold.
pub struct World {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
}

impl World {
    /// The real ones.
    pub fn real() -> Self {
        Self { clock: Arc::new(SystemClock::start()), entropy: Arc::new(SystemEntropy) }
    }
}

/// Puts an application together. Nothing is asked of the network yet, but secrets begin to be read.
pub fn assemble(config: &Config, aws: &SdkConfig, world: World) -> Arc<App> {
    let World { clock, entropy } = world;
    let table = Arc::new(Table::new(aws, &config.table_name));
    let secrets = Arc::new(SecretsManager::new(aws));
    let keyring = Arc::new(keyring(config, &secrets, &clock));
    let credentials = credentials(config, &secrets, &clock);
    keyring.read_ahead();
    let owner = entropy.id("process_", clock.now());
    Arc::new(App {
        connections: table.clone(),
        grants: table.clone(),
        revocations: table.clone(),
        flows: table.clone(),
        handovers: table.clone(),
        audit_log: table.clone(),
        links: table.clone(),
        directory: table,
        parking: parking(config, aws),
        sealer: Arc::new(KeyringSealer::new(keyring, Arc::clone(&entropy))),
        platforms: Arc::new(Registry::new(config.endpoints.clone(), credentials)),
        key_memory: KeyMemory::default(),
        settings: config.settings,
        public_base_url: config.public_base_url.clone(),
        open_start: config.open_start,
        freshness: config.freshness,
        owner,
        clock,
        entropy,
    })
}

fn parking(config: &Config, aws: &SdkConfig) -> Arc<dyn Parking> {
    match &config.parking {
        ParkingPlace::Queue(url) => Arc::new(Queue::new(aws, url.clone())),
        ParkingPlace::Folder(path) => Arc::new(Folder::new(path)),
        ParkingPlace::Nowhere => Arc::new(NoParking),
    }
}

fn keyring(config: &Config, secrets: &Arc<SecretsManager>, clock: &Arc<dyn Clock>) -> SecretSource {
    let clock = Arc::clone(clock);
    match &config.keyring {
        SecretPlace::SecretsManager(arn) => {
            SecretSource::secrets_manager(Arc::clone(secrets), arn.clone(), "KEYRING_SECRET_ARN", clock)
        }
        SecretPlace::Variables(variables) => {
            let text = variables.values().next().cloned().unwrap_or_default();
            SecretSource::given(Secret::new(text), clock)
        }
        SecretPlace::Nowhere => SecretSource::nowhere("KEYRING_SECRET_ARN", clock),
    }
}

fn credentials(config: &Config, secrets: &Arc<SecretsManager>, clock: &Arc<dyn Clock>) -> Arc<dyn CredentialSource> {
    match &config.credentials {
        SecretPlace::SecretsManager(arn) => {
            let source = Arc::new(SecretSource::secrets_manager(
                Arc::clone(secrets),
                arn.clone(),
                "CREDENTIALS_SECRET_ARN",
                Arc::clone(clock),
            ));
            Arc::new(StoredCredentials(source))
        }
        SecretPlace::Variables(variables) => Arc::new(GivenCredentials(variables.clone())),
        SecretPlace::Nowhere => Arc::new(GivenCredentials(BTreeMap::new())),
    }
}

struct StoredCredentials(Arc<SecretSource>);

#[async_trait]
impl CredentialSource for StoredCredentials {
    async fn credentials(&self) -> Result<CredentialSet, Error> {
        CredentialSet::parse(&self.0.get().await?)
    }
}

struct GivenCredentials(BTreeMap<String, String>);

#[async_trait]
impl CredentialSource for GivenCredentials {
    async fn credentials(&self) -> Result<CredentialSet, Error> {
        Ok(CredentialSet::from_variables(self.0.clone()))
    }
}
