//! The redirect URIs of both key pairs: each has a list of its own [Intuit, "Set redirect URI"]. Intuit takes
//! `http://localhost` with the development keys only; the stand-in takes it with both.

use serde::{Deserialize, Serialize};

use super::environment::Environment;
use crate::oauth::redirect_uri::{self, InvalidRedirectUri, Registry};

/// What is registered; nothing, to begin with.
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
    /// Registers `uri` for the keys of `environment`; once more is no error.
    fn register(&mut self, environment: Environment, uri: &str) -> Result<(), InvalidRedirectUri> {
        match environment {
            Environment::Production => self.production.register(uri),
            Environment::Sandbox => self.sandbox.register(uri),
        }
    }
}

/// For the keys of `client`; absent: for both.
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
