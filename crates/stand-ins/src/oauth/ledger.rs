//! The state of a stand-in: codes, grants, and the grant of each token. The rules that concern several of them are here; those of one grant
//! or one code are in their own modules.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::StandInPlatform;
use super::authorize::AuthorizeRequest;
use super::code::{Codes, Exchange, Presented};
use super::grant::{Consent, Ending, Grant, GrantId, GrantReport, Tokens};
use super::refusal::Refusal;
use super::settings::Settings;
use crate::desk::Rotate;

/// Stored in the file, except for codes, which live for minutes, and redirect URIs, which are registered at each start.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
pub(crate) struct Ledger<P: StandInPlatform> {
    pub(crate) settings: Settings,
    #[serde(skip)]
    pub(super) redirect_uris: P::RedirectUris,
    #[serde(skip)]
    codes: Codes,
    pub(super) grants: BTreeMap<GrantId, Grant>,
    pub(super) tokens: HashMap<String, Token>,
    last_grant: GrantId,
    #[serde(default, rename = "books")]
    pub(crate) reach: P::Reach,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Token {
    /// The grant's current refresh token.
    Refresh(GrantId),
    /// A replaced refresh token of the grant.
    Replaced {
        grant: GrantId,
        at: Timestamp,
        by: Successors,
    },
    Access {
        grant: GrantId,
        expires_at: Timestamp,
    },
}

/// The answer to a refresh token when it was replaced.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Successors {
    refresh_token: String,
    access_token: String,
}

/// A request that presents a refresh token.
pub(super) struct Refresh<'a> {
    pub(super) keys: &'a str,
    pub(super) token: &'a str,
    /// Whether another request with this token is under way.
    pub(super) raced: bool,
    pub(super) rotation: Rotate,
}

/// The state of an access token.
pub(crate) enum Standing<'a> {
    Good(&'a Consent),
    /// It has expired.
    Over(Timestamp),
    /// It is unknown, or its grant has ended.
    Dead,
}

impl<P: StandInPlatform> Ledger<P> {
    pub(super) fn new(redirect_uris: P::RedirectUris) -> Self {
        Self {
            settings: P::settings(),
            redirect_uris,
            codes: Codes::default(),
            grants: BTreeMap::new(),
            tokens: HashMap::new(),
            last_grant: 0,
            reach: P::Reach::default(),
        }
    }

    /// Makes a code for a consent; `None` if there are too many.
    pub(super) fn issue_code(&mut self, consent: Consent, ask: &AuthorizeRequest, now: Timestamp) -> Option<String> {
        self.codes.issue(P::new_code(), consent, ask, now + P::RULES.code_life, now)
    }

    /// Exchanges a code.
    pub(super) fn exchange(&mut self, exchange: &Exchange, now: Timestamp) -> Result<Tokens, Refusal> {
        let id = self.last_grant + 1;
        let consent = match self.codes.present(exchange, now)? {
            Presented::Used(grant) => {
                if P::RULES.second_use_of_code_ends_grant {
                    self.end(grant, Ending::CodeUsedTwice);
                }
                return Err(Refusal::DeadCode);
            }
            Presented::Fresh { consent, used_for } => {
                let most = self.settings.grants_per_minute;
                if most.is_some_and(|most| given_lately(&self.grants, &consent.holder, now) >= most as usize) {
                    return Err(Refusal::TooManyTokens);
                }
                *used_for = Some(id);
                consent
            }
        };
        self.last_grant = id;
        self.evict_oldest_if_one_too_many(&consent, now);
        self.forget_oldest_grant_if_full();
        let grant = Grant::new::<P>(consent, now);
        self.tokens.insert(grant.refresh_token.clone(), Token::Refresh(id));
        self.grants.insert(id, grant);
        self.mint_access_token(id, now)
    }

    /// Refreshes a grant. If another request with the token is under way, a platform may treat that as theft and end the grant, together with the
    /// new tokens of the first request [Intuit, OAuth errors]. The stand-in does so if the settings say it.
    pub(super) fn refresh(&mut self, refresh: &Refresh<'_>, now: Timestamp) -> Result<Tokens, Refusal> {
        let dead = || Refusal::DeadRefreshToken;
        let (id, replaced) = match self.tokens.get(refresh.token).ok_or_else(dead)?.clone() {
            Token::Refresh(id) => (id, None),
            Token::Replaced { grant, at, by } => (grant, Some((at, by))),
            Token::Access { .. } => return Err(dead()),
        };
        let grant = self.grants.get_mut(&id).ok_or_else(dead)?;
        if grant.consent.keys != refresh.keys || !grant.is_live(now) {
            return Err(dead());
        }
        if refresh.raced && self.settings.revoke_on_race {
            grant.end(Ending::PresentedTwiceAtOnce);
            return Err(dead());
        }
        if self.settings.refreshes_per_ten_minutes.is_some_and(|most| grant.is_refreshed_too_often(most, now)) {
            return Err(Refusal::TooManyTokens);
        }
        if let Some((at, by)) = replaced {
            return self.present_replaced(id, at, by, now);
        }
        let replaced = grant.use_refresh_token::<P>(refresh.rotation, &self.settings, now);
        let tokens = self.mint_access_token(id, now)?;
        if let Some(replaced) = replaced {
            self.replace(id, replaced, &tokens, now)?;
        }
        Ok(tokens)
    }

    /// The answer to a replaced refresh token. Within the grace period it gets the same answer again.
    fn present_replaced(&mut self, id: GrantId, at: Timestamp, by: Successors, now: Timestamp) -> Result<Tokens, Refusal> {
        let grant = self.grants.get_mut(&id).ok_or(Refusal::DeadRefreshToken)?;
        // If the clock was set back, the age is zero.
        let age = now.duration_since(at).as_secs().max(0);
        if age >= i64::from(self.settings.grace_seconds) {
            if self.settings.revoke_on_reuse {
                grant.end(Ending::ReplacedTokenPresented);
            }
            return Err(Refusal::DeadRefreshToken);
        }
        grant.count_repeated_answer();
        let tokens = match self.seconds_left(&by.access_token, now) {
            Some(seconds) => self.grants.get(&id).ok_or(Refusal::DeadRefreshToken)?.tokens(by.access_token, seconds, now),
            None => self.mint_access_token(id, now)?,
        };
        Ok(Tokens { refresh_token: by.refresh_token, ..tokens })
    }

    /// The remaining life of an access token in whole seconds, if it is valid.
    fn seconds_left(&self, access_token: &str, now: Timestamp) -> Option<u32> {
        match self.tokens.get(access_token)? {
            Token::Access { expires_at, .. } => {
                u32::try_from(expires_at.duration_since(now).as_secs()).ok().filter(|seconds| *seconds > 0)
            }
            _ => None,
        }
    }

    /// Remembers that a refresh token was replaced, and the answer to it.
    fn replace(&mut self, id: GrantId, replaced: String, answer: &Tokens, now: Timestamp) -> Result<(), Refusal> {
        let by = Successors { refresh_token: answer.refresh_token.clone(), access_token: answer.access_token.clone() };
        self.tokens.insert(answer.refresh_token.clone(), Token::Refresh(id));
        self.tokens.insert(replaced.clone(), Token::Replaced { grant: id, at: now, by });
        let grant = self.grants.get_mut(&id).ok_or(Refusal::DeadRefreshToken)?;
        if let Some(forgotten) = grant.remember(replaced) {
            self.tokens.remove(&forgotten);
        }
        Ok(())
    }

    /// A revocation by the app, with a valid token of either kind.
    pub(super) fn revoke(&mut self, keys: &str, token: &str, now: Timestamp) -> Result<(), Refusal> {
        let id = self.owner_of_live(token, now).ok_or(Refusal::DeadToken)?;
        let grant = self.grants.get_mut(&id).ok_or(Refusal::DeadToken)?;
        if grant.consent.keys != keys || !grant.is_live(now) {
            return Err(Refusal::DeadToken);
        }
        if self.settings.revoke_ends_company {
            let holder = grant.consent.holder.clone();
            self.end_all_of(&holder, Ending::RevokedByApp, now);
        } else {
            grant.end(Ending::RevokedByApp);
        }
        Ok(())
    }

    /// Ends every active grant of this holder, who belongs to one client. Returns their number.
    pub(crate) fn end_all_of(&mut self, holder: &str, by: Ending, now: Timestamp) -> usize {
        P::forget(&mut self.reach, holder);
        let live = self.grants.values_mut().filter(|grant| grant.consent.holder == holder && grant.is_live(now));
        live.map(|grant| grant.end(by)).count()
    }

    /// The state of an access token.
    pub(crate) fn standing(&self, access_token: &str, now: Timestamp) -> Standing<'_> {
        let Some(Token::Access { grant, expires_at }) = self.tokens.get(access_token) else { return Standing::Dead };
        match self.grants.get(grant) {
            Some(grant) if grant.ended_by.is_none() => {
                if now < *expires_at {
                    Standing::Good(&grant.consent)
                } else {
                    Standing::Over(*expires_at)
                }
            }
            _ => Standing::Dead,
        }
    }

    /// The consent of a valid access token.
    pub(crate) fn consent_of(&self, access_token: &str, now: Timestamp) -> Option<&Consent> {
        match self.standing(access_token, now) {
            Standing::Good(consent) => Some(consent),
            Standing::Over(_) | Standing::Dead => None,
        }
    }

    /// Whether this holder has an active grant.
    pub(crate) fn has_live_grant(&self, holder: &str, now: Timestamp) -> bool {
        self.grants.values().any(|grant| grant.consent.holder == holder && grant.is_live(now))
    }

    pub(super) fn report(&self, now: Timestamp) -> Vec<GrantReport> {
        self.grants.iter().map(|(id, grant)| grant.report(*id, now)).collect()
    }

    /// Makes a new access token. Earlier ones stay valid until they expire, and are then forgotten.
    fn mint_access_token(&mut self, id: GrantId, now: Timestamp) -> Result<Tokens, Refusal> {
        self.forget_out_of_date(id, now);
        self.forget_oldest_access_token_if_one_too_many(id);
        let grant = self.grants.get_mut(&id).ok_or(Refusal::DeadRefreshToken)?;
        let made_at = now - SignedDuration::from_secs(self.settings.access_token_age_seconds.into());
        let access_token = P::new_access_token(&grant.consent, self.settings.access_token_seconds, made_at);
        let expires_at = made_at + SignedDuration::from_secs(self.settings.access_token_seconds.into());
        self.tokens.insert(access_token.clone(), Token::Access { grant: id, expires_at });
        if let Some(forgotten) = grant.remember(access_token.clone()) {
            self.tokens.remove(&forgotten);
        }
        Ok(Tokens { made_at, ..grant.tokens(access_token, self.settings.access_token_seconds, now) })
    }

    /// The grant of a token that can be revoked. A replaced or expired token cannot.
    fn owner_of_live(&self, token: &str, now: Timestamp) -> Option<GrantId> {
        match self.tokens.get(token)? {
            Token::Refresh(id) => Some(*id),
            Token::Replaced { .. } => None,
            Token::Access { grant, expires_at } => (P::RULES.revokes_access_tokens && now < *expires_at).then_some(*grant),
        }
    }

    fn end(&mut self, id: GrantId, by: Ending) {
        if let Some(grant) = self.grants.get_mut(&id) {
            grant.end(by);
        }
    }
}

/// The number of this holder's grants in the last minute.
fn given_lately(grants: &BTreeMap<GrantId, Grant>, holder: &str, now: Timestamp) -> usize {
    let minute_ago = now - SignedDuration::from_mins(1);
    grants.values().filter(|grant| grant.consent.holder == holder && grant.made_at > minute_ago).count()
}

#[cfg(test)]
mod tests;
