//! The redirect URIs of both OAuth clients. Each has its own list [Intuit, "Set redirect URI"]. Intuit accepts `http://localhost` only for the
//! development client; the stand-in accepts it for both.

use serde::{Deserialize, Serialize};

use super::environment::Environment;
use crate::oauth::redirect_uri::{self, InvalidRedirectUri, Registry};

/// The registered redirect URIs. At first there are none.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct RedirectUris {
    production: redirect_uri::RedirectUris,
    sandbox: redirect_uri::RedirectUris,
}

impl From<redirect_uri::RedirectUris> for RedirectUris {
    fn from(uris: redirect_uri::RedirectUris) -> Self {
        Self { production: uris.clone(), sandbox: uris }
    }
}

impl RedirectUris {
    /// Registers `uri` for the client of `environment`. A repeated registration is not an error.
    fn register(&mut self, environment: Environment, uri: &str) -> Result<(), InvalidRedirectUri> {
        match environment {
            Environment::Production => self.production.register(uri),
            Environment::Sandbox => self.sandbox.register(uri),
        }
    }
}

/// The client; both if it is missing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRedirectUri {
    uri: String,
    client: Option<Environment>,
}

impl Registry for RedirectUris {
    type New = NewRedirectUri;

    fn add(&mut self, new: NewRedirectUri) -> Result<(), InvalidRedirectUri> {
        let wanted = |environment: &Environment| new.client.is_none_or(|only| only == *environment);
        Environment::ALL.into_iter().filter(wanted).try_for_each(|environment| self.register(environment, &new.uri))
    }

    fn holds(&self, client_id: &str, uri: &str) -> bool {
        match Environment::of_client(client_id) {
            Some(Environment::Production) => self.production.contains(uri),
            Some(Environment::Sandbox) => self.sandbox.contains(uri),
            None => false,
        }
    }
}
