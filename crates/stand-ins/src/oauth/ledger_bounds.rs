//! The bounds of the ledger, and what is deleted if there are too many tokens or grants.

use jiff::Timestamp;

use super::StandInPlatform;
use super::grant::{Consent, Ending, Grant, GrantId};
use super::ledger::{Ledger, Token};

/// The largest number of grants. Beyond it the oldest is deleted with its tokens.
pub(super) const MAX_GRANTS: usize = 10_000;

impl<P: StandInPlatform> Ledger<P> {
    pub(super) fn forget_out_of_date(&mut self, id: GrantId, now: Timestamp) {
        let Some(grant) = self.grants.get_mut(&id) else { return };
        grant.earlier_tokens.retain(|token| {
            let over = matches!(self.tokens.get(token), Some(Token::Access { expires_at, .. }) if *expires_at <= now);
            if over {
                self.tokens.remove(token);
            }
            !over
        });
    }

    pub(super) fn forget_oldest_access_token_if_one_too_many(&mut self, id: GrantId) {
        let (Some(most), Some(grant)) = (self.settings.access_tokens_per_grant, self.grants.get_mut(&id)) else { return };
        let is_access = |token: &&String| matches!(self.tokens.get(*token), Some(Token::Access { .. }));
        let live: Vec<String> = grant.earlier_tokens.iter().filter(is_access).cloned().collect();
        let too_many = (live.len() + 1).saturating_sub(most as usize);
        for oldest in &live[..too_many.min(live.len())] {
            grant.earlier_tokens.retain(|token| token != oldest);
            self.tokens.remove(oldest);
        }
    }

    /// Deletes the holder's oldest refresh token if there would be too many.
    pub(super) fn evict_oldest_if_one_too_many(&mut self, consent: &Consent, now: Timestamp) {
        let Some(most) = self.settings.refresh_tokens_per_user else { return };
        let counts =
            |grant: &Grant| grant.consent.holder == consent.holder && grant.consent.with_refresh_token && grant.is_live(now);
        if !consent.with_refresh_token || self.grants.values().filter(|grant| counts(grant)).count() < most as usize {
            return;
        }
        if let Some(oldest) = self.grants.values_mut().find(|grant| counts(grant)) {
            oldest.end(Ending::Evicted);
        }
    }

    pub(super) fn forget_oldest_grant_if_full(&mut self) {
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
