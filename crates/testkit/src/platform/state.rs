//! The state of the scripted platform, and how it processes codes and refresh tokens.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use counterfoil_core::model::grant::Grant;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::platform::{ConfirmFailure, TokenFailure};
use jiff::{SignedDuration, Timestamp};

use super::gate::Gate;
use super::grants::{Grants, RotationPolicy};
use super::{CODE, Habits, Presented, Reply, ScriptedPlatform};

const DAY: Duration = Duration::from_secs(86_400);

#[derive(Debug)]
pub(super) struct State {
    pub(super) grants: Grants,
    pub(super) script: VecDeque<Reply>,
    pub(super) confirm_failures: VecDeque<ConfirmFailure>,
    pub(super) lists_incompletely: bool,
    pub(super) gate: Option<Gate>,
    pub(super) token_life: Duration,
    pub(super) granted_scopes: Option<Vec<String>>,
    pub(super) codes: Vec<String>,
    pub(super) exchanges: usize,
    pub(super) revoked: Vec<String>,
    pub(super) deaf_times: usize,
    pub(super) habits: Habits,
    pub(super) presented: Vec<Presented>,
    pub(super) in_flight: BTreeMap<String, usize>,
    pub(super) most_in_flight: usize,
}

impl State {
    /// No grants. Access tokens are valid for an hour.
    pub(super) fn new(policy: RotationPolicy) -> Self {
        Self {
            grants: Grants::new(policy),
            script: VecDeque::new(),
            confirm_failures: VecDeque::new(),
            lists_incompletely: false,
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
        }
    }

    /// Processes a refresh.
    pub(super) fn refresh(&mut self, refresh_token: &str, sent_at: Timestamp) -> Result<Grant, TokenFailure> {
        match self.script.pop_front().unwrap_or(Reply::Answer) {
            Reply::Answer => self.honour(refresh_token, sent_at),
            Reply::Fail(failure) => Err(failure),
            Reply::LoseAnswer(failure) => self.honour(refresh_token, sent_at).and(Err(failure)),
            Reply::LoseRefreshToken => self.honour(refresh_token, sent_at).map(|grant| Grant { refresh_token: None, ..grant }),
            Reply::Panic => panic!("a scripted panic"),
        }
    }

    fn honour(&mut self, refresh_token: &str, at: Timestamp) -> Result<Grant, TokenFailure> {
        let honoured = self.grants.refresh(refresh_token, at).ok_or(TokenFailure::Refused)?;
        Ok(Grant { hard_expires_at: None, ..self.grant(honoured.access_token, honoured.refresh_token, at) })
    }

    pub(super) fn exchange(&mut self, code: &str, at: Timestamp) -> Result<Grant, TokenFailure> {
        self.exchanges += 1;
        let issued = self.codes.iter().position(|issued| issued == code);
        self.codes.remove(issued.ok_or(TokenFailure::Refused)?);
        let company_id = code.strip_prefix(CODE).unwrap_or_default();
        let (access_token, refresh_token) = self.grants.begin(company_id, at);
        Ok(self.grant(access_token, Some(refresh_token), at))
    }

    /// A token answer with Intuit's lives: 100 days and five years.
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

impl ScriptedPlatform {
    /// Counts a refresh as under way until the returned value is dropped.
    pub(super) fn begin(&self, refresh_token: &Secret, at: Timestamp) -> InFlight<'_> {
        let token = refresh_token.expose().to_owned();
        let mut state = self.state();
        state.presented.push(Presented { token: token.clone(), at });
        *state.in_flight.entry(token.clone()).or_default() += 1;
        state.most_in_flight = state.most_in_flight.max(state.in_flight.values().sum());
        InFlight { platform: self, token }
    }
}

/// A refresh under way. Dropping it ends the count.
pub(super) struct InFlight<'a> {
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
