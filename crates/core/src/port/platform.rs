//! The traits of an accounting platform.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::Error;
use crate::model::connection::ConfirmedCompany;
use crate::model::grant::Grant;
use crate::model::platform::{Environment, PlatformName};
use crate::model::secret::Secret;
use crate::port::accounting::Accounting;
use crate::port::notifications::Notifications;

mod failure;

pub use failure::{ConfirmFailure, NotExchanged, RevokeFailure, TokenFailure};

/// The platforms that this process can call. The client of each is made at its first use.
#[async_trait]
pub trait Platforms: Send + Sync {
    /// A platform with its credentials.
    ///
    /// # Errors
    /// `Misconfigured` if this platform's credentials are missing. It names only these.
    async fn get(&self, name: PlatformName, environment: Environment) -> Result<Arc<dyn Platform>, Error>;
}

/// One platform, in one environment, with its credentials.
#[async_trait]
pub trait Platform: Send + Sync {
    /// The OAuth client that new grants belong to.
    fn client_id(&self) -> &str;

    /// The scopes of a consent.
    fn scopes(&self) -> &[String];

    /// Whether consents use PKCE (O-7).
    fn uses_pkce(&self) -> bool;

    /// Whether Counterfoil can revoke a grant. If not, only the customer can end it, at the platform.
    fn can_revoke(&self) -> bool;

    /// Whether [`Platform::revoke`] first calls the API, which needs a valid access token.
    fn asks_before_revoking(&self) -> bool;

    /// Whether revoking one grant leaves every other grant to the same company valid.
    fn grants_are_independent(&self) -> bool;

    /// Whether each refresh answer has a refresh token. Then an answer without one may have lost a new one, and the grant is in doubt.
    fn answers_with_refresh_token(&self) -> bool;

    /// The limits on token requests for one grant.
    fn token_limits(&self) -> TokenLimits;

    /// Whether a lost refresh answer ends the grant: each refresh replaces the refresh token and ends the previous one immediately.
    fn lost_answer_ends_grant(&self) -> bool;

    /// Whether a grant without a refresh token is useless.
    fn needs_refresh_token(&self) -> bool;

    /// The life of an authorization code.
    fn code_life(&self) -> Duration;

    /// Whether it has a data centre of this name.
    fn has_region(&self, region: &str) -> bool;

    /// The address of the consent page.
    fn authorize_url(&self, authorize: Authorize<'_>) -> String;

    /// Reads the callback's parameters that only this platform has. They came through the browser, so they are validated before
    /// anything is sent (O-13).
    ///
    /// # Errors
    /// What is missing or invalid.
    fn read_callback(&self, said: CallbackParameters<'_>) -> Result<CallbackRead, CallbackFault>;

    /// Exchanges a code for a grant.
    ///
    /// # Errors
    /// The meaning of the platform's answer, and what the platform said.
    async fn exchange(&self, exchange: Exchange<'_>) -> Result<Grant, NotExchanged>;

    /// Sends a refresh token: one request on a new connection, which is never repeated here.
    ///
    /// # Errors
    /// The meaning of the platform's answer.
    async fn refresh(&self, refresh: Refresh<'_>) -> Result<Grant, TokenFailure>;

    /// Revokes a grant's access to one company. Revoking a grant that the platform does not know counts as success.
    ///
    /// # Errors
    /// [`RevokeFailure`] if the platform did not confirm it.
    async fn revoke(&self, revoke: Revoke<'_>) -> Result<(), RevokeFailure>;

    /// Asks the platform which companies a token gives access to (O-18).
    ///
    /// # Errors
    /// Whether the platform denies the claimed company, or could not be asked.
    async fn companies(&self, request: CompaniesRequest<'_>) -> Result<GrantCompanies, ConfirmFailure>;

    /// The reader of its books; `None` if Counterfoil imports nothing from this platform.
    fn accounting(&self) -> Option<&dyn Accounting> {
        None
    }

    /// The reader of its notifications; `None` if the platform sends none, or if the key of their signatures is not set.
    fn notifications(&self) -> Option<&dyn Notifications> {
        None
    }
}

/// The limits on token requests for one grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TokenLimits {
    /// How often a request is repeated within one lease after an answer that is a fault.
    pub resends_most: u32,
    /// The platform's own limit, if it has one.
    pub quota: Option<Quota>,
}

/// A number of requests in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quota {
    /// The number of requests.
    pub requests: u32,
    /// The period.
    pub per: Duration,
}

/// The parameters of the consent page's address.
#[derive(Clone, Copy)]
pub struct Authorize<'a> {
    /// The address that the browser returns to.
    pub redirect_uri: &'a str,
    /// The state.
    pub state: &'a Secret,
    /// The S256 challenge, if the platform uses PKCE.
    pub challenge: Option<&'a str>,
}

/// The parameters of a callback other than state, code and error.
#[derive(Debug, Clone, Copy)]
pub struct CallbackParameters<'a> {
    /// The parameters. None is repeated.
    pub parameters: &'a BTreeMap<String, String>,
    /// The company of the connection that the consent renews, if it is a company of this platform.
    pub renews: Option<&'a str>,
}

/// What a platform read from a callback.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallbackRead {
    /// The company that the callback names: a claim, which must be confirmed (O-18).
    pub claim: Option<String>,
    /// The data centre of the grant, one on the platform's list.
    pub region: Option<String>,
}

/// Why a callback cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackFault {
    /// It names no company, or an invalid one.
    NoCompany,
    /// It names a server that is not on the platform's list.
    UnknownRegion,
    /// Its issuer is not the platform's (RFC 9207).
    WrongIssuer,
}

/// An authorization code and what it is bound to.
#[derive(Clone, Copy)]
pub struct Exchange<'a> {
    /// The platform's code.
    pub code: &'a Secret,
    /// The redirect URI of the authorize request, byte for byte.
    pub redirect_uri: &'a str,
    /// The PKCE verifier, if the authorize request had a challenge.
    pub verifier: Option<&'a Secret>,
    /// The data centre that takes the code.
    pub region: Option<&'a str>,
    /// The time from which expiries count.
    pub sent_at: Timestamp,
    /// How long to wait for the answer before it is [`TokenFailure::NoAnswer`].
    pub listen: Duration,
}

/// A refresh token and how to send it.
#[derive(Clone, Copy)]
pub struct Refresh<'a> {
    /// The refresh token.
    pub refresh_token: &'a Secret,
    /// Our redirect URI, for a platform that requires it.
    pub redirect_uri: Option<&'a str>,
    /// The data centre of the grant.
    pub region: Option<&'a str>,
    /// The time from which expiries count.
    pub sent_at: Timestamp,
    /// How long to wait for the answer before it is [`TokenFailure::NoAnswer`].
    pub listen: Duration,
}

/// A grant whose access to one company is to be revoked.
#[derive(Clone, Copy)]
pub struct Revoke<'a> {
    /// The access token. It must be valid if the platform [calls the API first](Platform::asks_before_revoking).
    pub access_token: &'a Secret,
    /// The refresh token.
    pub refresh_token: &'a Secret,
    /// The data centre of the grant.
    pub region: Option<&'a str>,
    /// The company. The grant may give access to others.
    pub company_id: &'a str,
}

/// A request for the companies of a grant.
#[derive(Clone, Copy)]
pub struct CompaniesRequest<'a> {
    /// The access token.
    pub access_token: &'a Secret,
    /// The data centre of the grant.
    pub region: Option<&'a str>,
    /// The company that the callback named.
    pub claim: Option<&'a str>,
}

/// The companies of a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantCompanies {
    /// The companies.
    pub companies: Vec<ConfirmedCompany>,
    /// Whether the platform says that this consent was for these companies. If not, a person must choose, even from one (O-14).
    pub named_by_consent: bool,
    /// Whether every entry of the platform's list was read. If not, a company that is missing here may still be in the list.
    pub is_complete: bool,
}
