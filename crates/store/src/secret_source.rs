//! Where secrets come from: AWS Secrets Manager, or the laptop's own files; read when first needed, and again now and
//! then, so that what an operator fills in takes effect without a deployment.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata as _;
use counterfoil_core::Error;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::clock::Clock;
use tokio::sync::Mutex;

/// One secret, wherever it is.
pub struct SecretSource {
    place: Place,
    clock: Arc<dyn Clock>,
    read: Mutex<Option<(Secret, Duration)>>,
}

enum Place {
    Given(Secret),
    SecretsManager { manager: Arc<SecretsManager>, arn: String, variable: &'static str },
    Nowhere { variable: &'static str },
}

/// Secrets Manager, with one client for all secrets, made when one is first asked for.
pub struct SecretsManager {
    aws: SdkConfig,
    client: OnceLock<Client>,
}

impl SecretsManager {
    /// Asks nothing and makes nothing yet.
    pub fn new(aws: &SdkConfig) -> Self {
        Self { aws: aws.clone(), client: OnceLock::new() }
    }

    fn client(&self) -> &Client {
        self.client.get_or_init(|| Client::new(&self.aws))
    }
}

/// How long a secret is used before it is read again.
const FRESH_FOR: Duration = Duration::from_secs(300);

/// How often a reading ahead lets others go first: enough for a connection on this machine and a request over it.
const TURNS_OF_OTHERS: u32 = 8;

impl SecretSource {
    /// A secret that is at hand.
    pub fn given(secret: Secret, clock: Arc<dyn Clock>) -> Self {
        Self { place: Place::Given(secret), clock, read: Mutex::new(None) }
    }

    /// A secret in Secrets Manager.
    pub fn secrets_manager(manager: Arc<SecretsManager>, arn: String, variable: &'static str, clock: Arc<dyn Clock>) -> Self {
        Self { place: Place::SecretsManager { manager, arn, variable }, clock, read: Mutex::new(None) }
    }

    /// A secret that this function was not given; `variable` is where it would have been named.
    pub fn nowhere(variable: &'static str, clock: Arc<dyn Clock>) -> Self {
        Self { place: Place::Nowhere { variable }, clock, read: Mutex::new(None) }
    }

    /// The secret's text. What was read before is used where it cannot be read again.
    ///
    /// # Errors
    /// `Misconfigured`, naming the secret and what to do.
    pub async fn get(&self) -> Result<Secret, Error> {
        let (client, arn, variable) = match &self.place {
            Place::Given(secret) => return Ok(secret.clone()),
            Place::Nowhere { variable } => {
                return Err(missing(&format!("{variable} is not set for this function: name the secret there.")));
            }
            Place::SecretsManager { manager, arn, variable } => (manager.client(), arn, *variable),
        };
        let mut read = self.read.lock().await;
        let now = self.clock.elapsed();
        if let Some((secret, at)) = read.as_ref()
            && now.saturating_sub(*at) < FRESH_FOR
        {
            return Ok(secret.clone());
        }
        match (fetch(client, arn, variable).await, read.take()) {
            (Ok(secret), _) | (Err(_), Some((secret, _))) => {
                *read = Some((secret.clone(), now));
                Ok(secret)
            }
            (Err(error), None) => Err(error),
        }
    }

    /// Begins to read it, so that it is there when it is first needed; behind the first request for an event, which a start
    /// is measured by.
    pub fn read_ahead(self: &Arc<Self>) {
        if matches!(self.place, Place::SecretsManager { .. }) {
            let source = Arc::clone(self);
            tokio::spawn(async move {
                for _ in 0..TURNS_OF_OTHERS {
                    tokio::task::yield_now().await;
                }
                drop(source.get().await);
            });
        }
    }
}

async fn fetch(client: &Client, arn: &str, variable: &'static str) -> Result<Secret, Error> {
    let answer = client.get_secret_value().secret_id(arn).send().await.map_err(|error| {
        let code = error.as_service_error().and_then(|error| error.code()).unwrap_or("no answer").to_owned();
        tracing::error!(arn, code, "a secret could not be read");
        missing(&format!(
            "The secret named in {variable} could not be read from Secrets Manager ({code}). Check that it exists and that the role may read it."
        ))
    })?;
    answer.secret_string.map(Secret::new).ok_or_else(|| missing(&format!("The secret named in {variable} holds no text.")))
}

fn missing(message: &str) -> Error {
    Error::Misconfigured { code: "secret_missing", message: message.to_owned() }
}
