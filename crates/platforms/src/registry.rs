//! Creates a platform's client from its configuration and its credentials.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use counterfoil_core::Error;
use counterfoil_core::model::platform::{Environment, PlatformName};
use counterfoil_core::port::platform::{Platform, Platforms};

use crate::credentials::CredentialSet;
use crate::facts::Configured;
use crate::http::{HttpSettings, LazyClient};
use crate::parts::Parts;
use crate::{facts_of, make};

/// A source of credentials. It is read for each platform that is created, because an operator may change them.
#[async_trait]
pub trait CredentialSource: Send + Sync {
    /// All credentials.
    ///
    /// # Errors
    /// `Misconfigured` if they cannot be read.
    async fn credentials(&self) -> Result<CredentialSet, Error>;
}

/// The configuration of all platforms.
#[derive(Debug, Clone)]
pub struct PlatformSettings {
    /// The configuration by platform.
    pub by_name: BTreeMap<PlatformName, Configured>,
    /// Bounds of requests.
    pub http: HttpSettings,
}

/// The largest number of idle connections to a host for pages.
const PAGES_IDLE_MOST: usize = 4;

/// The platforms of a process. The HTTP clients are created at their first use.
pub struct Registry {
    settings: PlatformSettings,
    credentials: Arc<dyn CredentialSource>,
    client: LazyClient,
    pages: Arc<LazyClient>,
}

impl Registry {
    /// A registry with this configuration.
    pub fn new(settings: PlatformSettings, credentials: Arc<dyn CredentialSource>) -> Self {
        let http = settings.http;
        let pages = Arc::new(LazyClient::new(http, PAGES_IDLE_MOST));
        Self { settings, credentials, client: LazyClient::new(http, 0), pages }
    }
}

#[async_trait]
impl Platforms for Registry {
    async fn get(&self, name: PlatformName, environment: Environment) -> Result<Arc<dyn Platform>, Error> {
        let without_oauth = || Error::invalid("platform_without_oauth", format!("{} has no OAuth.", name.title()));
        let facts = facts_of(name).ok_or_else(without_oauth)?;
        let credentials = self.credentials.credentials().await?.of(name, environment, facts)?;
        let configured = self.settings.by_name.get(&name).cloned();
        let configured = configured.ok_or_else(|| Error::Internal(format!("{name} is not configured")))?;
        let timeout = self.settings.http.timeout;
        let (client, pages) = (self.client.get()?, Arc::clone(&self.pages));
        make(name, Parts { client, pages, timeout, credentials, environment, configured }).ok_or_else(without_oauth)
    }
}
