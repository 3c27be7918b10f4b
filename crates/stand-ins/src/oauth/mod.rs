//! The part of a stand-in that all platforms share: consent page, token endpoint, revocation and control routes, over one ledger of codes,
//! grants and tokens. A platform's own part is its [`Platform`] implementation: mostly data, and code where data is not enough.

pub(crate) mod authorize;
mod code;
pub(crate) mod control;
pub(crate) mod grant;
mod in_flight;
pub(crate) mod jwt;
pub(crate) mod keys;
pub(crate) mod ledger;
mod ledger_bounds;
pub(crate) mod page;
pub(crate) mod raw;
pub(crate) mod redirect_uri;
pub(crate) mod refusal;
pub(crate) mod revoke;
mod rotation_policy;
pub(crate) mod settings;
pub(crate) mod token;

use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::books::shelf::Shelf;
use crate::books::traffic::Traffic;
use crate::desk::{Desk, Failure};
use crate::kept_file::{KeptFile, KeptFileError};
use crate::params::Params;
use crate::sample::Sample;

pub use rotation_policy::RotationPolicy;

use authorize::{Agreed, AuthorizeRequest, BadAuthorizeRequest};
use grant::{Consent, Tokens};
use in_flight::InFlight;
use keys::{Keys, Showing};
use ledger::Ledger;
use page::{Choice, Look};
use raw::Source;
use redirect_uri::{RedirectUris, Registry};
use refusal::Refusal;
use settings::Settings;

/// The endpoints that the journal counts, at every platform.
const ENDPOINTS: [&str; 6] =
    [authorize::ENDPOINT, token::ENDPOINT_CODE, token::ENDPOINT_REFRESH, token::ENDPOINT_INVALID, revoke::ENDPOINT, API];

/// The name of a request to the data API in the journal.
pub(crate) const API: &str = "api";

/// A platform's own part.
pub(crate) trait StandInPlatform: Sized + Send + Sync + 'static {
    /// The first part of its paths, and its part of the file.
    const NAME: &'static str;
    /// The credentials of the app.
    const KEYS: &'static [Keys];
    const RULES: Rules;
    const LOOK: Look;
    /// A sample consent, for tests of all platforms.
    const SAMPLE: Sample;
    /// Makes its own error answer.
    const FAILURE: Failure;
    /// The host that a request came to, if the platform has several of one kind.
    type Site: Copy + Send + Sync + 'static;
    type RedirectUris: Registry + From<RedirectUris>;
    /// The state besides codes, grants and tokens.
    type Reach: Default + Serialize + DeserializeOwned + Send;
    /// The body of the control route `revoke`.
    type Disconnect: DeserializeOwned + Send;

    /// The settings of a client that uses the stand-in, by the endings of their variables. `base_url` has no slash at its end.
    fn variables(base_url: &str) -> Vec<(&'static str, String)>;

    /// The platform's own rules, which are the first settings.
    fn settings() -> Settings;

    /// A new authorization code in the platform's form.
    fn new_code() -> String;

    /// A new refresh token in the platform's form.
    fn new_refresh_token(now: Timestamp) -> String;

    /// A new access token in the platform's form, valid for this number of seconds.
    fn new_access_token(consent: &Consent, seconds: u32, now: Timestamp) -> String;

    /// Whether the platform accepts such an address as a redirect URI.
    fn redirects_to(_: &Url) -> bool {
        true
    }

    /// Refuses an unknown scope.
    fn check_scope(scope: &str) -> Result<(), BadAuthorizeRequest> {
        if Self::RULES.scopes.contains(&scope) { Ok(()) } else { Err(BadAuthorizeRequest::UnknownScope(scope.to_owned())) }
    }

    /// Refuses unknown values of the platform's own parameters.
    fn check_further(_: &Params) -> Result<(), BadAuthorizeRequest> {
        Ok(())
    }

    /// The description of a scope on the consent page.
    fn permission(scope: &str) -> String;

    /// The choices on the consent page.
    fn choices(site: Self::Site, ask: &AuthorizeRequest) -> Vec<Choice>;

    /// The result of the user's agreement.
    fn agree(agreeing: Agreeing<'_, Self>) -> Result<Agreed, BadAuthorizeRequest>;

    /// The client that codes and tokens at this host belong to.
    fn keys_at(_: Self::Site, client_id: &'static str) -> &'static str {
        client_id
    }

    /// Adds the platform's own fields to a token answer.
    fn complete(answer: &mut Value, tokens: &Tokens, request: &HeaderMap);

    /// The answer to a successful revocation.
    fn revoked() -> Response;

    /// The status and body of an error of the token or the revocation endpoint.
    fn refuse(refusal: &Refusal) -> (StatusCode, Value);

    /// Removes the state of this holder, whose grants were all revoked.
    fn forget(_: &mut Self::Reach, _holder: &str) {}

    /// The customer disconnects the app at the platform. Returns the number of grants that ended, or the error.
    fn disconnect(ledger: &mut Ledger<Self>, who: Self::Disconnect, now: Timestamp) -> Result<usize, String>;
}

/// A platform whose hosts are served. It is a trait of its own because routes need the resources of a platform, and these its type.
pub(crate) trait Served: StandInPlatform {
    /// The routes of all its hosts, and the control routes.
    fn routes(stand_in: Arc<StandIn<Self>>) -> Router;
}

/// A user's agreement.
pub(crate) struct Agreeing<'a, P: StandInPlatform> {
    /// The request. Its parameters include the user's choice.
    pub(crate) ask: &'a AuthorizeRequest,
    /// The address that the browser used.
    pub(crate) origin: &'a str,
    pub(crate) ledger: &'a mut Ledger<P>,
    pub(crate) now: Timestamp,
}

/// The rules of a platform that no setting changes.
#[expect(clippy::struct_excessive_bools, reason = "each is a rule of its own")]
pub(crate) struct Rules {
    pub(crate) code_life: SignedDuration,
    /// Whether a code that is presented a second time ends the grant of the first.
    pub(crate) second_use_of_code_ends_grant: bool,
    /// The life of a refresh token since its last use; `None` if it has no end.
    pub(crate) refresh_token_life: Option<SignedDuration>,
    /// The life of a grant, even if it is used; `None` if it has no end.
    pub(crate) grant_life: Option<SignedDuration>,
    pub(crate) keys_shown: Showing,
    pub(crate) token_parameters: Source,
    pub(crate) revocation_parameters: Source,
    /// Whether a revocation must have the client's credentials.
    pub(crate) keys_to_revoke: bool,
    /// Whether an access token can be revoked, with its grant.
    pub(crate) revokes_access_tokens: bool,
    /// Whether the revocation of an unknown or invalid token succeeds (RFC 7009, section 2.2).
    pub(crate) revokes_unknown_tokens: bool,
    /// Whether a refresh must name a registered redirect URI.
    pub(crate) redirect_uri_on_refresh: bool,
    /// Whether PKCE is supported. Then a consent with a challenge requires the verifier.
    pub(crate) pkce: bool,
    /// The value of `token_type`.
    pub(crate) token_type: &'static str,
    /// The known scopes, and the separator between two of them in an authorize URL.
    pub(crate) scopes: &'static [&'static str],
    pub(crate) scope_separator: char,
    /// The scopes of an authorize URL without `scope`; `None` if it is required.
    pub(crate) default_scope: Option<&'static str>,
    /// The parameters of an authorize URL besides those of RFC 6749 and 7636.
    pub(crate) further_parameters: &'static [&'static str],
}

/// The stand-in of one platform.
pub(crate) struct StandIn<P: StandInPlatform> {
    pub(crate) desk: Desk,
    ledger: Mutex<Ledger<P>>,
    shelf: Mutex<Shelf>,
    pub(crate) traffic: Traffic,
    in_flight: Arc<InFlight>,
    redirect_uris_at_start: P::RedirectUris,
    file: Option<Arc<KeptFile>>,
}

/// A platform's part of the file.
#[derive(Serialize, Deserialize)]
struct Kept<L, S> {
    clock_ahead: SignedDuration,
    ledger: L,
    /// Missing in a file of an earlier version.
    shelf: S,
}

impl<P: StandInPlatform> StandIn<P> {
    pub(crate) fn new(redirect_uris: P::RedirectUris) -> Self {
        let desk = Desk::new(&ENDPOINTS, P::FAILURE);
        Self {
            shelf: Mutex::new(Shelf::opened(desk.clock.now())),
            traffic: Traffic::default(),
            desk,
            ledger: Mutex::new(Ledger::new(redirect_uris.clone())),
            in_flight: Arc::default(),
            redirect_uris_at_start: redirect_uris,
            file: None,
        }
    }

    /// A stand-in with the state in the file. Changes are stored there.
    pub(crate) fn kept_in(file: Arc<KeptFile>, redirect_uris: P::RedirectUris) -> Result<Self, KeptFileError> {
        let mut stand_in = Self::new(redirect_uris.clone());
        if let Some(Kept { clock_ahead, mut ledger, shelf }) = file.part::<Kept<Ledger<P>, Option<Shelf>>>(P::NAME)? {
            stand_in.desk.clock.put_ahead(clock_ahead).map_err(|_| file.damaged())?;
            ledger.settings.check().map_err(|_| file.damaged())?;
            ledger.redirect_uris = redirect_uris;
            *stand_in.ledger() = ledger;
            if let Some(shelf) = shelf {
                *stand_in.shelf() = shelf;
            }
        }
        stand_in.file = Some(file);
        Ok(stand_in)
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger<P>> {
        self.ledger.lock().expect("no holder panics")
    }

    pub(crate) fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().expect("no holder panics")
    }

    /// Stores the state, if the stand-in has a file.
    pub(crate) fn keep(&self) -> Result<(), KeptFileError> {
        let Some(file) = &self.file else { return Ok(()) };
        // Both locks are held during the write, so that an older state never replaces a newer one.
        let ledger = self.ledger();
        let books = self.shelf();
        file.put(P::NAME, &Kept { clock_ahead: self.desk.clock.ahead(), ledger: &*ledger, shelf: &*books })
    }

    fn reset(&self) {
        self.desk.reset();
        self.in_flight.forget_most();
        self.traffic.reset();
        *self.ledger() = Ledger::new(self.redirect_uris_at_start.clone());
        *self.shelf() = Shelf::opened(self.desk.clock.now());
    }
}
