//! Reads secrets from AWS Secrets Manager, or from the laptop's own files. A secret is read when it is first needed, and again every five
//! minutes, so that an operator's change takes effect without a deployment.
//!
//! The last valid value stays in use while Secrets Manager does not answer or refuses, or while the secret cannot be parsed. Losing the
//! keyring for a moment would lose the grants that arrive meanwhile.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata as _;
use counterfoil_core::model::secret::{Fingerprint, Secret};
use counterfoil_core::port::clock::{Clock, Moment};
use counterfoil_core::{Error, Misconfiguration};

/// A secret, parsed as `T`.
pub struct SecretSource<T> {
    place: Place,
    parse: fn(&Secret) -> Result<T, Error>,
    clock: Arc<dyn Clock>,
    state: Mutex<State<T>>,
    /// Held while the secret is read, so that one task reads it at a time.
    turn: tokio::sync::Mutex<()>,
}

/// Where a secret is.
pub enum Place {
    /// In memory.
    Given(Secret),
    /// In Secrets Manager.
    SecretsManager {
        /// The client.
        manager: Arc<SecretsManager>,
        /// The secret's ARN.
        arn: String,
        /// The variable that names it.
        variable: &'static str,
    },
    /// Nowhere: this function has no access to it.
    Nowhere {
        /// The variable that would name it.
        variable: &'static str,
    },
}

/// Secrets Manager, with one client for all secrets, created at its first use.
pub struct SecretsManager {
    aws: SdkConfig,
    client: OnceLock<Client>,
}

impl SecretsManager {
    /// Sends no request and creates no client yet.
    pub fn new(aws: &SdkConfig) -> Self {
        Self { aws: aws.clone(), client: OnceLock::new() }
    }

    pub(crate) fn client(&self) -> &Client {
        self.client.get_or_init(|| Client::new(&self.aws))
    }
}

struct State<T> {
    /// The last valid value.
    good: Option<(Fingerprint, Arc<T>)>,
    /// When it was last read, and the error if that failed.
    tried: Option<(Moment, Option<Error>)>,
    /// The missing keys for which it was read early: when, and the least time until the next read for the same key.
    sought: HashMap<String, (Moment, Duration)>,
}

/// The time for which a secret is used before it is read again. `counterfoil keyring rotate` waits for it.
pub const FRESH_FOR: Duration = Duration::from_secs(300);
/// After a failed read, the time until the next one, while the last valid value is used.
const RETRY_AFTER: Duration = Duration::from_secs(10);
/// After a failed read without a valid value, the time for which the error is returned to others too.
const FAILURE_SHARED_FOR: Duration = Duration::from_secs(1);
/// The least time between two early reads for the same key. It doubles, up to [`FRESH_FOR`], with each read that does not find the key,
/// so that a damaged row does not cause reads for ever.
const SOUGHT_EVERY: Duration = Duration::from_secs(10);
/// The time after which a missing key is forgotten if nobody asks for it.
const SOUGHT_KEPT: Duration = Duration::from_secs(2 * FRESH_FOR.as_secs());
/// The largest number of missing keys for which the secret is read early.
const SOUGHT_MOST: usize = 16;
/// The time after which a caller should try again if a secret could not be read.
const COME_AGAIN_AFTER: Duration = Duration::from_secs(5);
/// How often the early read at a start yields to other tasks: enough for them to send their first request.
const TURNS_OF_OTHERS: u32 = 8;

impl<T: Send + Sync + 'static> SecretSource<T> {
    /// A secret at this place. Reads nothing yet.
    pub fn new(place: Place, parse: fn(&Secret) -> Result<T, Error>, clock: Arc<dyn Clock>) -> Self {
        let state = Mutex::new(State { good: None, tried: None, sought: HashMap::new() });
        Self { place, parse, clock, state, turn: tokio::sync::Mutex::new(()) }
    }

    /// The secret. The last valid value is used if it cannot be read again.
    ///
    /// # Errors
    /// If there is no valid value: `TryLater` for a temporary failure, otherwise `Misconfigured`, which names the secret and what to do.
    pub async fn get(&self) -> Result<Arc<T>, Error> {
        if let Some(known) = self.known() {
            return known;
        }
        let _turn = match (self.turn.try_lock(), self.good()) {
            (Ok(turn), _) => turn,
            (Err(_), Some(good)) => return Ok(good),
            (Err(_), None) => self.turn.lock().await,
        };
        match self.known() {
            Some(known) => known,
            None => self.read().await,
        }
    }

    /// The secret, read again early because the present value lacks the key `lacks`. It is read at most once in ten seconds for the same
    /// key. Otherwise, or if there is nothing new, the present value is returned.
    ///
    /// # Errors
    /// The error of reading it.
    pub(crate) async fn get_newer(&self, lacks: &str) -> Result<Arc<T>, Error> {
        let before = self.last_try();
        let _turn = self.turn.lock().await;
        // Another task has read it meanwhile.
        if self.last_try() == before && self.may_seek(lacks) {
            self.read().await?;
            if let Some((_, Some(error))) = &self.state().tried {
                return Err(error.clone());
            }
        }
        self.good().ok_or_else(|| Error::Internal("there is no secret to read again".to_owned()))
    }

    /// Starts to read the secret, so that it is there when it is first needed. The read begins after the first request for the event, which
    /// decides how long a start takes.
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

    /// The value or error that is known without reading.
    fn known(&self) -> Option<Result<Arc<T>, Error>> {
        let state = self.state();
        let (tried_at, failure) = state.tried.as_ref()?;
        let age = tried_at.age(self.clock.as_ref());
        match (&state.good, failure) {
            (Some((_, good)), None) => (age < FRESH_FOR || self.is_given()).then(|| Ok(Arc::clone(good))),
            (Some((_, good)), Some(_)) => (age < RETRY_AFTER).then(|| Ok(Arc::clone(good))),
            (None, Some(error)) => (age < FAILURE_SHARED_FOR).then(|| Err(error.clone())),
            (None, None) => None,
        }
    }

    /// Reads the secret. The caller must hold `turn`.
    async fn read(&self) -> Result<Arc<T>, Error> {
        let text = self.text().await;
        let mut state = self.state();
        let parsed = text.and_then(|text| {
            let fingerprint = text.fingerprint();
            match &state.good {
                Some((known, good)) if *known == fingerprint => Ok((fingerprint, Arc::clone(good))),
                _ => Ok((fingerprint, Arc::new((self.parse)(&text)?))),
            }
        });
        state.tried = Some((Moment::of(self.clock.as_ref()), parsed.as_ref().err().cloned()));
        match (parsed, &state.good) {
            (Ok((fingerprint, good)), known) => {
                if known.as_ref().is_some_and(|(known, _)| *known != fingerprint) {
                    state.sought.clear();
                }
                state.good = Some((fingerprint, Arc::clone(&good)));
                Ok(good)
            }
            (Err(error), Some((_, good))) => {
                tracing::error!(%error, fault = error.fault(), "a secret could not be read again; the last good one stays in use");
                Ok(Arc::clone(good))
            }
            (Err(error), None) => Err(error),
        }
    }

    async fn text(&self) -> Result<Secret, Error> {
        match &self.place {
            Place::Given(secret) => Ok(secret.clone()),
            Place::Nowhere { variable } => {
                Err(missing(format!("{variable} is not set for this function: name the secret there.")))
            }
            Place::SecretsManager { manager, arn, variable } => fetch(manager.client(), arn, variable).await,
        }
    }

    /// Whether it may be read early for this key. The read is recorded.
    fn may_seek(&self, lacks: &str) -> bool {
        if self.is_given() {
            return false;
        }
        let mut state = self.state();
        state.sought.retain(|_, (at, _)| at.age(self.clock.as_ref()) < SOUGHT_KEPT);
        let pause = match state.sought.get(lacks) {
            Some((at, pause)) if at.age(self.clock.as_ref()) < *pause => return false,
            Some((_, pause)) => (*pause * 2).min(FRESH_FOR),
            None if state.sought.len() == SOUGHT_MOST => return false,
            None => SOUGHT_EVERY,
        };
        state.sought.insert(lacks.to_owned(), (Moment::of(self.clock.as_ref()), pause));
        true
    }

    fn is_given(&self) -> bool {
        matches!(self.place, Place::Given(_))
    }

    fn good(&self) -> Option<Arc<T>> {
        self.state().good.as_ref().map(|(_, good)| Arc::clone(good))
    }

    fn last_try(&self) -> Option<Moment> {
        self.state().tried.as_ref().map(|(at, _)| *at)
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The errors that only an operator can fix: the secret does not exist, or its use is denied. All other errors are temporary.
/// Source: AWS Secrets Manager API reference, "`GetSecretValue`" and "Common Errors".
const LASTING: [&str; 10] = [
    "ResourceNotFoundException",
    "AccessDeniedException",
    "AccessDenied",
    "DecryptionFailure",
    "InvalidParameterException",
    "InvalidRequestException",
    "ValidationException",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "NotAuthorized",
];

async fn fetch(client: &Client, arn: &str, variable: &'static str) -> Result<Secret, Error> {
    let answer = client.get_secret_value().secret_id(arn).send().await.map_err(|error| {
        let code = error.as_service_error().and_then(|error| error.code()).unwrap_or("no answer").to_owned();
        tracing::error!(arn, code, "Secrets Manager gave no secret");
        if LASTING.contains(&code.as_str()) {
            return missing(format!(
                "The secret named in {variable} could not be read from Secrets Manager ({code}). Check that it exists and that the role may read it."
            ));
        }
        Error::TryLater {
            code: "secret_unavailable",
            message: format!("The secret named in {variable} cannot be read from Secrets Manager at the moment."),
            retry_after: COME_AGAIN_AFTER,
        }
    })?;
    answer.secret_string.map(Secret::new).ok_or_else(|| missing(format!("The secret named in {variable} holds no text.")))
}

fn missing(message: String) -> Error {
    Error::Misconfigured { what: Misconfiguration::SecretMissing, message }
}
