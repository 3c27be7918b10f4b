//! The platforms of a process in tests.

use std::sync::Arc;

use async_trait::async_trait;
use counterfoil_core::model::platform::{Environment, PlatformName};
use counterfoil_core::port::platform::{Platform, Platforms};
use counterfoil_core::{Error, Misconfiguration};

use super::ScriptedPlatform;

/// One scripted platform under every name, or none because the credentials are missing.
#[derive(Debug, Clone)]
pub struct ScriptedPlatforms(Option<Arc<ScriptedPlatform>>);

impl ScriptedPlatforms {
    /// This platform under every name.
    pub(crate) fn all(platform: &Arc<ScriptedPlatform>) -> Self {
        Self(Some(Arc::clone(platform)))
    }

    /// No platform: `credentials_missing` for every name.
    pub fn without_credentials() -> Self {
        Self(None)
    }
}

#[async_trait]
impl Platforms for ScriptedPlatforms {
    async fn get(&self, name: PlatformName, _: Environment) -> Result<Arc<dyn Platform>, Error> {
        match &self.0 {
            Some(platform) => Ok(Arc::clone(platform) as Arc<dyn Platform>),
            None => Err(Error::Misconfigured {
                what: Misconfiguration::CredentialsMissing,
                message: format!("The credentials of {name} are missing."),
            }),
        }
    }
}
