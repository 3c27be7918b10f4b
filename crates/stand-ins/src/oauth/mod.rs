//! The part of a stand-in that is the same at every platform: consent page, token endpoint, revocation and control over
//! one ledger of codes, grants and tokens. What is particular to a platform is in its [`Platform`]: mostly data, code only
//! where the platform is odd.

pub(crate) mod authorize;
mod code;
pub(crate) mod control;
pub(crate) mod grant;
mod in_flight;
pub(crate) mod jwt;
pub(crate) mod keys;
pub(crate) mod ledger;
pub(crate) mod page;
pub(crate) mod raw;
pub(crate) mod redirect_uri;
pub(crate) mod refusal;
pub(crate) mod revoke;
pub(crate) mod settings;
mod temper;
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

pub use temper::Temper;

use authorize::{Agreed, Ask, BadAsk};
use grant::{Consent, Tokens};
use in_flight::InFlight;
use keys::{Keys, Showing};
use ledger::Ledger;
use page::{Choice, Look};
use raw::Source;
use redirect_uri::{RedirectUris, Registry};
use refusal::Refusal;
use settings::Settings;

/// What the journal counts, at every platform.
const ENDPOINTS: [&str; 6] =
    [authorize::ENDPOINT, token::ENDPOINT_CODE, token::ENDPOINT_REFRESH, token::ENDPOINT_INVALID, revoke::ENDPOINT, API];

/// What the journal calls a request to the data API.
pub(crate) const API: &str = "api";

/// What is particular to one platform.
pub(crate) trait Platform: Sized + Send + Sync + 'static {
    /// The first part of its paths, and its part of the file.
    const NAME: &'static str;
    /// The keys that the app has.
    const KEYS: &'static [Keys];
    const RULES: Rules;
    const LOOK: Look;
    /// A consent, for tests of all platforms.
    const SAMPLE: Sample;
    /// Makes its own error answer.
    const FAILURE: Failure;
    /// Which of its hosts a request came to, where it has several of one kind.
    type Site: Copy + Send + Sync + 'static;
    type RedirectUris: Registry + From<RedirectUris>;
    /// What it remembers of access beside codes, grants and tokens.
    type Reach: Default + Serialize + DeserializeOwned + Send;
    /// What the control route `revoke` takes.
    type Disconnect: DeserializeOwned + Send;

    /// What a configuration that points at the stand-in has, by the endings of the variables; the base has no slash at its end.
    fn variables(base_url: &str) -> Vec<(&'static str, String)>;

    /// All of its hosts, each a path, and the control routes.
    fn routes(stand_in: Arc<StandIn<Self>>) -> Router;

    /// Its own rules, with which the stand-in begins.
    fn settings() -> Settings;

    /// An authorization code in its alphabet.
    fn new_code() -> String;

    /// A refresh token that looks like its own.
    fn new_refresh_token(now: Timestamp) -> String;

    /// An access token that looks like its own and is good for so many seconds.
    fn new_access_token(consent: &Consent, seconds: u32, now: Timestamp) -> String;

    /// Whether it redirects to such an address at all, registered or not.
    fn redirects_to(_: &Url) -> bool {
        true
    }

    /// Refuses a scope that it does not give.
    fn check_scope(scope: &str) -> Result<(), BadAsk> {
        if Self::RULES.scopes.contains(&scope) { Ok(()) } else { Err(BadAsk::UnknownScope(scope.to_owned())) }
    }

    /// Refuses values of the further parameters that it does not know.
    fn check_further(_: &Params) -> Result<(), BadAsk> {
        Ok(())
    }

    /// What a scope allows, in words for the consent page.
    fn permission(scope: &str) -> String;

    /// What the consent page offers.
    fn choices(site: Self::Site, ask: &Ask) -> Vec<Choice>;

    /// What comes of the user's yes.
    fn agree(agreeing: Agreeing<'_, Self>) -> Result<Agreed, BadAsk>;

    /// What the codes and tokens are bound to that this client exchanges there.
    fn keys_at(_: Self::Site, client_id: &'static str) -> &'static str {
        client_id
    }

    /// Adds to a token answer what only this platform says.
    fn complete(answer: &mut Value, tokens: &Tokens, request: &HeaderMap);

    /// The answer to a revocation that was made.
    fn revoked() -> Response;

    /// Status and body of a refusal by the token or the revocation endpoint.
    fn refuse(refusal: &Refusal) -> (StatusCode, Value);

    /// Everything of that holder's was revoked.
    fn forget(_: &mut Self::Reach, _holder: &str) {}

    /// The customer disconnects the app at the platform; gives the number of grants that ended, or what is wrong.
    fn disconnect(ledger: &mut Ledger<Self>, who: Self::Disconnect, now: Timestamp) -> Result<usize, String>;
}

/// A user who says yes.
pub(crate) struct Agreeing<'a, P: Platform> {
    /// Its parameters hold what was chosen on the page as well.
    pub(crate) ask: &'a Ask,
    /// The address that the browser reached us by.
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
    /// How long a refresh token lives after its last use; `None`: for ever.
    pub(crate) refresh_token_life: Option<SignedDuration>,
    /// How long a grant lives whatever one does; `None`: for ever.
    pub(crate) grant_life: Option<SignedDuration>,
    pub(crate) keys_shown: Showing,
    pub(crate) token_parameters: Source,
    pub(crate) revocation_parameters: Source,
    /// Whether a revocation must show the keys.
    pub(crate) keys_to_revoke: bool,
    /// Whether an access token can be revoked, its grant with it.
    pub(crate) revokes_access_tokens: bool,
    /// Whether an unknown or dead token is revoked as well as any (RFC 7009, section 2.2).
    pub(crate) revokes_unknown_tokens: bool,
    /// Whether a refresh must name a registered redirect URI.
    pub(crate) redirect_uri_on_refresh: bool,
    /// Whether PKCE is taken; where it is, what was begun with a challenge must end with its verifier.
    pub(crate) pkce: bool,
    /// How `token_type` is written.
    pub(crate) token_type: &'static str,
    /// The scopes that are given, and what stands between two of them in an authorize URL.
    pub(crate) scopes: &'static [&'static str],
    pub(crate) scope_separator: char,
    /// What is asked for by an authorize URL without `scope`; `None`: it must be there.
    pub(crate) default_scope: Option<&'static str>,
    /// What an authorize URL may hold beside the parameters of RFC 6749 and 7636.
    pub(crate) further_parameters: &'static [&'static str],
}

/// One platform's stand-in.
pub(crate) struct StandIn<P: Platform> {
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
    /// A file of an earlier version has none.
    shelf: S,
}

impl<P: Platform> StandIn<P> {
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

    /// Goes on from what the file holds, and keeps what changes in it.
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

    /// Stores what has changed, where the stand-in keeps its state.
    pub(crate) fn keep(&self) -> Result<(), KeptFileError> {
        let Some(file) = &self.file else { return Ok(()) };
        // Held while it is stored, lest an older state be put over a newer one.
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
