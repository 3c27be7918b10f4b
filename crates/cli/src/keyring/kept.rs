//! The storage of the keyring: Secrets Manager, or the laptop's data folder.

use counterfoil_core::model::secret::Secret;
use counterfoil_store::aws;
use counterfoil_store::kept_secret::KeptSecret;
use counterfoil_store::keyring_text::KeyringText;

use crate::data_dir::DataDir;
use crate::dev::keyring;
use crate::failure::Failure;
use crate::variables::Variables;

/// Where the keyring is stored.
pub(super) enum Kept {
    Deployed(KeptSecret),
    Laptop,
}

/// The storage, by the variables: a deployment's if they name one, else the laptop's.
pub(super) async fn find(variables: &Variables) -> Result<Kept, Failure> {
    if let Some(arn) = variables.get("KEYRING_SECRET_ARN") {
        return Ok(Kept::Deployed(KeptSecret::new(&aws::config().await, arn)));
    }
    if variables.get("TABLE_NAME").is_some() {
        return Err(Failure::new("KEYRING_SECRET_ARN is not set: set it to the stack's output KeyringSecretArn."));
    }
    if variables.get("KEYRING").is_some() {
        return Err(Failure::new(
            "The keyring is in the variable KEYRING, which this command cannot change. Unset it, or change it by hand.",
        ));
    }
    Ok(Kept::Laptop)
}

/// The laptop's keyring.
pub(super) fn of_laptop(dir: &DataDir, variables: &Variables) -> Result<Secret, Failure> {
    keyring::find(dir, variables)?
        .ok_or_else(|| Failure::new(format!("There is no keyring in {}: run `counterfoil dev` first.", dir.path().display())))
}

impl Kept {
    /// The present keyring.
    pub(super) async fn text(&self, dir: &DataDir, variables: &Variables) -> Result<KeyringText, Failure> {
        let text = match self {
            Self::Deployed(secret) => secret.current().await?.text,
            Self::Laptop => of_laptop(dir, variables)?,
        };
        Ok(KeyringText::parse(&text)?)
    }
}
