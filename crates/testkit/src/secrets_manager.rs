//! AWS Secrets Manager, of which the product uses one call: `GetSecretValue`.
//! Source: AWS Secrets Manager API reference, "`GetSecretValue`" and "Common Errors"; JSON 1.1 over POST.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::post};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::loopback::Loopback;

const TARGET: &str = "secretsmanager.GetSecretValue";
const ARN_PREFIX: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:";
/// The service ends a secret's ARN in a hyphen and six characters.
const ARN_SUFFIX: &str = "-AbCdEf";
/// 2026-01-01T00:00:00Z, in seconds.
const CREATED: u32 = 1_767_225_600;

/// A stand-in that holds its secrets in memory.
#[derive(Debug)]
pub struct SecretsManager {
    server: Loopback,
    vault: Arc<Mutex<Vault>>,
}

/// What every call fails with, see [`SecretsManager::fail_with`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretsFailure {
    /// The function's role may not read the secret. 400, not worth a retry.
    AccessDenied,
    /// The key that sealed the secret cannot be used. 400, not worth a retry.
    DecryptionFailure,
    /// Too many calls. 400, worth a retry.
    Throttling,
    /// The service's own fault. 500, worth a retry.
    InternalService,
}

#[derive(Debug, Default)]
struct Vault {
    secrets: BTreeMap<String, Secret>,
    failure: Option<SecretsFailure>,
    requests: usize,
}

#[derive(Debug)]
struct Secret {
    version: u32,
    value: String,
}

impl SecretsManager {
    /// Starts with these secrets, name to value.
    pub async fn start(secrets: impl IntoIterator<Item = (String, String)>) -> Self {
        let vault = Arc::<Mutex<Vault>>::default();
        let router = Router::new().route("/", post(handle)).with_state(Arc::clone(&vault));
        let server = Loopback::router(router).await;
        let manager = Self { server, vault };
        for (name, value) in secrets {
            manager.set(&name, &value);
        }
        manager
    }

    /// What a client takes as its endpoint URL. Any region and any credentials do.
    pub fn endpoint(&self) -> &str {
        self.server.endpoint()
    }

    /// Adds a secret or gives it a new version.
    pub fn set(&self, name: &str, value: &str) {
        let mut vault = lock(&self.vault);
        let version = vault.secrets.get(name).map_or(1, |secret| secret.version + 1);
        vault.secrets.insert(name.to_owned(), Secret { version, value: value.to_owned() });
    }

    /// Fails every call from now on; `None` ends that.
    pub fn fail_with(&self, failure: impl Into<Option<SecretsFailure>>) {
        lock(&self.vault).failure = failure.into();
    }

    /// How many calls came in so far, failed ones and a client's retries included.
    pub fn request_count(&self) -> usize {
        lock(&self.vault).requests
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetSecretValue {
    secret_id: String,
}

async fn handle(State(vault): State<Arc<Mutex<Vault>>>, headers: HeaderMap, body: Bytes) -> Response {
    let mut vault = lock(&vault);
    vault.requests += 1;
    if let Some(failure) = vault.failure {
        return failure.into_response();
    }
    if headers.get("x-amz-target").is_none_or(|target| target != TARGET) {
        return refuse(StatusCode::BAD_REQUEST, "UnknownOperationException", "only GetSecretValue is known here");
    }
    match serde_json::from_slice::<GetSecretValue>(&body) {
        Ok(request) => vault.get(&request.secret_id),
        Err(error) => refuse(StatusCode::BAD_REQUEST, "SerializationException", &error.to_string()),
    }
}

impl Vault {
    /// Takes a name or a whole ARN, as the service does.
    fn get(&self, secret_id: &str) -> Response {
        let name = secret_id.strip_prefix(ARN_PREFIX).and_then(|rest| rest.strip_suffix(ARN_SUFFIX)).unwrap_or(secret_id);
        let Some(secret) = self.secrets.get(name) else {
            let message = "Secrets Manager can't find the specified secret.";
            return refuse(StatusCode::BAD_REQUEST, "ResourceNotFoundException", message);
        };
        let value = json!({
            "ARN": format!("{ARN_PREFIX}{name}{ARN_SUFFIX}"),
            "CreatedDate": CREATED,
            "Name": name,
            "SecretString": secret.value,
            "VersionId": format!("00000000-0000-4000-8000-{:012}", secret.version),
            "VersionStages": ["AWSCURRENT"],
        });
        answer(StatusCode::OK, &value)
    }
}

impl IntoResponse for SecretsFailure {
    fn into_response(self) -> Response {
        let (status, kind, message) = match self {
            Self::AccessDenied => (
                StatusCode::BAD_REQUEST,
                "AccessDeniedException",
                "User is not authorized to perform: secretsmanager:GetSecretValue",
            ),
            Self::DecryptionFailure => (
                StatusCode::BAD_REQUEST,
                "DecryptionFailure",
                "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
            ),
            Self::Throttling => (StatusCode::BAD_REQUEST, "ThrottlingException", "Rate exceeded"),
            Self::InternalService => {
                (StatusCode::INTERNAL_SERVER_ERROR, "InternalServiceError", "An error occurred on the server side.")
            }
        };
        refuse(status, kind, message)
    }
}

fn refuse(status: StatusCode, kind: &str, message: &str) -> Response {
    answer(status, &json!({"__type": kind, "Message": message}))
}

fn answer(status: StatusCode, body: &Value) -> Response {
    (status, [("content-type", "application/x-amz-json-1.1")], body.to_string()).into_response()
}

fn lock(vault: &Mutex<Vault>) -> MutexGuard<'_, Vault> {
    vault.lock().unwrap_or_else(PoisonError::into_inner)
}
