//! The redirect URIs registered for each key pair. They are compared byte for byte, as Intuit does [Intuit, "Set
//! redirect URI"]. Intuit takes `http://localhost` with the development keys only; a stand-in, which runs on a laptop,
//! takes it with both.

use serde::Serialize;
use url::Url;

use super::environment::Environment;

/// The most redirect URIs per key pair.
const MAX_REDIRECT_URIS: usize = 100;

/// What is registered; nothing, to begin with.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RedirectUris {
    production: Vec<String>,
    sandbox: Vec<String>,
}

/// Why a redirect URI was not registered.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRedirectUri {
    /// It cannot be redirected to.
    #[error("a redirect URI is a whole http or https address without a fragment")]
    Malformed,
    /// There is no room.
    #[error("there are {MAX_REDIRECT_URIS} redirect URIs for these keys already")]
    TooMany,
}

impl RedirectUris {
    /// Registers `uri` for the keys of `environment`; once more is no error.
    pub fn register(&mut self, environment: Environment, uri: &str) -> Result<(), InvalidRedirectUri> {
        let parsed = Url::parse(uri).map_err(|_| InvalidRedirectUri::Malformed)?;
        if !matches!(parsed.scheme(), "http" | "https") || parsed.fragment().is_some() {
            return Err(InvalidRedirectUri::Malformed);
        }
        if self.holds(environment, uri) {
            return Ok(());
        }
        let registered = match environment {
            Environment::Production => &mut self.production,
            Environment::Sandbox => &mut self.sandbox,
        };
        if registered.len() == MAX_REDIRECT_URIS {
            return Err(InvalidRedirectUri::TooMany);
        }
        registered.push(uri.to_owned());
        Ok(())
    }

    pub(super) fn holds(&self, environment: Environment, uri: &str) -> bool {
        let registered = match environment {
            Environment::Production => &self.production,
            Environment::Sandbox => &self.sandbox,
        };
        registered.iter().any(|known| known == uri)
    }
}
