//! A platform that keeps state instead of expecting calls: it knows which refresh tokens are good, treats them as its
//! temper has it, fails as scripted, holds its answers while a test looks around, and remembers what was presented.

pub mod books;
mod gate;
mod grants;
mod platforms;
mod port;
mod state;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::platform::{ConfirmFailure, TokenFailure};
use jiff::Timestamp;

pub use self::gate::Gate;
pub use self::grants::Temper;
pub use self::platforms::ScriptedPlatforms;

use self::books::ScriptedBooks;
use self::state::State;

/// The one scope it is asked for.
pub(crate) const SCOPE: &str = "accounting";
/// Its client id.
pub const CLIENT_ID: &str = "scripted-client";
/// The parameter of its callbacks that names a company.
pub const COMPANY: &str = "company";
/// What a code of [`ScriptedPlatform::consent`] begins with.
const CODE: &str = "code-for-";

/// The platform.
#[derive(Debug)]
pub struct ScriptedPlatform {
    scopes: Vec<String>,
    /// What is in the books of its companies.
    pub books: ScriptedBooks,
    state: Mutex<State>,
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
    pub(crate) fn new(temper: Temper) -> Self {
        Self { scopes: vec![SCOPE.to_owned()], books: ScriptedBooks::default(), state: Mutex::new(State::new(temper)) }
    }

    /// A customer consents for that company: the code, good once.
    pub(crate) fn consent(&self, company_id: &str) -> Secret {
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
    pub(crate) fn set_token_life(&self, life: Duration) {
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

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
