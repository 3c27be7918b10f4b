//! One grant and its tokens: how long they live and when the refresh token's value changes.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::environment::Environment;
use super::settings::Settings;
use crate::desk::Rotation;
use crate::random;

/// How long a refresh token lives after its last use: the 101 days that Intuit's SDK shows in its mocks. Intuit's text
/// says 100 days; the answer carries the number that is kept here.
const REFRESH_TOKEN_LIFE: SignedDuration = SignedDuration::from_secs(8_726_400);
/// How long a grant lives whatever one does: five years [Intuit, "Important changes to refresh token policy"].
const GRANT_LIFE: SignedDuration = SignedDuration::from_secs(157_680_000);
/// The most earlier tokens, access and replaced refresh tokens alike, that a grant remembers.
const MAX_EARLIER_TOKENS: usize = 256;

/// A grant's number, from 1 in the order of consent.
pub(super) type GrantId = u64;

/// What the user agreed to.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Consent {
    pub(super) environment: Environment,
    pub(super) realm: String,
    /// The scopes granted, space separated.
    pub(super) scope: String,
    /// Whether fewer or others were granted than asked for.
    pub(super) scope_differs: bool,
}

/// What ended a grant before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ending {
    /// Its authorization code was presented a second time.
    CodeUsedTwice,
    /// Its refresh token was presented while another request with it was in flight.
    PresentedTwiceAtOnce,
    /// A refresh token that was replaced was presented again.
    ReplacedTokenPresented,
    /// The app revoked it.
    RevokedByApp,
    /// The company's user disconnected the app.
    DisconnectedByCustomer,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Grant {
    pub(super) consent: Consent,
    pub(super) refresh_token: String,
    refresh_minted_at: Timestamp,
    refresh_expires_at: Timestamp,
    hard_expires_at: Timestamp,
    pub(super) earlier_tokens: VecDeque<String>,
    pub(super) ended_by: Option<Ending>,
    refreshes: u32,
    rotations: u32,
    repeated_answers: u32,
}

/// A grant as the control route `state` shows it: without its tokens.
#[derive(Serialize)]
pub(super) struct GrantReport {
    id: GrantId,
    client: Environment,
    realm: String,
    live: bool,
    ended_by: Option<Ending>,
    refreshes: u32,
    rotations: u32,
    /// How often a replaced refresh token got its answer again: neither a refresh nor a rotation.
    repeated_answers: u32,
    refresh_token_expires_at: Timestamp,
    hard_expires_at: Timestamp,
}

/// What the token endpoint hands out.
pub(super) struct Tokens {
    pub(super) access_token: String,
    pub(super) access_seconds: u32,
    pub(super) refresh_token: String,
    pub(super) refresh_seconds: i64,
    pub(super) hard_seconds: i64,
    pub(super) scope: Option<String>,
}

impl Grant {
    pub(super) fn new(consent: Consent, now: Timestamp) -> Self {
        Self {
            consent,
            refresh_token: new_refresh_token(now),
            refresh_minted_at: now,
            refresh_expires_at: now + REFRESH_TOKEN_LIFE,
            hard_expires_at: now + GRANT_LIFE,
            earlier_tokens: VecDeque::new(),
            ended_by: None,
            refreshes: 0,
            rotations: 0,
            repeated_answers: 0,
        }
    }

    /// Whether its refresh token would be taken.
    pub(super) fn is_live(&self, now: Timestamp) -> bool {
        self.ended_by.is_none() && now < self.refresh_expires_at
    }

    /// Ends the grant; the first ending stays.
    pub(super) fn end(&mut self, by: Ending) {
        self.ended_by.get_or_insert(by);
    }

    /// Uses the refresh token: its life begins anew, within the grant's. Its value changes where that is due, that is
    /// on the first use a day after it was minted [Intuit, Authorization FAQ], and the old value is dead at once.
    /// Gives the old value where it changed.
    pub(super) fn use_refresh_token(&mut self, rotation: Rotation, settings: &Settings, now: Timestamp) -> Option<String> {
        self.refreshes += 1;
        self.refresh_expires_at = (now + REFRESH_TOKEN_LIFE).min(self.hard_expires_at);
        let age = now.duration_since(self.refresh_minted_at).as_secs();
        let rotate_after = settings.rotate_after_seconds?;
        if rotation == Rotation::AsDue && age < i64::from(rotate_after) {
            return None;
        }
        self.rotations += 1;
        self.refresh_minted_at = now;
        Some(std::mem::replace(&mut self.refresh_token, new_refresh_token(now)))
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
        Tokens {
            access_token,
            access_seconds,
            refresh_token: self.refresh_token.clone(),
            refresh_seconds: self.refresh_expires_at.duration_since(now).as_secs(),
            hard_seconds: self.hard_expires_at.duration_since(now).as_secs(),
            scope: self.consent.scope_differs.then(|| self.consent.scope.clone()),
        }
    }

    pub(super) fn report(&self, id: GrantId, now: Timestamp) -> GrantReport {
        GrantReport {
            id,
            client: self.consent.environment,
            realm: self.consent.realm.clone(),
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

/// Looks like Intuit's: `RT1-39-H0-1798761600…`, the number being the end of its life.
fn new_refresh_token(now: Timestamp) -> String {
    let expires_at = (now + REFRESH_TOKEN_LIFE).as_second();
    format!("RT1-39-H0-{expires_at}{}", random::alphanumeric(24))
}

/// Looks like Intuit's: an encrypted JWT (its first part says `{"enc":"A128CBC-HS256","alg":"dir"}`), some 740 characters.
pub(super) fn new_access_token() -> String {
    format!(
        "eyJlbmMiOiJBMTI4Q0JDLUhTMjU2IiwiYWxnIjoiZGlyIn0..{}.{}.{}",
        random::base64url(16),
        random::base64url(480),
        random::base64url(16)
    )
}
