//! What is asked of an accounting platform.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::Error;
use crate::model::connection::ConfirmedCompany;
use crate::model::grant::Grant;
use crate::model::platform::{Environment, PlatformName};
use crate::model::reference::Reference;
use crate::model::secret::Secret;
use crate::model::unread::UnreadAnswer;

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

    /// Whether a consent is bound by PKCE (O-7).
    fn uses_pkce(&self) -> bool;

    /// Whether a grant can be revoked by us at all; where not, only the customer can end it, at the platform.
    fn can_revoke(&self) -> bool;

    /// Whether it is asked with the access token before anything is revoked, so that one is needed that has not ended.
    fn asks_before_revoking(&self) -> bool;

    /// Whether the grant of each consent stands by itself: revoking one leaves every other to the same company as it is.
    fn grants_stand_alone(&self) -> bool;

    /// Whether each refresh answer brings a refresh token. One without it may then have lost a new one: the grant is in doubt.
    fn answers_with_refresh_token(&self) -> bool;

    /// How many token requests it takes for one grant.
    fn token_limits(&self) -> TokenLimits;

    /// Whether every answer to a refresh that is lost costs the grant: the refresh token changes at each use, and the one before
    /// is dead at once.
    fn must_hear_every_answer(&self) -> bool;
    /// Whether a grant is of use only with a refresh token.
    fn needs_refresh_token(&self) -> bool;

    /// How long a code of its is good.
    fn code_life(&self) -> Duration;

    /// Where to send the browser.
    fn authorize_url(&self, authorize: Authorize<'_>) -> String;

    /// What the callback says in parameters that only this platform has. All of it came through the browser: what cannot be
    /// is refused here, before anything is sent anywhere (O-13).
    ///
    /// # Errors
    /// What is missing in it, or cannot be.
    fn read_callback(&self, said: CallbackSaid<'_>) -> Result<CallbackRead, CallbackFault>;

    /// Exchanges a code for a grant.
    ///
    /// # Errors
    /// What the answer means.
    async fn exchange(&self, exchange: Exchange<'_>) -> Result<Grant, NotExchanged>;

    /// Presents a refresh token: one request on a fresh connection, never repeated here.
    ///
    /// # Errors
    /// What the answer means.
    async fn refresh(&self, refresh: Refresh<'_>) -> Result<Grant, TokenFailure>;

    /// Ends what a grant gives of one company, in the platform's own way. A grant that is gone already is revoked.
    ///
    /// # Errors
    /// [`RevokeFailure`] where the platform did not confirm it.
    async fn revoke(&self, revoke: Revoke<'_>) -> Result<(), RevokeFailure>;

    /// Asks which companies the token is really for (O-18).
    ///
    /// # Errors
    /// Whether the platform denies what was claimed or could not be asked.
    async fn companies(&self, inquiry: Inquiry<'_>) -> Result<Reach, ConfirmFailure>;
}

/// How many token requests a platform takes for one grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TokenLimits {
    /// How often an answered fault is followed by another request within one lease.
    pub resends_most: u32,
    /// How many it takes in a while, where it counts them.
    pub quota: Option<Quota>,
}

/// So many requests in so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quota {
    /// How many.
    pub requests: u32,
    /// In how long.
    pub per: Duration,
}

/// What the browser takes to the platform.
#[derive(Clone, Copy)]
pub struct Authorize<'a> {
    /// Where it is to come back to.
    pub redirect_uri: &'a str,
    /// The state.
    pub state: &'a Secret,
    /// The S256 challenge, where the platform takes one.
    pub challenge: Option<&'a str>,
}

/// What came back beside state, code and error.
#[derive(Debug, Clone, Copy)]
pub struct CallbackSaid<'a> {
    /// The parameters, none of them repeated.
    pub parameters: &'a BTreeMap<String, String>,
    /// The company of the connection that is being renewed, where it is one of this platform.
    pub renews: Option<&'a str>,
}

/// What a platform read out of a callback.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallbackRead {
    /// The company it is said to be for, where the platform says so there: a claim (O-18).
    pub claim: Option<String>,
    /// Where the grant lives, on a platform that has several such places: one that is on its list.
    pub region: Option<String>,
}

/// Why a callback cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackFault {
    /// It names no company, or one that cannot be.
    NoCompany,
    /// It names a server that is not the platform's.
    UnknownRegion,
    /// It says that another server than the platform's made it (RFC 9207).
    WrongIssuer,
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
    /// Where the code is good.
    pub region: Option<&'a str>,
    /// From when expiries count.
    pub sent_at: Timestamp,
    /// How long to listen for the answer; then it is [`TokenFailure::NoAnswer`].
    pub listen: Duration,
}

/// A refresh token and where it is good.
#[derive(Clone, Copy)]
pub struct Refresh<'a> {
    /// The refresh token.
    pub refresh_token: &'a Secret,
    /// Our redirect URI, for a platform that wants to see it again.
    pub redirect_uri: Option<&'a str>,
    /// Where the grant lives.
    pub region: Option<&'a str>,
    /// From when expiries count.
    pub sent_at: Timestamp,
    /// How long to listen for the answer; then it is [`TokenFailure::NoAnswer`].
    pub listen: Duration,
}

/// A grant to end, as far as it gives one company.
#[derive(Clone, Copy)]
pub struct Revoke<'a> {
    /// The access token, to ask with: one that has not ended, where the platform [asks](Platform::asks_before_revoking).
    pub access_token: &'a Secret,
    /// The refresh token, to end.
    pub refresh_token: &'a Secret,
    /// Where the grant lives.
    pub region: Option<&'a str>,
    /// The company: a grant may give others too.
    pub company_id: &'a str,
}

/// A question for the companies of a grant.
#[derive(Clone, Copy)]
pub struct Inquiry<'a> {
    /// The access token.
    pub access_token: &'a Secret,
    /// Where the grant lives.
    pub region: Option<&'a str>,
    /// What the callback said.
    pub claim: Option<&'a str>,
}

/// The companies of a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// These.
    pub companies: Vec<ConfirmedCompany>,
    /// Whether the platform says that this very consent was for them. Where it does not, even a single one is a person's to
    /// choose, never ours (O-14).
    pub named_by_consent: bool,
    /// Whether these are all: every entry of the platform's list was read. Where not, that a company is missing means nothing.
    pub is_complete: bool,
}

/// A token request that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotExchanged {
    /// What that means.
    pub failure: TokenFailure,
    /// What the platform said.
    pub said: Reference,
}

impl From<TokenFailure> for NotExchanged {
    fn from(failure: TokenFailure) -> Self {
        Self { failure, said: Reference::default() }
    }
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
    /// It answered with success, but with neither a token nor an error that can be read. As [`Self::Broken`], and the answer is
    /// to be kept: it may hold the only copy of a grant.
    Unreadable {
        /// The HTTP status.
        status: u16,
        /// What it said.
        answer: UnreadAnswer,
    },
    /// It answered that it is overloaded; as [`Self::Broken`], and it asked for time.
    Overloaded {
        /// What the platform asked for.
        retry_after: Duration,
    },
    /// No answer came: nobody knows what happened.
    NoAnswer,
    /// It could not be reached: the request was never sent.
    NotSent,
}

/// The platform did not confirm a revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevokeFailure;

/// Why a company was not confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmFailure {
    /// The platform does not take the token (401).
    Unauthorized,
    /// The platform takes the token and refuses this question (403): for good, or for a moment.
    Forbidden,
    /// It answers that the question is wrong, or that there is no such company.
    Denied,
    /// The platform could not be asked; another try may help.
    Unavailable,
}
