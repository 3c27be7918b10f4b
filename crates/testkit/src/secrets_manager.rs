//! A stand-in for AWS Secrets Manager. The product's functions use one operation, `GetSecretValue`; the operator's command two more,
//! `PutSecretValue` and `UpdateSecretVersionStage`.
//! Source: AWS Secrets Manager API reference, these three and "Common Errors"; JSON 1.1 over POST.

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

const CURRENT: &str = "AWSCURRENT";
const ARN_PREFIX: &str = "arn:aws:secretsmanager:us-east-1:000000000000:secret:";
/// The service ends a secret's ARN in a hyphen and six characters.
const ARN_SUFFIX: &str = "-AbCdEf";
/// 2026-01-01T00:00:00Z, in seconds: the default creation time of a version.
const CREATED: i64 = 1_767_225_600;

/// A stand-in with its secrets in memory.
#[derive(Debug)]
pub struct SecretsManager {
    server: Loopback,
    vault: Arc<Mutex<Vault>>,
}

/// The failure of every call, see [`SecretsManager::fail_with`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretsFailure {
    /// The function's role may not read the secret. 400, not worth a retry.
    AccessDenied,
    /// The key that encrypts the secret cannot be used. 400, not worth a retry.
    DecryptionFailure,
    /// Too many calls. 400, worth a retry.
    Throttling,
    /// The service's own error. 500, worth a retry.
    InternalService,
}

#[derive(Debug, Default)]
struct Vault {
    secrets: BTreeMap<String, Secret>,
    failure: Option<SecretsFailure>,
    requests: usize,
    /// The creation time of new versions, in seconds.
    now: Option<i64>,
}

#[derive(Debug, Default)]
struct Secret {
    /// The versions by id.
    versions: BTreeMap<String, Version>,
    /// The id of the version with each label.
    labels: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Version {
    created: i64,
    value: String,
}

impl SecretsManager {
    /// Starts with these secrets, by name.
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

    /// The endpoint URL for a client. Any region and any credentials are accepted.
    pub fn endpoint(&self) -> &str {
        self.server.endpoint()
    }

    /// Adds a secret, or a new version of one.
    pub fn set(&self, name: &str, value: &str) {
        let mut vault = lock(&self.vault);
        let created = vault.now.unwrap_or(CREATED);
        let secret = vault.secrets.entry(name.to_owned()).or_default();
        let id = format!("00000000-0000-4000-8000-{:012}", secret.versions.len() + 1);
        secret.versions.insert(id.clone(), Version { created, value: value.to_owned() });
        secret.labels.insert(CURRENT.to_owned(), id);
    }

    /// The current value of a secret.
    ///
    /// # Panics
    /// If there is no such secret.
    pub fn value(&self, name: &str) -> String {
        let vault = lock(&self.vault);
        let secret = &vault.secrets[name];
        secret.versions[&secret.labels[CURRENT]].value.clone()
    }

    /// Sets the service's clock, in seconds since 1970.
    pub fn set_now(&self, now: i64) {
        lock(&self.vault).now = Some(now);
    }

    /// Makes every call fail from now on; `None` ends that.
    pub fn fail_with(&self, failure: impl Into<Option<SecretsFailure>>) {
        lock(&self.vault).failure = failure.into();
    }

    /// The number of calls so far, including failed ones and a client's retries.
    pub fn request_count(&self) -> usize {
        lock(&self.vault).requests
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetSecretValue {
    secret_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutSecretValue {
    secret_id: String,
    client_request_token: String,
    secret_string: String,
    version_stages: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UpdateSecretVersionStage {
    secret_id: String,
    version_stage: String,
    move_to_version_id: String,
    remove_from_version_id: String,
}

async fn handle(State(vault): State<Arc<Mutex<Vault>>>, headers: HeaderMap, body: Bytes) -> Response {
    let mut vault = lock(&vault);
    vault.requests += 1;
    if let Some(failure) = vault.failure {
        return failure.into_response();
    }
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let answered = match target.strip_prefix("secretsmanager.") {
        Some("GetSecretValue") => serde_json::from_slice(&body).map(|request: GetSecretValue| vault.get(&request.secret_id)),
        Some("PutSecretValue") => serde_json::from_slice(&body).map(|request| vault.put(request)),
        Some("UpdateSecretVersionStage") => serde_json::from_slice(&body).map(|request| vault.move_label(request)),
        _ => return refuse(StatusCode::BAD_REQUEST, "UnknownOperationException", "this operation is not known here"),
    };
    answered.unwrap_or_else(|error| refuse(StatusCode::BAD_REQUEST, "SerializationException", &error.to_string()))
}

/// The name of a secret, from a name or an ARN.
fn name_of(secret_id: &str) -> &str {
    secret_id.strip_prefix(ARN_PREFIX).and_then(|rest| rest.strip_suffix(ARN_SUFFIX)).unwrap_or(secret_id)
}

fn not_found() -> Response {
    refuse(StatusCode::BAD_REQUEST, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

impl Vault {
    fn get(&self, secret_id: &str) -> Response {
        let name = name_of(secret_id);
        let Some(secret) = self.secrets.get(name) else { return not_found() };
        let id = &secret.labels[CURRENT];
        let version = &secret.versions[id];
        let value = json!({
            "ARN": format!("{ARN_PREFIX}{name}{ARN_SUFFIX}"),
            "CreatedDate": version.created,
            "Name": name,
            "SecretString": version.value,
            "VersionId": id,
            "VersionStages": [CURRENT],
        });
        answer(StatusCode::OK, &value)
    }

    fn put(&mut self, request: PutSecretValue) -> Response {
        let created = self.now.unwrap_or(CREATED);
        let Some(secret) = self.secrets.get_mut(name_of(&request.secret_id)) else { return not_found() };
        let id = request.client_request_token;
        if !(32..=64).contains(&id.len()) {
            return refuse(StatusCode::BAD_REQUEST, "ValidationException", "ClientRequestToken has 32 to 64 characters");
        }
        let version = secret.versions.entry(id.clone()).or_insert(Version { created, value: request.secret_string.clone() });
        if version.value != request.secret_string {
            return refuse(StatusCode::BAD_REQUEST, "ResourceExistsException", "this version has another value");
        }
        for label in request.version_stages {
            secret.labels.insert(label, id.clone());
        }
        answer(StatusCode::OK, &json!({ "VersionId": id }))
    }

    /// Moves a label, if it is on the version that the request names.
    fn move_label(&mut self, request: UpdateSecretVersionStage) -> Response {
        let Some(secret) = self.secrets.get_mut(name_of(&request.secret_id)) else { return not_found() };
        let bearer = secret.labels.get(&request.version_stage);
        if bearer != Some(&request.remove_from_version_id) || !secret.versions.contains_key(&request.move_to_version_id) {
            return refuse(StatusCode::BAD_REQUEST, "InvalidParameterException", "the label is on another version");
        }
        secret.labels.insert(request.version_stage, request.move_to_version_id);
        answer(StatusCode::OK, &json!({}))
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
