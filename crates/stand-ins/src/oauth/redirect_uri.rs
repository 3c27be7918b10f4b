//! The redirect URIs of an app. They are compared byte for byte, as on every platform. `http://localhost` is accepted everywhere, because a
//! stand-in runs on a laptop; other rules are the platform's own.

use serde::{Deserialize, Serialize};
use url::Url;

/// The most redirect URIs in a list.
const MAX_REDIRECT_URIS: usize = 100;

/// The registered redirect URIs. At first there are none.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct RedirectUris(Vec<String>);

/// Why a redirect URI was not registered.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRedirectUri {
    /// A browser cannot be redirected to it.
    #[error("a redirect URI is a whole http or https address without a fragment")]
    Malformed,
    /// The list is full.
    #[error("there are {MAX_REDIRECT_URIS} redirect URIs for these keys already")]
    TooMany,
}

impl RedirectUris {
    /// Registers `uri`. A repeated registration is not an error.
    pub(crate) fn register(&mut self, uri: &str) -> Result<(), InvalidRedirectUri> {
        let parsed = Url::parse(uri).map_err(|_| InvalidRedirectUri::Malformed)?;
        if !matches!(parsed.scheme(), "http" | "https") || parsed.fragment().is_some() {
            return Err(InvalidRedirectUri::Malformed);
        }
        if self.contains(uri) {
            return Ok(());
        }
        if self.0.len() == MAX_REDIRECT_URIS {
            return Err(InvalidRedirectUri::TooMany);
        }
        self.0.push(uri.to_owned());
        Ok(())
    }

    pub(crate) fn contains(&self, uri: &str) -> bool {
        self.0.iter().any(|known| known == uri)
    }
}

/// The redirect URIs of all OAuth clients that an app has at one platform.
pub(crate) trait Registry: Clone + Default + Serialize + Send + Sync {
    /// The body of the control route.
    type New: for<'de> Deserialize<'de> + Send;

    fn add(&mut self, new: Self::New) -> Result<(), InvalidRedirectUri>;

    fn holds(&self, client_id: &str, uri: &str) -> bool;
}

/// The body of the control route if an app has one client.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRedirectUri {
    uri: String,
}

impl Registry for RedirectUris {
    type New = NewRedirectUri;

    fn add(&mut self, new: NewRedirectUri) -> Result<(), InvalidRedirectUri> {
        self.register(&new.uri)
    }

    fn holds(&self, _: &str, uri: &str) -> bool {
        self.contains(uri)
    }
}
