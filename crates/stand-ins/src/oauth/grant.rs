//! One grant and its tokens: how long they live and when the refresh token's value changes.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::settings::Settings;
use super::{Platform, Rules};
use crate::desk::Rotation;
use crate::random;

/// The most earlier tokens, access and replaced refresh tokens alike, that a grant remembers.
const MAX_EARLIER_TOKENS: usize = 256;
/// The window in which refreshes are counted.
const WINDOW: SignedDuration = SignedDuration::from_mins(10);

/// A grant's number, from 1 in the order of consent.
pub(crate) type GrantId = u64;

/// What the user agreed to.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Consent {
    /// The keys that its code and tokens are for: a client id or, at Zoho, where one serves everywhere, the data centre.
    pub(crate) keys: String,
    /// Who gave it: at `QuickBooks` a company, elsewhere a user.
    pub(crate) holder: String,
    /// The scopes granted, as they were asked for.
    pub(crate) scope: String,
    /// Whether fewer or others were granted than asked for.
    pub(crate) scope_differs: bool,
    /// Whether the app is given the refresh token.
    pub(crate) with_refresh_token: bool,
    /// This one consent's own name.
    pub(crate) event: String,
}

impl Consent {
    /// To what was asked for, or to what the settings grant in its place.
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

/// What ended a grant before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ending {
    /// Its authorization code was presented a second time.
    CodeUsedTwice,
    /// Its refresh token was presented while another request with it was in flight.
    PresentedTwiceAtOnce,
    /// A refresh token that was replaced was presented again.
    ReplacedTokenPresented,
    /// It was the oldest when its holder gave one too many.
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

/// A grant as the control route `state` shows it: without its tokens.
#[derive(Serialize)]
pub(super) struct GrantReport {
    id: GrantId,
    keys: String,
    holder: String,
    live: bool,
    ended_by: Option<Ending>,
    refreshes: u32,
    rotations: u32,
    /// How often a replaced refresh token got its answer again: neither a refresh nor a rotation.
    repeated_answers: u32,
    refresh_token_expires_at: Option<Timestamp>,
    hard_expires_at: Option<Timestamp>,
}

/// What the token endpoint hands out.
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) access_seconds: u32,
    pub(crate) refresh_token: String,
    pub(crate) refresh_seconds: Option<i64>,
    pub(crate) hard_seconds: Option<i64>,
    pub(crate) made_at: Timestamp,
    pub(crate) consent: Consent,
    /// Whether they come of a refresh, not of a code.
    pub(crate) refreshed: bool,
}

impl Grant {
    pub(super) fn new<P: Platform>(consent: Consent, now: Timestamp) -> Self {
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

    /// Whether its refresh token would be taken.
    pub(super) fn is_live(&self, now: Timestamp) -> bool {
        self.ended_by.is_none() && self.refresh_expires_at.is_none_or(|end| now < end)
    }

    /// Ends the grant; the first ending stays.
    pub(super) fn end(&mut self, by: Ending) {
        self.ended_by.get_or_insert(by);
    }

    /// Whether it was refreshed as often in the last ten minutes as it may be.
    pub(super) fn is_refreshed_too_often(&mut self, most: u32, now: Timestamp) -> bool {
        self.refreshed_at.retain(|at| now.duration_since(*at) < WINDOW);
        usize::try_from(most).is_ok_and(|most| self.refreshed_at.len() >= most)
    }

    /// Uses the refresh token: its life begins anew, within the grant's. Its value changes where that is due, and the old
    /// one is given back.
    pub(super) fn use_refresh_token<P: Platform>(
        &mut self,
        rotation: Rotation,
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
        if rotation == Rotation::AsDue && age < i64::from(rotate_after) {
            return None;
        }
        self.rotations += 1;
        self.refresh_minted_at = now;
        Some(std::mem::replace(&mut self.refresh_token, P::new_refresh_token(now)))
    }

    /// Remembers a token as one of this grant's; gives the one that is forgotten for it.
    pub(super) fn remember(&mut self, token: String) -> Option<String> {
        self.earlier_tokens.push_back(token);
        if self.earlier_tokens.len() > MAX_EARLIER_TOKENS { self.earlier_tokens.pop_front() } else { None }
    }

    /// Counts an answer that was given before.
    pub(super) fn count_repeated_answer(&mut self) {
        self.repeated_answers += 1;
    }

    /// The token answer with that access token, which is good for so long, as of now.
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
