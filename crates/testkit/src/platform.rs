//! A scripted platform with state: it knows the valid refresh tokens, treats them by its [`RotationPolicy`], fails as scripted, holds its answers
//! until a test releases them, and remembers the tokens that it got.

pub mod books;
mod gate;
mod grants;
pub mod notifications;
mod platforms;
mod port;
mod state;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::platform::{ConfirmFailure, TokenFailure};
use jiff::Timestamp;

pub use self::gate::Gate;
pub use self::grants::RotationPolicy;
pub use self::platforms::ScriptedPlatforms;

use self::books::ScriptedBooks;
use self::state::State;

/// The scope that consents request.
pub(crate) const SCOPE: &str = "accounting";
/// Its client id.
pub const CLIENT_ID: &str = "scripted-client";
/// The region that it has. Its token answers name none.
pub const REGION: &str = "east";
/// The parameter of its callbacks that names a company.
pub const COMPANY: &str = "company";
/// The prefix of the codes of [`ScriptedPlatform::consent`].
const CODE: &str = "code-for-";

/// The platform.
#[derive(Debug)]
pub struct ScriptedPlatform {
    scopes: Vec<String>,
    /// The books of its companies.
    pub books: ScriptedBooks,
    state: Mutex<State>,
}

/// The result of one refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// An answer by the [`RotationPolicy`].
    Answer,
    /// A failure. Nothing changes at the platform.
    Fail(TokenFailure),
    /// The platform refreshes the token, with the rotation, and the caller gets this failure instead of the answer.
    LoseAnswer(TokenFailure),
    /// The platform refreshes the token, and answers without a refresh token.
    LoseRefreshToken,
    /// A panic in the caller's own code.
    Panic,
}

/// How the platform revokes grants, and names their companies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "switches that a test turns one by one")]
pub struct Habits {
    /// See [`Platform::can_revoke`].
    pub cannot_revoke: bool,
    /// See [`Platform::asks_before_revoking`].
    pub asks_before_revoking: bool,
    /// See [`Platform::grants_are_independent`].
    pub grants_are_independent: bool,
    /// Whether it names the company of a grant, whichever company is claimed. Otherwise it denies a wrong claim.
    pub names_companies: bool,
}

/// A refresh token in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    /// The token.
    pub token: String,
    /// The time of the request.
    pub at: Timestamp,
}

impl ScriptedPlatform {
    /// A platform without grants. Its access tokens are valid for an hour.
    pub(crate) fn new(policy: RotationPolicy) -> Self {
        Self { scopes: vec![SCOPE.to_owned()], books: ScriptedBooks::default(), state: Mutex::new(State::new(policy)) }
    }

    /// A customer consents for this company. Returns the code, which works once.
    pub(crate) fn consent(&self, company_id: &str) -> Secret {
        let code = format!("{CODE}{company_id}");
        self.state().codes.push(code.clone());
        Secret::new(code)
    }

    /// The refresh token of a consent that a customer gave to another system.
    pub fn grant_elsewhere(&self, company_id: &str, at: Timestamp) -> Secret {
        Secret::new(self.state().grants.begin(company_id, at).1)
    }

    /// A customer withdraws the access to this company.
    pub fn revoke(&self, company_id: &str) {
        self.state().grants.revoke(company_id);
    }

    /// The revoked tokens, in order.
    pub fn revoked(&self) -> Vec<String> {
        self.state().revoked.clone()
    }

    /// Makes this number of the next revocations fail.
    pub fn be_deaf(&self, times: usize) {
        self.state().deaf_times = times;
    }

    /// Sets how the platform revokes grants and names their companies.
    pub fn set_habits(&self, habits: Habits) {
        self.state().habits = habits;
    }

    /// Sets the results of the next refreshes, in order. Later ones are answered.
    pub fn script(&self, replies: impl IntoIterator<Item = Reply>) {
        self.state().script.extend(replies);
    }

    /// Sets the failures of the next requests for a company.
    pub fn fail_confirmations(&self, failures: impl IntoIterator<Item = ConfirmFailure>) {
        self.state().confirm_failures.extend(failures);
    }

    /// Sets whether a list of companies lacks all of them, and says that it is not complete.
    pub fn list_incompletely(&self, is_so: bool) {
        self.state().lists_incompletely = is_so;
    }

    /// Holds the answers of all refreshes from now on until the gate is opened. The platform has processed them by then.
    #[must_use]
    pub fn hold(&self) -> Gate {
        let gate = Gate::default();
        self.state().gate = Some(gate.clone());
        gate
    }

    /// Sets the life of access tokens. With zero they are expired from the start.
    pub(crate) fn set_token_life(&self, life: Duration) {
        self.state().token_life = life;
    }

    /// Sets the scopes in its answers; `None`, as at first, for none.
    pub fn set_granted_scopes(&self, scopes: Option<&[&str]>) {
        let owned = scopes.map(|scopes| scopes.iter().map(|&scope| scope.to_owned()).collect());
        self.state().granted_scopes = owned;
    }

    /// The number of exchanged codes.
    pub fn exchanges(&self) -> usize {
        self.state().exchanges
    }

    /// The number of refreshes.
    pub fn refreshes(&self) -> usize {
        self.state().presented.len()
    }

    /// The refresh tokens that it got, in order.
    pub fn presented(&self) -> Vec<Presented> {
        self.state().presented.clone()
    }

    /// The largest number of concurrent refreshes.
    pub fn most_in_flight(&self) -> usize {
        self.state().most_in_flight
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
