//! Client ids and secrets of the platforms, under the same names in the environment and in the credentials secret.

use std::collections::BTreeMap;

use counterfoil_core::model::platform::{Environment, PlatformName};
use counterfoil_core::model::secret::Secret;
use counterfoil_core::{Error, Misconfiguration};

use crate::facts::Facts;
use crate::variables::{notification_key_of, of_client, secret_of};

/// An app's credentials at a platform.
#[derive(Clone)]
pub(crate) struct Credentials {
    /// The client id; not secret.
    pub client_id: String,
    /// The client secret.
    pub client_secret: Secret,
    /// The secrets of data centres that have their own, by location.
    pub secrets_of_data_centers: BTreeMap<&'static str, Secret>,
    /// The key that signs the platform's notifications, if it is set.
    pub notification_key: Option<Secret>,
}

/// The credentials of an installation, by the names of their variables.
#[derive(Clone, Default)]
pub struct CredentialSet(BTreeMap<String, Secret>);

impl CredentialSet {
    /// Parses the credentials secret: a JSON object of names and texts.
    ///
    /// # Errors
    /// `Misconfigured`. The message repeats nothing of the text.
    pub fn parse(text: &Secret) -> Result<Self, Error> {
        let map: BTreeMap<String, String> = serde_json::from_str(text.expose()).map_err(|_| Error::Misconfigured {
            what: Misconfiguration::CredentialsUnusable,
            message:
                "The credentials secret must be one JSON object of names and texts, such as {\"QUICKBOOKS_CLIENT_ID\": \"…\"}."
                    .to_owned(),
        })?;
        Ok(Self::from_variables(map))
    }

    /// The credentials in these variables.
    pub fn from_variables(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let filled = variables.into_iter().filter(|(_, value)| !value.trim().is_empty());
        Self(filled.map(|(name, value)| (name, Secret::new(value.trim()))).collect())
    }

    /// The credentials of one platform in one environment.
    ///
    /// # Errors
    /// `Misconfigured` if one is missing. The message names only those of this platform.
    pub(crate) fn of(&self, platform: PlatformName, environment: Environment, facts: &Facts) -> Result<Credentials, Error> {
        let [id_name, secret_name] = of_client(platform, environment);
        match (self.0.get(&id_name), self.0.get(&secret_name)) {
            (Some(id), Some(secret)) => Ok(Credentials {
                client_id: id.expose().to_owned(),
                client_secret: secret.clone(),
                secrets_of_data_centers: self.of_data_centers(platform, facts),
                notification_key: notification_key_of(platform, environment, facts).and_then(|name| self.0.get(&name).cloned()),
            }),
            (id, secret) => {
                let missing = [(id, id_name), (secret, secret_name)];
                let missing: Vec<_> = missing.into_iter().filter_map(|(found, name)| found.is_none().then_some(name)).collect();
                Err(Error::Misconfigured {
                    what: Misconfiguration::CredentialsMissing,
                    message: format!(
                        "Missing for {}: {}. Put it into the credentials secret of the deployment, or on the laptop into .env.",
                        platform.title(),
                        missing.join(" and ")
                    ),
                })
            }
        }
    }

    fn of_data_centers(&self, platform: PlatformName, facts: &Facts) -> BTreeMap<&'static str, Secret> {
        let known = facts.data_centers.iter().map(|known| known.location);
        known.filter_map(|location| Some((location, self.0.get(&secret_of(platform, location))?.clone()))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quickbooks::FACTS;

    #[test]
    fn missing_credentials_are_named_for_that_platform_only() {
        let set = CredentialSet::parse(&Secret::new(r#"{"QUICKBOOKS_CLIENT_ID":"id","QUICKBOOKS_CLIENT_SECRET":" "}"#))
            .unwrap_or_default();
        let error =
            set.of(PlatformName::Quickbooks, Environment::Production, &FACTS).err().expect("the secret is blank").to_string();
        assert!(error.contains("QUICKBOOKS_CLIENT_SECRET") && !error.contains("QUICKBOOKS_CLIENT_ID"), "{error}");
        let error = set.of(PlatformName::Quickbooks, Environment::Sandbox, &FACTS).err().expect("none are there").to_string();
        assert!(error.contains("QUICKBOOKS_SANDBOX_CLIENT_ID and QUICKBOOKS_SANDBOX_CLIENT_SECRET"), "{error}");
    }

    #[test]
    fn a_damaged_secret_is_not_quoted() {
        let error = CredentialSet::parse(&Secret::new("{canary")).err().expect("not JSON").to_string();
        assert!(!error.contains("canary"));
    }
}
