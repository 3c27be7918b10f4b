//! What is asked of an accounting platform.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::Error;
use crate::model::grant::Grant;
use crate::model::platform::{Environment, PlatformName};
use crate::model::secret::Secret;

/// The platforms that this process can reach, made when first asked for.
#[async_trait]
pub trait Platforms: Send + Sync {
    /// One of them, with its credentials.
    ///
    /// # Errors
    /// `Misconfigured` where that platform's credentials are missing, naming these alone.
    async fn get(&self, name: PlatformName, environment: Environment) -> Result<Arc<dyn Platform>, Error>;
}

/// One platform, in one environment, with its credentials.
#[async_trait]
pub trait Platform: Send + Sync {
    /// The OAuth client that grants will belong to.
    fn client_id(&self) -> &str;

    /// The scopes that are asked for.
    fn scopes(&self) -> &[String];

    /// Where to send the browser.
    fn authorize_url(&self, redirect_uri: &str, state: &Secret) -> String;

    /// Exchanges a code for a grant.
    ///
    /// # Errors
    /// What the answer means.
    async fn exchange(&self, exchange: Exchange<'_>) -> Result<Grant, TokenFailure>;

    /// Presents a refresh token: one request on a fresh connection, never repeated here.
    ///
    /// # Errors
    /// What the answer means.
    async fn refresh(&self, refresh_token: &Secret, sent_at: Timestamp) -> Result<Grant, TokenFailure>;

    /// Revokes a grant, in the platform's own way. A grant that is gone already is revoked.
    ///
    /// # Errors
    /// [`RevokeFailure`] where the platform could not be told.
    async fn revoke(&self, token: &Secret) -> Result<(), RevokeFailure>;

    /// Asks which company the token is really for. `claim` is what the callback said (O-18).
    ///
    /// # Errors
    /// Whether the platform denies the claim or could not be asked.
    async fn confirm_company(&self, access_token: &Secret, claim: &str) -> Result<ConfirmedCompany, ConfirmFailure>;
}

/// A code and what it is bound to.
#[derive(Clone, Copy)]
pub struct Exchange<'a> {
    /// The platform's code.
    pub code: &'a Secret,
    /// The redirect URI of the authorize request, byte for byte.
    pub redirect_uri: &'a str,
    /// The PKCE verifier, where one was used.
    pub verifier: Option<&'a Secret>,
    /// From when expiries count.
    pub sent_at: Timestamp,
}

/// What a failed token request means.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TokenFailure {
    /// `invalid_grant`: the code or the refresh token is no good.
    Refused,
    /// `invalid_client` and its like: our own credentials are wrong; no grant dies of it.
    ClientRefused,
    /// Too many requests.
    Throttled {
        /// What the platform asked for.
        retry_after: Option<Duration>,
    },
    /// It answered, but with a fault or with nonsense; the token may or may not have been used.
    Broken {
        /// The HTTP status.
        status: u16,
    },
    /// No answer came: nobody knows what happened.
    NoAnswer,
    /// It could not be reached: the request was never sent.
    NotSent,
}

/// The platform could not be told to revoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevokeFailure;

/// A company that the platform itself has named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmedCompany {
    /// The platform's id.
    pub company_id: String,
    /// Its name.
    pub name: String,
    /// The base that its API paths are added to.
    pub api_base_url: String,
}

/// Why a company was not confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmFailure {
    /// The platform says that the token is not for this company.
    Denied,
    /// The platform could not be asked; another try may help.
    Unavailable,
}
