//! Everything the stand-in remembers about consent: codes, grants, and which token belongs to which grant. The rules
//! that join them are here; what is true of one grant or one code alone is with those.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::code::{Codes, Presented};
use super::environment::Environment;
use super::grant::{Consent, Ending, Grant, GrantId, GrantReport, Tokens, new_access_token};
use super::redirect_uri::RedirectUris;
use super::settings::Settings;
use crate::desk::Rotation;

/// The most grants remembered; beyond it the oldest is forgotten with its tokens.
const MAX_GRANTS: usize = 10_000;

pub(super) struct Ledger {
    pub(super) settings: Settings,
    pub(super) redirect_uris: RedirectUris,
    codes: Codes,
    grants: BTreeMap<GrantId, Grant>,
    tokens: HashMap<String, Token>,
    last_grant: GrantId,
}

#[derive(Clone, Copy)]
enum Token {
    /// A refresh token, replaced if it is not the grant's present one.
    Refresh(GrantId),
    Access {
        grant: GrantId,
        expires_at: Timestamp,
    },
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
    /// the grant, the winner's new tokens with it [Intuit, OAuth errors], and the stand-in always does.
    pub(super) fn refresh(
        &mut self,
        environment: Environment,
        refresh_token: &str,
        raced: bool,
        rotation: Rotation,
        now: Timestamp,
    ) -> Result<Tokens, Dead> {
        let Some(Token::Refresh(id)) = self.tokens.get(refresh_token).copied() else {
            return Err(Dead);
        };
        let grant = self.grants.get_mut(&id).ok_or(Dead)?;
        if grant.consent.environment != environment || !grant.is_live(now) {
            return Err(Dead);
        }
        if raced {
            grant.end(Ending::PresentedTwiceAtOnce);
            return Err(Dead);
        }
        if grant.refresh_token != refresh_token {
            if self.settings.revoke_on_reuse {
                grant.end(Ending::ReplacedTokenPresented);
            }
            return Err(Dead);
        }
        if let Some(replaced) = grant.use_refresh_token(rotation, &self.settings, now) {
            self.tokens.insert(grant.refresh_token.clone(), Token::Refresh(id));
            if let Some(forgotten) = grant.remember(replaced) {
                self.tokens.remove(&forgotten);
            }
        }
        self.mint_access_token(id, now)
    }

    /// The app's own revocation, by a live token of either kind.
    pub(super) fn revoke(&mut self, environment: Environment, token: &str, now: Timestamp) -> Result<(), Dead> {
        let id = self.owner_of_live(token, now).ok_or(Dead)?;
        let grant = self.grants.get_mut(&id).ok_or(Dead)?;
        if grant.consent.environment != environment || !grant.is_live(now) {
            return Err(Dead);
        }
        if self.settings.revoke_ends_company {
            let realm = grant.consent.realm;
            self.end_all_at(realm, Ending::RevokedByApp, now);
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

    /// A further access token; the earlier ones live on until their own end.
    fn mint_access_token(&mut self, id: GrantId, now: Timestamp) -> Result<Tokens, Dead> {
        let grant = self.grants.get_mut(&id).ok_or(Dead)?;
        let access_token = new_access_token();
        let expires_at = now + SignedDuration::from_secs(self.settings.access_token_seconds.into());
        self.tokens.insert(access_token.clone(), Token::Access { grant: id, expires_at });
        if let Some(forgotten) = grant.remember(access_token.clone()) {
            self.tokens.remove(&forgotten);
        }
        Ok(grant.tokens(access_token, &self.settings, now))
    }

    /// The grant of a token that is itself neither replaced nor out of date.
    fn owner_of_live(&self, token: &str, now: Timestamp) -> Option<GrantId> {
        match self.tokens.get(token)? {
            Token::Refresh(id) => (self.grants.get(id)?.refresh_token == token).then_some(*id),
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
mod tests {
    use super::*;

    fn consent() -> Consent {
        Consent {
            environment: Environment::Production,
            realm: Environment::Production.companies()[0].realm,
            scope: String::new(),
            scope_differs: false,
        }
    }

    fn connect(ledger: &mut Ledger) -> Tokens {
        let now = Timestamp::UNIX_EPOCH;
        let code = ledger.issue_code(consent(), "uri", now).expect("there is room");
        let exchanged = ledger.exchange(Environment::Production, &code, "uri", now);
        ledger.codes = Codes::default();
        exchanged.expect("the code is good")
    }

    fn refresh(ledger: &mut Ledger, refresh_token: &str) -> Option<Tokens> {
        let now = Timestamp::UNIX_EPOCH;
        ledger.refresh(Environment::Production, refresh_token, false, Rotation::Forced, now).ok()
    }

    #[test]
    fn a_grant_remembers_a_bounded_number_of_tokens() {
        let mut ledger = Ledger::new(RedirectUris::default());
        let first = connect(&mut ledger);
        let mut refresh_token = first.refresh_token;
        for _ in 0..300 {
            refresh_token = refresh(&mut ledger, &refresh_token).expect("live").refresh_token;
        }
        assert!(ledger.tokens.len() <= 257, "{}", ledger.tokens.len());
        assert!(refresh(&mut ledger, &refresh_token).is_some());
    }

    #[test]
    fn the_oldest_grant_makes_room_for_a_new_one() {
        let mut ledger = Ledger::new(RedirectUris::default());
        let oldest = connect(&mut ledger);
        let second = connect(&mut ledger);
        for _ in 2..=MAX_GRANTS {
            connect(&mut ledger);
        }
        assert_eq!(ledger.grants.len(), MAX_GRANTS);
        assert_eq!(ledger.tokens.len(), 2 * MAX_GRANTS);
        assert!(refresh(&mut ledger, &oldest.refresh_token).is_none());
        assert!(refresh(&mut ledger, &second.refresh_token).is_some());
    }

    #[test]
    fn codes_are_bounded_and_room_comes_back_with_time() {
        let mut ledger = Ledger::new(RedirectUris::default());
        let now = Timestamp::UNIX_EPOCH;
        let issued = std::iter::from_fn(|| ledger.issue_code(consent(), "uri", now)).take(20_000).count();
        assert_eq!(issued, 10_000);
        let later = now + SignedDuration::from_mins(10);
        assert!(ledger.issue_code(consent(), "uri", later).is_some());
    }
}
