//! Everything the stand-in remembers about consent: codes, grants, and which token belongs to which grant. The rules
//! that join them are here; what is true of one grant or one code alone is with those.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::code::{Codes, Presented};
use super::environment::Environment;
use super::grant::{Consent, Ending, Grant, GrantId, GrantReport, Tokens, new_access_token};
use super::redirect_uri::RedirectUris;
use super::settings::Settings;
use crate::desk::Rotation;

/// The most grants remembered; beyond it the oldest is forgotten with its tokens.
const MAX_GRANTS: usize = 10_000;

/// Kept whole, but for the codes, which live for minutes, and the redirect URIs, which are registered anew at each start.
#[derive(Serialize, Deserialize)]
pub(super) struct Ledger {
    pub(super) settings: Settings,
    #[serde(skip)]
    pub(super) redirect_uris: RedirectUris,
    #[serde(skip)]
    codes: Codes,
    grants: BTreeMap<GrantId, Grant>,
    tokens: HashMap<String, Token>,
    last_grant: GrantId,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Token {
    /// The grant's present refresh token.
    Refresh(GrantId),
    /// A refresh token of the grant's that was replaced.
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

/// What was answered to a refresh token when it was replaced.
#[derive(Clone, Serialize, Deserialize)]
struct Successors {
    refresh_token: String,
    access_token: String,
}

/// The code or token is not taken.
#[derive(Debug)]
pub(super) struct Dead;

impl Ledger {
    pub(super) fn new(redirect_uris: RedirectUris) -> Self {
        Self {
            settings: Settings::default(),
            redirect_uris,
            codes: Codes::default(),
            grants: BTreeMap::new(),
            tokens: HashMap::new(),
            last_grant: 0,
        }
    }

    /// A code for what the user agreed to; `None` where too many are alive.
    pub(super) fn issue_code(&mut self, consent: Consent, redirect_uri: &str, now: Timestamp) -> Option<String> {
        self.codes.issue(consent, redirect_uri, now)
    }

    /// Exchanges a code. A code that comes a second time spoils the grant of the first [intuit/oauth-jsclient issue 173].
    pub(super) fn exchange(
        &mut self,
        environment: Environment,
        code: &str,
        redirect_uri: &str,
        now: Timestamp,
    ) -> Result<Tokens, Dead> {
        let id = self.last_grant + 1;
        let consent = match self.codes.present(code, environment, redirect_uri, now) {
            Presented::Wrong => return Err(Dead),
            Presented::Used(grant) => {
                self.end(grant, Ending::CodeUsedTwice);
                return Err(Dead);
            }
            Presented::Fresh { consent, used_for } => {
                *used_for = Some(id);
                consent
            }
        };
        self.last_grant = id;
        self.forget_oldest_grant_if_full();
        let grant = Grant::new(consent, now);
        self.tokens.insert(grant.refresh_token.clone(), Token::Refresh(id));
        self.grants.insert(id, grant);
        self.mint_access_token(id, now)
    }

    /// Refreshes. `raced` says that another request with this token is in flight: Intuit may take that for theft and end
    /// the grant, the winner's new tokens with it [Intuit, OAuth errors], and the stand-in does unless told otherwise.
    pub(super) fn refresh(
        &mut self,
        environment: Environment,
        refresh_token: &str,
        raced: bool,
        rotation: Rotation,
        now: Timestamp,
    ) -> Result<Tokens, Dead> {
        let (id, replaced) = match self.tokens.get(refresh_token).ok_or(Dead)?.clone() {
            Token::Refresh(id) => (id, None),
            Token::Replaced { grant, at, by } => (grant, Some((at, by))),
            Token::Access { .. } => return Err(Dead),
        };
        let grant = self.grants.get_mut(&id).ok_or(Dead)?;
        if grant.consent.environment != environment || !grant.is_live(now) {
            return Err(Dead);
        }
        if raced && self.settings.revoke_on_race {
            grant.end(Ending::PresentedTwiceAtOnce);
            return Err(Dead);
        }
        if let Some((at, by)) = replaced {
            return self.present_replaced(id, at, by, now);
        }
        let replaced = grant.use_refresh_token(rotation, &self.settings, now);
        let tokens = self.mint_access_token(id, now)?;
        if let Some(replaced) = replaced {
            self.replace(id, replaced, &tokens, now)?;
        }
        Ok(tokens)
    }

    /// A refresh token that was replaced at that time by those: within the grace it gets the same answer again.
    fn present_replaced(&mut self, id: GrantId, at: Timestamp, by: Successors, now: Timestamp) -> Result<Tokens, Dead> {
        let grant = self.grants.get_mut(&id).ok_or(Dead)?;
        // A clock that was moved back shortens no age below zero.
        let age = now.duration_since(at).as_secs().max(0);
        if age >= i64::from(self.settings.grace_seconds) {
            if self.settings.revoke_on_reuse {
                grant.end(Ending::ReplacedTokenPresented);
            }
            return Err(Dead);
        }
        grant.count_repeated_answer();
        let tokens = match self.seconds_left(&by.access_token, now) {
            Some(seconds) => self.grants.get(&id).ok_or(Dead)?.tokens(by.access_token, seconds, now),
            None => self.mint_access_token(id, now)?,
        };
        Ok(Tokens { refresh_token: by.refresh_token, ..tokens })
    }

    /// How long that access token is good for, in whole seconds, if for any.
    fn seconds_left(&self, access_token: &str, now: Timestamp) -> Option<u32> {
        match self.tokens.get(access_token)? {
            Token::Access { expires_at, .. } => {
                u32::try_from(expires_at.duration_since(now).as_secs()).ok().filter(|seconds| *seconds > 0)
            }
            _ => None,
        }
    }

    /// Remembers a refresh token as replaced, and with which answer.
    fn replace(&mut self, id: GrantId, replaced: String, answer: &Tokens, now: Timestamp) -> Result<(), Dead> {
        let by = Successors { refresh_token: answer.refresh_token.clone(), access_token: answer.access_token.clone() };
        self.tokens.insert(answer.refresh_token.clone(), Token::Refresh(id));
        self.tokens.insert(replaced.clone(), Token::Replaced { grant: id, at: now, by });
        let grant = self.grants.get_mut(&id).ok_or(Dead)?;
        if let Some(forgotten) = grant.remember(replaced) {
            self.tokens.remove(&forgotten);
        }
        Ok(())
    }

    /// The app's own revocation, by a live token of either kind.
    pub(super) fn revoke(&mut self, environment: Environment, token: &str, now: Timestamp) -> Result<(), Dead> {
        let id = self.owner_of_live(token, now).ok_or(Dead)?;
        let grant = self.grants.get_mut(&id).ok_or(Dead)?;
        if grant.consent.environment != environment || !grant.is_live(now) {
            return Err(Dead);
        }
        if self.settings.revoke_ends_company {
            let realm = grant.consent.realm.clone();
            self.end_all_at(&realm, Ending::RevokedByApp, now);
        } else {
            grant.end(Ending::RevokedByApp);
        }
        Ok(())
    }

    /// Ends every live grant at that company; gives their number. A company belongs to one key pair.
    pub(super) fn end_all_at(&mut self, realm: &str, by: Ending, now: Timestamp) -> usize {
        let live_there = self.grants.values_mut().filter(|grant| grant.consent.realm == realm && grant.is_live(now));
        live_there.map(|grant| grant.end(by)).count()
    }

    /// What the user agreed to, where the access token is good.
    pub(super) fn consent_of(&self, access_token: &str, now: Timestamp) -> Option<&Consent> {
        match self.tokens.get(access_token)? {
            Token::Access { grant, expires_at } if now < *expires_at => {
                let grant = self.grants.get(grant)?;
                grant.ended_by.is_none().then_some(&grant.consent)
            }
            _ => None,
        }
    }

    pub(super) fn report(&self, now: Timestamp) -> Vec<GrantReport> {
        self.grants.iter().map(|(id, grant)| grant.report(*id, now)).collect()
    }

    /// A further access token; the earlier ones live on until their own end, and are then forgotten.
    fn mint_access_token(&mut self, id: GrantId, now: Timestamp) -> Result<Tokens, Dead> {
        self.forget_out_of_date(id, now);
        let grant = self.grants.get_mut(&id).ok_or(Dead)?;
        let access_token = new_access_token();
        let expires_at = now + SignedDuration::from_secs(self.settings.access_token_seconds.into());
        self.tokens.insert(access_token.clone(), Token::Access { grant: id, expires_at });
        if let Some(forgotten) = grant.remember(access_token.clone()) {
            self.tokens.remove(&forgotten);
        }
        Ok(grant.tokens(access_token, self.settings.access_token_seconds, now))
    }

    fn forget_out_of_date(&mut self, id: GrantId, now: Timestamp) {
        let Some(grant) = self.grants.get_mut(&id) else { return };
        grant.earlier_tokens.retain(|token| {
            let over = matches!(self.tokens.get(token), Some(Token::Access { expires_at, .. }) if *expires_at <= now);
            if over {
                self.tokens.remove(token);
            }
            !over
        });
    }

    /// The grant of a token that is itself neither replaced nor out of date.
    fn owner_of_live(&self, token: &str, now: Timestamp) -> Option<GrantId> {
        match self.tokens.get(token)? {
            Token::Refresh(id) => Some(*id),
            Token::Replaced { .. } => None,
            Token::Access { grant, expires_at } => (now < *expires_at).then_some(*grant),
        }
    }

    fn end(&mut self, id: GrantId, by: Ending) {
        if let Some(grant) = self.grants.get_mut(&id) {
            grant.end(by);
        }
    }

    fn forget_oldest_grant_if_full(&mut self) {
        if self.grants.len() < MAX_GRANTS {
            return;
        }
        if let Some((_, grant)) = self.grants.pop_first() {
            self.tokens.remove(&grant.refresh_token);
            for token in grant.earlier_tokens {
                self.tokens.remove(&token);
            }
        }
    }
}

#[cfg(test)]
mod tests;
