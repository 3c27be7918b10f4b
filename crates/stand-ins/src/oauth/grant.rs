//! A grant and its tokens: their lives, and when the refresh token changes.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::settings::Settings;
use super::{Rules, StandInPlatform};
use crate::desk::Rotate;
use crate::random;

/// The largest number of earlier tokens that a grant remembers, access tokens and replaced refresh tokens together.
const MAX_EARLIER_TOKENS: usize = 256;
/// The period in which refreshes are counted.
const WINDOW: SignedDuration = SignedDuration::from_mins(10);

/// A grant's number, counted from 1.
pub(crate) type GrantId = u64;

/// The consent of a grant.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Consent {
    /// The id of the OAuth client of its code and tokens. At Zoho, where one client works everywhere, the data centre.
    pub(crate) keys: String,
    /// The owner of the grant: at `QuickBooks` a company, elsewhere a user.
    pub(crate) holder: String,
    /// The granted scopes.
    pub(crate) scope: String,
    /// Whether the granted scopes differ from the requested ones.
    pub(crate) scope_differs: bool,
    /// Whether the app gets the refresh token.
    pub(crate) with_refresh_token: bool,
    /// The unique id of this consent.
    pub(crate) event: String,
}

impl Consent {
    /// A consent to the requested scopes, or to those that the settings grant instead.
    pub(crate) fn new(keys: &str, holder: &str, asked: &str, settings: &Settings) -> Self {
        let scope = settings.granted_scope.as_deref().unwrap_or(asked);
        Self {
            keys: keys.to_owned(),
            holder: holder.to_owned(),
            scope: scope.to_owned(),
            scope_differs: scope != asked,
            with_refresh_token: true,
            event: random::uuid(),
        }
    }

    /// Whether a scope was granted.
    pub(crate) fn grants(&self, scope: &str) -> bool {
        self.scope.split([' ', ',']).any(|granted| granted == scope)
    }
}

/// Why a grant ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ending {
    /// Its authorization code was presented a second time.
    CodeUsedTwice,
    /// Its refresh token was presented while another request with it was under way.
    PresentedTwiceAtOnce,
    /// A replaced refresh token was presented.
    ReplacedTokenPresented,
    /// It was the holder's oldest grant, and there were too many.
    Evicted,
    /// The app revoked it.
    RevokedByApp,
    /// The customer disconnected the app.
    DisconnectedByCustomer,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Grant {
    pub(super) consent: Consent,
    pub(super) refresh_token: String,
    pub(super) made_at: Timestamp,
    refresh_minted_at: Timestamp,
    refresh_expires_at: Option<Timestamp>,
    hard_expires_at: Option<Timestamp>,
    pub(super) earlier_tokens: VecDeque<String>,
    pub(super) ended_by: Option<Ending>,
    refreshed_at: VecDeque<Timestamp>,
    refreshes: u32,
    rotations: u32,
    repeated_answers: u32,
}

/// A grant in the answer of the control route `state`, without its tokens.
#[derive(Serialize)]
pub(super) struct GrantReport {
    id: GrantId,
    keys: String,
    holder: String,
    live: bool,
    ended_by: Option<Ending>,
    refreshes: u32,
    rotations: u32,
    /// How often a replaced refresh token got the earlier answer again. This is neither a refresh nor a rotation.
    repeated_answers: u32,
    refresh_token_expires_at: Option<Timestamp>,
    hard_expires_at: Option<Timestamp>,
}

/// The tokens in an answer of the token endpoint.
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) access_seconds: u32,
    pub(crate) refresh_token: String,
    pub(crate) refresh_seconds: Option<i64>,
    pub(crate) hard_seconds: Option<i64>,
    pub(crate) made_at: Timestamp,
    pub(crate) consent: Consent,
    /// Whether they come from a refresh, and not from a code.
    pub(crate) refreshed: bool,
}

impl Grant {
    pub(super) fn new<P: StandInPlatform>(consent: Consent, now: Timestamp) -> Self {
        let Rules { refresh_token_life, grant_life, .. } = P::RULES;
        Self {
            consent,
            refresh_token: P::new_refresh_token(now),
            made_at: now,
            refresh_minted_at: now,
            refresh_expires_at: refresh_token_life.map(|life| now + life),
            hard_expires_at: grant_life.map(|life| now + life),
            earlier_tokens: VecDeque::new(),
            ended_by: None,
            refreshed_at: VecDeque::new(),
            refreshes: 0,
            rotations: 0,
            repeated_answers: 0,
        }
    }

    /// Whether its refresh token is valid.
    pub(super) fn is_live(&self, now: Timestamp) -> bool {
        self.ended_by.is_none() && self.refresh_expires_at.is_none_or(|end| now < end)
    }

    /// Ends the grant. If it has ended already, the first reason stays.
    pub(super) fn end(&mut self, by: Ending) {
        self.ended_by.get_or_insert(by);
    }

    /// Whether it had the largest allowed number of refreshes in the last ten minutes.
    pub(super) fn is_refreshed_too_often(&mut self, most: u32, now: Timestamp) -> bool {
        self.refreshed_at.retain(|at| now.duration_since(*at) < WINDOW);
        usize::try_from(most).is_ok_and(|most| self.refreshed_at.len() >= most)
    }

    /// Uses the refresh token. Its life starts again, within the grant's. If it is due to change, it is replaced, and the old one is returned.
    pub(super) fn use_refresh_token<P: StandInPlatform>(
        &mut self,
        rotation: Rotate,
        settings: &Settings,
        now: Timestamp,
    ) -> Option<String> {
        self.refreshes += 1;
        if settings.refreshes_per_ten_minutes.is_some() {
            self.refreshed_at.push_back(now);
        }
        self.refresh_expires_at = P::RULES.refresh_token_life.map(|life| {
            let end = now + life;
            self.hard_expires_at.map_or(end, |hard_end| end.min(hard_end))
        });
        let age = now.duration_since(self.refresh_minted_at).as_secs();
        let rotate_after = settings.rotate_after_seconds?;
        if rotation == Rotate::IfDue && age < i64::from(rotate_after) {
            return None;
        }
        self.rotations += 1;
        self.refresh_minted_at = now;
        Some(std::mem::replace(&mut self.refresh_token, P::new_refresh_token(now)))
    }

    /// Remembers a token of this grant. Returns the oldest one if that is forgotten for it.
    pub(super) fn remember(&mut self, token: String) -> Option<String> {
        self.earlier_tokens.push_back(token);
        if self.earlier_tokens.len() > MAX_EARLIER_TOKENS { self.earlier_tokens.pop_front() } else { None }
    }

    /// Counts an answer that was given again.
    pub(super) fn count_repeated_answer(&mut self) {
        self.repeated_answers += 1;
    }

    /// The token answer with this access token, which is valid for `access_seconds` from now on.
    pub(super) fn tokens(&self, access_token: String, access_seconds: u32, now: Timestamp) -> Tokens {
        let seconds_until = |end: Timestamp| end.duration_since(now).as_secs();
        Tokens {
            access_token,
            access_seconds,
            refresh_token: self.refresh_token.clone(),
            refresh_seconds: self.refresh_expires_at.map(seconds_until),
            hard_seconds: self.hard_expires_at.map(seconds_until),
            made_at: now,
            consent: self.consent.clone(),
            refreshed: self.refreshes > 0,
        }
    }

    pub(super) fn report(&self, id: GrantId, now: Timestamp) -> GrantReport {
        GrantReport {
            id,
            keys: self.consent.keys.clone(),
            holder: self.consent.holder.clone(),
            live: self.is_live(now),
            ended_by: self.ended_by,
            refreshes: self.refreshes,
            rotations: self.rotations,
            repeated_answers: self.repeated_answers,
            refresh_token_expires_at: self.refresh_expires_at,
            hard_expires_at: self.hard_expires_at,
        }
    }
}
