//! Finds a platform: its addresses from the configuration, its credentials from wherever they are kept.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use counterfoil_core::Error;
use counterfoil_core::model::platform::{Environment, PlatformName};
use counterfoil_core::port::platform::{Platform, Platforms};
use reqwest::Client;

use crate::credentials::CredentialSet;
use crate::http::{HttpSettings, client};
use crate::quickbooks::{Addresses, Quickbooks};

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
    /// Intuit's addresses.
    pub quickbooks: Addresses,
    /// Scopes to ask QuickBooks for, in place of the default (O-15).
    pub quickbooks_scopes: Option<String>,
    /// Bounds of every request.
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
        let credentials = self.credentials.credentials().await?.of(name, environment)?;
        let client = self.client()?;
        Ok(match name {
            PlatformName::Quickbooks => {
                let scopes = self.endpoints.quickbooks_scopes.as_deref();
                Arc::new(Quickbooks::new(client, credentials, self.endpoints.quickbooks.clone(), environment, scopes))
            }
        })
    }
}
