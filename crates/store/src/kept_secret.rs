//! A secret in Secrets Manager as an operator changes it: a new version takes the place of exactly the one that was read.

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use counterfoil_core::Error;
use counterfoil_core::model::secret::Secret;
use jiff::Timestamp;

/// One secret.
pub struct KeptSecret {
    client: Client,
    arn: String,
}

/// What it holds now.
pub struct Version {
    /// The version's id.
    pub id: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// The text.
    pub text: Secret,
}

/// The label of the version that everybody reads.
const CURRENT: &str = "AWSCURRENT";
/// The label of a version that is on its way to be that.
const NEXT: &str = "COUNTERFOIL_NEXT";

impl KeptSecret {
    /// The secret of that ARN; nothing is asked of it yet.
    pub fn new(aws: &SdkConfig, arn: impl Into<String>) -> Self {
        Self { client: Client::new(aws), arn: arn.into() }
    }

    /// What it holds now.
    ///
    /// # Errors
    /// `Misconfigured`, with the service's code.
    pub async fn current(&self) -> Result<Version, Error> {
        let asked = self.client.get_secret_value().secret_id(&self.arn).version_stage(CURRENT).send().await;
        let answer = asked.map_err(|error| failed("read", &error))?;
        let made_at = answer.created_date.and_then(|at| Timestamp::from_second(at.secs()).ok()).unwrap_or(Timestamp::MAX);
        match (answer.version_id, answer.secret_string) {
            (Some(id), Some(text)) => Ok(Version { id, made_at, text: Secret::new(text) }),
            _ => Err(Error::Misconfigured { code: "secret_missing", message: "The secret holds no text.".to_owned() }),
        }
    }

    /// Has everybody read that text, unless another version than `seen` is current by now: then nothing is changed, and it
    /// answers false. `id` names the new version, by 32 to 64 characters; the same again is the same version.
    ///
    /// # Errors
    /// `Misconfigured`, with the service's code; whether it was done is seen by [`KeptSecret::current`].
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
        code: "secret_missing",
        message: format!("The secret could not be {what} in Secrets Manager ({code})."),
    }
}
