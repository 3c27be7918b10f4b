//! Finds a platform: its addresses from the configuration, its credentials from wherever they are kept.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use counterfoil_core::Error;
use counterfoil_core::model::platform::{Environment, PlatformName};
use counterfoil_core::port::platform::{Platform, Platforms};
use reqwest::Client;

use crate::credentials::CredentialSet;
use crate::facts::Configured;
use crate::http::{HttpSettings, client};
use crate::vendor::Parts;
use crate::{facts_of, make};

/// Where credentials come from; asked each time, since an operator may change them.
#[async_trait]
pub trait CredentialSource: Send + Sync {
    /// All that there are.
    ///
    /// # Errors
    /// `Misconfigured` where they cannot be read.
    async fn credentials(&self) -> Result<CredentialSet, Error>;
}

/// What is configured for the platforms.
#[derive(Debug, Clone)]
pub struct Endpoints {
    /// Every platform's own.
    pub platforms: BTreeMap<PlatformName, Configured>,
    /// Bounds of requests.
    pub http: HttpSettings,
}

/// The platforms of a process. The HTTP client is made when first needed.
pub struct Registry {
    endpoints: Endpoints,
    credentials: Arc<dyn CredentialSource>,
    client: OnceLock<Client>,
}

impl Registry {
    /// A registry over these.
    pub fn new(endpoints: Endpoints, credentials: Arc<dyn CredentialSource>) -> Self {
        Self { endpoints, credentials, client: OnceLock::new() }
    }

    fn client(&self) -> Result<Client, Error> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let made = client(self.endpoints.http)?;
        Ok(self.client.get_or_init(|| made).clone())
    }
}

#[async_trait]
impl Platforms for Registry {
    async fn get(&self, name: PlatformName, environment: Environment) -> Result<Arc<dyn Platform>, Error> {
        let credentials = self.credentials.credentials().await?.of(name, environment, facts_of(name))?;
        let configured = self.endpoints.platforms.get(&name).cloned();
        let configured = configured.ok_or_else(|| Error::Internal(format!("{name} is not configured")))?;
        let timeout = self.endpoints.http.timeout;
        Ok(make(name, Parts { client: self.client()?, timeout, credentials, environment, configured }))
    }
}
