//! Finds a platform: its addresses from the configuration, its credentials from wherever they are kept.

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

/// How many idle connections for pages a host keeps.
const PAGES_IDLE_MOST: usize = 4;

/// The platforms of a process. The HTTP clients are made when first needed.
pub struct Registry {
    endpoints: Endpoints,
    credentials: Arc<dyn CredentialSource>,
    client: LazyClient,
    pages: Arc<LazyClient>,
}

impl Registry {
    /// A registry over these.
    pub fn new(endpoints: Endpoints, credentials: Arc<dyn CredentialSource>) -> Self {
        let http = endpoints.http;
        let pages = Arc::new(LazyClient::new(http, PAGES_IDLE_MOST));
        Self { endpoints, credentials, client: LazyClient::new(http, 0), pages }
    }
}

#[async_trait]
impl Platforms for Registry {
    async fn get(&self, name: PlatformName, environment: Environment) -> Result<Arc<dyn Platform>, Error> {
        let credentials = self.credentials.credentials().await?.of(name, environment, facts_of(name))?;
        let configured = self.endpoints.platforms.get(&name).cloned();
        let configured = configured.ok_or_else(|| Error::Internal(format!("{name} is not configured")))?;
        let timeout = self.endpoints.http.timeout;
        let (client, pages) = (self.client.get()?, Arc::clone(&self.pages));
        Ok(make(name, Parts { client, pages, timeout, credentials, environment, configured }))
    }
}
