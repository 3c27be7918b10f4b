//! A platform that keeps state instead of expecting calls: it knows which refresh tokens are good, treats them as its
//! temper has it, fails as scripted, holds its answers while a test looks around, and remembers what was presented.

mod gate;
mod grants;
mod platforms;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::model::connection::ConfirmedCompany;
use counterfoil_core::model::grant::Grant;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::platform::{
    Authorize, CallbackFault, CallbackRead, CallbackSaid, ConfirmFailure, Exchange, Inquiry, NotExchanged, Platform, Reach,
    Refresh, Revoke, RevokeFailure, TokenFailure, TokenLimits,
};
use jiff::{SignedDuration, Timestamp};

pub use self::gate::Gate;
pub use self::grants::Temper;
pub use self::platforms::ScriptedPlatforms;

use self::grants::Grants;

/// The one scope it is asked for.
pub const SCOPE: &str = "accounting";
/// Its client id.
pub const CLIENT_ID: &str = "scripted-client";
/// The parameter of its callbacks that names a company.
pub const COMPANY: &str = "company";
/// What a code of [`ScriptedPlatform::consent`] begins with.
const CODE: &str = "code-for-";
const DAY: Duration = Duration::from_secs(86_400);

/// The platform.
#[derive(Debug)]
pub struct ScriptedPlatform {
    scopes: Vec<String>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    grants: Grants,
    script: VecDeque<Turn>,
    confirm_failures: VecDeque<ConfirmFailure>,
    gate: Option<Gate>,
    token_life: Duration,
    granted_scopes: Option<Vec<String>>,
    codes: Vec<String>,
    exchanges: usize,
    revoked: Vec<String>,
    deaf_times: usize,
    habits: Habits,
    presented: Vec<Presented>,
    in_flight: BTreeMap<String, usize>,
    most_in_flight: usize,
    most_of_one_token: usize,
}

/// What becomes of one refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// It is answered as the temper has it.
    Answer,
    /// It fails and nothing changes at the platform.
    Fail(TokenFailure),
    /// The platform honours it, rotation included, and the caller sees this failure instead of the answer.
    LoseAnswer(TokenFailure),
    /// It acts, and answers without a refresh token.
    LoseRefreshToken,
    /// The caller's own code panics.
    Panic,
}

/// How it goes about revocations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Habits {
    /// See [`Platform::can_revoke`].
    pub cannot_revoke: bool,
    /// See [`Platform::asks_before_revoking`].
    pub asks_before_revoking: bool,
    /// See [`Platform::grants_stand_alone`].
    pub grants_stand_alone: bool,
}

/// A refresh token as it was presented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// The token.
    pub token: String,
    /// When.
    pub at: Timestamp,
}

impl ScriptedPlatform {
    /// A platform that has granted nothing yet; its access tokens live an hour.
    pub fn new(temper: Temper) -> Self {
        Self {
            scopes: vec![SCOPE.to_owned()],
            state: Mutex::new(State {
                grants: Grants::new(temper),
                script: VecDeque::new(),
                confirm_failures: VecDeque::new(),
                gate: None,
                token_life: Duration::from_secs(3_600),
                granted_scopes: None,
                codes: Vec::new(),
                exchanges: 0,
                revoked: Vec::new(),
                deaf_times: 0,
                habits: Habits::default(),
                presented: Vec::new(),
                in_flight: BTreeMap::new(),
                most_in_flight: 0,
                most_of_one_token: 0,
            }),
        }
    }

    /// A customer consents for that company: the code, good once.
    pub fn consent(&self, company_id: &str) -> Secret {
        let code = format!("{CODE}{company_id}");
        self.state().codes.push(code.clone());
        Secret::new(code)
    }

    /// A customer takes the access to that company away.
    pub fn revoke(&self, company_id: &str) {
        self.state().grants.revoke(company_id);
    }

    /// The tokens that were revoked through it, in order.
    pub fn revoked(&self) -> Vec<String> {
        self.state().revoked.clone()
    }

    /// That many revocations from now on are not heard.
    pub fn be_deaf(&self, times: usize) {
        self.state().deaf_times = times;
    }

    /// How it goes about revocations from now on.
    pub fn set_habits(&self, habits: Habits) {
        self.state().habits = habits;
    }

    /// What becomes of the next refreshes, one after the other; after these they are answered.
    pub fn script(&self, turns: impl IntoIterator<Item = Turn>) {
        self.state().script.extend(turns);
    }

    /// How the next questions for a company fail.
    pub fn fail_confirmations(&self, failures: impl IntoIterator<Item = ConfirmFailure>) {
        self.state().confirm_failures.extend(failures);
    }

    /// Holds the answers of all refreshes from now on until the gate is opened. The platform has acted by then.
    #[must_use]
    pub fn hold(&self) -> Gate {
        let gate = Gate::default();
        self.state().gate = Some(gate.clone());
        gate
    }

    /// How long access tokens live from now on; nothing at all, and they are born expired.
    pub fn set_token_life(&self, life: Duration) {
        self.state().token_life = life;
    }

    /// Which scopes its answers name from now on; `None`, as at first, and they name none.
    pub fn set_granted_scopes(&self, scopes: Option<&[&str]>) {
        let owned = scopes.map(|scopes| scopes.iter().map(|&scope| scope.to_owned()).collect());
        self.state().granted_scopes = owned;
    }

    /// How many codes were presented.
    pub fn exchanges(&self) -> usize {
        self.state().exchanges
    }

    /// How many refresh tokens were presented.
    pub fn refreshes(&self) -> usize {
        self.state().presented.len()
    }

    /// The refresh tokens in the order they were presented.
    pub fn presented(&self) -> Vec<Presented> {
        self.state().presented.clone()
    }

    /// The most refreshes that were under way at once.
    pub fn most_in_flight(&self) -> usize {
        self.state().most_in_flight
    }

    /// The most refreshes that were under way at once with one and the same token: R-1 says one.
    pub fn most_of_one_token(&self) -> usize {
        self.state().most_of_one_token
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, refresh_token: &Secret, at: Timestamp) -> InFlight<'_> {
        let token = refresh_token.expose().to_owned();
        let mut state = self.state();
        state.presented.push(Presented { token: token.clone(), at });
        let of_this = state.in_flight.entry(token.clone()).or_default();
        *of_this += 1;
        let of_this = *of_this;
        state.most_of_one_token = state.most_of_one_token.max(of_this);
        state.most_in_flight = state.most_in_flight.max(state.in_flight.values().sum());
        InFlight { platform: self, token }
    }
}

/// A refresh under way; one that is dropped half way counts as over.
struct InFlight<'a> {
    platform: &'a ScriptedPlatform,
    token: String,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let mut state = self.platform.state();
        let of_this = state.in_flight.entry(self.token.clone()).or_default();
        *of_this = of_this.saturating_sub(1);
    }
}

impl State {
    /// Acts on one refresh.
    fn refresh(&mut self, refresh_token: &str, sent_at: Timestamp) -> Result<Grant, TokenFailure> {
        match self.script.pop_front().unwrap_or(Turn::Answer) {
            Turn::Answer => self.honour(refresh_token, sent_at),
            Turn::Fail(failure) => Err(failure),
            Turn::LoseAnswer(failure) => self.honour(refresh_token, sent_at).and(Err(failure)),
            Turn::LoseRefreshToken => self.honour(refresh_token, sent_at).map(|grant| Grant { refresh_token: None, ..grant }),
            Turn::Panic => panic!("a scripted panic"),
        }
    }

    fn honour(&mut self, refresh_token: &str, at: Timestamp) -> Result<Grant, TokenFailure> {
        let honoured = self.grants.refresh(refresh_token, at).ok_or(TokenFailure::Refused)?;
        Ok(Grant { hard_expires_at: None, ..self.grant(honoured.access_token, honoured.refresh_token, at) })
    }

    fn exchange(&mut self, code: &str, at: Timestamp) -> Result<Grant, TokenFailure> {
        self.exchanges += 1;
        let issued = self.codes.iter().position(|issued| issued == code);
        self.codes.remove(issued.ok_or(TokenFailure::Refused)?);
        let company_id = code.strip_prefix(CODE).unwrap_or_default();
        let (access_token, refresh_token) = self.grants.begin(company_id, at);
        Ok(self.grant(access_token, Some(refresh_token), at))
    }

    /// A token answer as Intuit's, with 100 days and five years.
    fn grant(&self, access_token: String, refresh_token: Option<String>, at: Timestamp) -> Grant {
        let after = |time: Duration| at + SignedDuration::try_from(time).expect("a life that fits");
        Grant {
            access_token: Secret::new(access_token),
            refresh_token_expires_at: refresh_token.as_ref().map(|_| after(DAY * 100)),
            refresh_token: refresh_token.map(Secret::new),
            issued_at: at,
            access_token_expires_at: after(self.token_life),
            hard_expires_at: Some(after(DAY * 1_826)),
            scopes: self.granted_scopes.clone(),
            region: None,
            unread: None,
        }
    }
}

#[async_trait]
impl Platform for ScriptedPlatform {
    fn client_id(&self) -> &str {
        CLIENT_ID
    }

    fn scopes(&self) -> &[String] {
        &self.scopes
    }

    fn uses_pkce(&self) -> bool {
        false
    }

    fn can_revoke(&self) -> bool {
        !self.state().habits.cannot_revoke
    }

    fn asks_before_revoking(&self) -> bool {
        self.state().habits.asks_before_revoking
    }

    fn grants_stand_alone(&self) -> bool {
        self.state().habits.grants_stand_alone
    }

    fn answers_with_refresh_token(&self) -> bool {
        self.state().grants.answers_with_refresh_token()
    }

    fn token_limits(&self) -> TokenLimits {
        TokenLimits { resends_most: 1, quota: None }
    }

    fn must_hear_every_answer(&self) -> bool {
        self.state().grants.must_hear_every_answer()
    }

    fn needs_refresh_token(&self) -> bool {
        true
    }

    fn code_life(&self) -> Duration {
        Duration::from_secs(300)
    }

    fn authorize_url(&self, authorize: Authorize<'_>) -> String {
        let Authorize { redirect_uri, state, .. } = authorize;
        format!("https://platform.test/authorize?redirect_uri={redirect_uri}&state={}", state.expose())
    }

    fn read_callback(&self, said: CallbackSaid<'_>) -> Result<CallbackRead, CallbackFault> {
        let claim = said.parameters.get(COMPANY).map(String::as_str).or(said.renews);
        Ok(CallbackRead { claim: Some(claim.ok_or(CallbackFault::NoCompany)?.to_owned()), region: None })
    }

    async fn exchange(&self, exchange: Exchange<'_>) -> Result<Grant, NotExchanged> {
        Ok(self.state().exchange(exchange.code.expose(), exchange.sent_at)?)
    }

    async fn refresh(&self, refresh: Refresh<'_>) -> Result<Grant, TokenFailure> {
        let Refresh { refresh_token, sent_at, .. } = refresh;
        let _in_flight = self.begin(refresh_token, sent_at);
        let (answer, gate) = {
            let mut state = self.state();
            (state.refresh(refresh_token.expose(), sent_at), state.gate.clone())
        };
        if let Some(gate) = gate {
            gate.pass().await;
        }
        answer
    }

    async fn revoke(&self, revoke: Revoke<'_>) -> Result<(), RevokeFailure> {
        let mut state = self.state();
        if let Some(left) = state.deaf_times.checked_sub(1) {
            state.deaf_times = left;
            return Err(RevokeFailure);
        }
        state.revoked.push(revoke.refresh_token.expose().to_owned());
        Ok(())
    }

    async fn companies(&self, inquiry: Inquiry<'_>) -> Result<Reach, ConfirmFailure> {
        let mut state = self.state();
        if let Some(failure) = state.confirm_failures.pop_front() {
            return Err(failure);
        }
        let granted = state.grants.company_of(inquiry.access_token.expose());
        let company_id = granted.filter(|granted| inquiry.claim == Some(granted)).ok_or(ConfirmFailure::Denied)?;
        let company = ConfirmedCompany {
            company_id: company_id.to_owned(),
            name: format!("Company {company_id}"),
            api_base_url: "https://api.platform.test".to_owned(),
        };
        Ok(Reach { companies: vec![company], named_by_consent: true, is_complete: true })
    }
}
