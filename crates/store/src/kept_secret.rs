//! A secret in Secrets Manager that an operator changes. A new version replaces only the version that was read.

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use counterfoil_core::model::secret::Secret;
use counterfoil_core::{Error, Misconfiguration};
use jiff::Timestamp;

/// A secret.
pub struct KeptSecret {
    client: Client,
    arn: String,
}

/// A version of the secret.
pub struct Version {
    /// The version's id.
    pub id: String,
    /// When it was created.
    pub made_at: Timestamp,
    /// The text.
    pub text: Secret,
}

/// The label of the version that every process reads.
const CURRENT: &str = "AWSCURRENT";
/// The label of a version that is being made the current one.
const NEXT: &str = "COUNTERFOIL_NEXT";

impl KeptSecret {
    /// The secret with this ARN. Sends no request.
    pub fn new(aws: &SdkConfig, arn: impl Into<String>) -> Self {
        Self { client: Client::new(aws), arn: arn.into() }
    }

    /// The current version.
    ///
    /// # Errors
    /// `Misconfigured`, with the service's code.
    pub async fn current(&self) -> Result<Version, Error> {
        let asked = self.client.get_secret_value().secret_id(&self.arn).version_stage(CURRENT).send().await;
        let answer = asked.map_err(|error| failed("read", &error))?;
        let made_at = answer.created_date.and_then(|at| Timestamp::from_second(at.secs()).ok()).unwrap_or(Timestamp::MAX);
        match (answer.version_id, answer.secret_string) {
            (Some(id), Some(text)) => Ok(Version { id, made_at, text: Secret::new(text) }),
            _ => Err(Error::Misconfigured {
                what: Misconfiguration::SecretMissing,
                message: "The secret holds no text.".to_owned(),
            }),
        }
    }

    /// Makes this text the current version, if `seen` still is. Otherwise it changes nothing and returns false. `id` names the new version,
    /// with 32 to 64 characters; a repeated call with the same id and text creates it once.
    ///
    /// # Errors
    /// `Misconfigured`, with the service's code. [`KeptSecret::current`] then shows whether the change was made.
    pub async fn replace(&self, seen: &str, id: &str, text: &Secret) -> Result<bool, Error> {
        let put = self.client.put_secret_value().secret_id(&self.arn).client_request_token(id).version_stages(NEXT);
        put.secret_string(text.expose()).send().await.map_err(|error| failed("written", &error))?;
        let moved = self.client.update_secret_version_stage().secret_id(&self.arn).version_stage(CURRENT);
        let moved = moved.move_to_version_id(id).remove_from_version_id(seen).send().await;
        let Err(error) = moved else { return Ok(true) };
        let current = self.current().await?.id;
        if current == id {
            return Ok(true);
        }
        if current == seen { Err(failed("written", &error)) } else { Ok(false) }
    }
}

fn failed<E: ProvideErrorMetadata, R>(what: &str, error: &SdkError<E, R>) -> Error {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or("no answer");
    Error::Misconfigured {
        what: Misconfiguration::SecretMissing,
        message: format!("The secret could not be {what} in Secrets Manager ({code})."),
    }
}
