//! Tells a platform that a grant is over, in its own way (T-5, T-6), and only where that ends nobody else's. The request
//! that disconnects does it, and the refresher's run for as long as the platform does not hear: the same function.

use std::time::Duration;

use crate::model::audit::{Action, Actor};
use crate::model::connection::Connection;
use crate::model::grant::StoredGrant;
use crate::model::revocation::{GrantId, Revocation, RevocationId};
use crate::model::secret::Secret;
use crate::model::time::{backoff, later};
use crate::port::platform::{Platform, Refresh, Revoke, TokenFailure};
use crate::port::store::Written;
use crate::port::store::revocations::Claim;
use crate::port::store::revocations::Claimed;
use crate::{App, Error};

use crate::service::addresses::redirect_uri;
use crate::service::revocation::holders::{Held, who_holds};
use crate::service::vault::in_hand::{Unstored, store_or_keep};
use crate::service::vault::refresh::{ACCESS_TOKEN, REFRESH_TOKEN, of_its_client, seal_grant, sealing_owner};

/// What came of telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// There is nothing to tell any more: the platform knows, or must not be told.
    Settled,
    /// It is still to be told: it did not hear, its time has not come, or somebody else is at it.
    Owed,
}

/// Tells what is due, if there is time for it before the clock has counted to `ends_at`. A failure is put off on its row.
///
/// # Errors
/// What the table says: then the claim on it runs out, and it is due again.
pub async fn tell_platform(app: &App, id: &RevocationId, ends_at: Duration) -> Result<Telling, Error> {
    if app.clock.elapsed() + app.settings.longest_telling() > ends_at {
        return Ok(Telling::Owed);
    }
    let now = app.now();
    let until = later(now, app.settings.longest_telling_with_refresh() * 2);
    let claim = Claim { id: app.new_id("claim_"), at: now, until };
    let revocation = match app.revocations.claim(id, &claim).await? {
        Claimed::Ours(revocation) => *revocation,
        Claimed::NotDue => return Ok(Telling::Owed),
        Claimed::Gone => return Ok(Telling::Settled),
    };
    let attempt = Attempt { app, revocation, claim, ends_at };
    match attempt.tell().await {
        Ok(Told::Yes) => attempt.settle(Action::PlatformTold, []).await,
        Ok(Told::WouldEndAnothers) => attempt.settle(Action::PlatformNotTold, [("reason", "company_held".to_owned())]).await,
        Ok(Told::MayEndAnothers) => attempt.failed("somebody may hold the company").await,
        Ok(Told::CannotRevoke) => attempt.settle(Action::PlatformNotTold, [("reason", "no_revocation".to_owned())]).await,
        Ok(Told::EndsByItself) => attempt.settle(Action::PlatformNotTold, [("reason", "no_refresh_token".to_owned())]).await,
        Ok(Told::NoTime) => attempt.put_off(attempt.revocation.tries, Duration::ZERO).await,
        Ok(Told::Unheard) => attempt.failed("the platform did not hear").await,
        // Its claim stays: the grant in this process is stored under it.
        Ok(Told::InHand) => Ok(Telling::Owed),
        Err(error) => attempt.failed(&error.to_string()).await,
    }
}

/// How one attempt went.
enum Told {
    Yes,
    /// It must not be told: somebody holds that company.
    WouldEndAnothers,
    /// It must not be told now: whether somebody holds that company is not known.
    MayEndAnothers,
    /// The platform has no way for it: only the customer can end the grant there.
    CannotRevoke,
    /// A consent gave no refresh token, since the customer's older grant goes on: its access token ends within the hour.
    EndsByItself,
    /// A refresh must come first, and would take longer than there is.
    NoTime,
    /// It was refreshed, and what that brought is in this process alone.
    InHand,
    Unheard,
}

struct Attempt<'a> {
    app: &'a App,
    revocation: Revocation,
    claim: Claim,
    ends_at: Duration,
}

impl Attempt<'_> {
    async fn tell(&self) -> Result<Told, Error> {
        let company = &self.revocation.company;
        if matches!(self.revocation.id.grant, GrantId::Consent(_)) && self.revocation.grant.refresh_token.is_none() {
            return Ok(Told::EndsByItself);
        }
        let platform = of_its_client(self.app, company).await?;
        if !platform.can_revoke() {
            return Ok(Told::CannotRevoke);
        }
        match self.held(platform.as_ref()).await? {
            Held::Nobody => {}
            Held::Somebody => return Ok(Told::WouldEndAnothers),
            Held::Unsure => return Ok(Told::MayEndAnothers),
        }
        let mut grant = self.revocation.grant.clone();
        // What is asked with must last for asking and removing.
        if platform.asks_before_revoking() && !grant.is_good_for(self.app.settings.platform_timeout * 2, self.app.now()) {
            if self.app.clock.elapsed() + self.app.settings.longest_telling_with_refresh() > self.ends_at {
                return Ok(Told::NoTime);
            }
            grant = match self.renew(platform.as_ref()).await? {
                Renewed::Grant(_) if self.app.clock.elapsed() + self.app.settings.longest_telling() > self.ends_at => {
                    return Ok(Told::NoTime);
                }
                Renewed::Grant(grant) => *grant,
                Renewed::Gone => return Ok(Told::Yes),
                Renewed::InHand => return Ok(Told::InHand),
                Renewed::Not => return Ok(Told::Unheard),
            };
        }
        let access_token = self.open(ACCESS_TOKEN, &grant).await?;
        let refresh_token = self.open(REFRESH_TOKEN, &grant).await?;
        let revoke = Revoke {
            access_token: &access_token,
            refresh_token: &refresh_token,
            region: grant.region.as_deref(),
            company_id: &company.company_id,
        };
        Ok(if platform.revoke(revoke).await.is_ok() { Told::Yes } else { Told::Unheard })
    }

    /// Whether revoking would end another grant: one of whoever holds that company, this connection after a new consent among
    /// them. Where grants stand by themselves that is only one with the very same token.
    async fn held(&self, platform: &dyn Platform) -> Result<Held, Error> {
        let Revocation { id, grant, .. } = &self.revocation;
        if !platform.grants_stand_alone() {
            // The entry of the consent whose own grant this is holds nothing back.
            let own = match &id.grant {
                GrantId::Consent(flow) => Some(flow.as_str()),
                GrantId::Epoch(_) => None,
            };
            // Asking and telling must still end in time, and so must settling.
            let takes = 2 * self.app.settings.platform_timeout + self.app.settings.store_timeout;
            let mut held = Held::Nobody;
            for company in self.revocation.companies() {
                match who_holds(self.app, &company, own, self.ends_at.saturating_sub(takes)).await? {
                    Held::Somebody => return Ok(Held::Somebody),
                    Held::Unsure => held = Held::Unsure,
                    Held::Nobody => {}
                }
            }
            return Ok(held);
        }
        let connection = self.app.connections.read(&id.connection).await?;
        let Some(present) = connection.as_ref().and_then(Connection::grant) else { return Ok(Held::Nobody) };
        let owner = sealing_owner(&id.connection);
        let (present, ours) = (self.open_of(&owner, REFRESH_TOKEN, present).await?, self.open(REFRESH_TOKEN, grant).await?);
        Ok(if present.fingerprint().matches(&ours.fingerprint()) { Held::Somebody } else { Held::Nobody })
    }

    /// Refreshes the grant; what it brings is on the row before it is used.
    async fn renew(&self, platform: &dyn Platform) -> Result<Renewed, Error> {
        let Revocation { id, company, grant, .. } = &self.revocation;
        let refresh_token = self.open(REFRESH_TOKEN, grant).await?;
        let redirect_uri = redirect_uri(self.app, company.platform).ok();
        let refresh = Refresh {
            refresh_token: &refresh_token,
            redirect_uri: redirect_uri.as_deref(),
            region: grant.region.as_deref(),
            sent_at: self.app.now(),
            listen: self.ends_at.saturating_sub(self.app.clock.elapsed() + self.app.settings.needed_from_answer()),
        };
        let renewed = match platform.refresh(refresh).await {
            Ok(renewed) => seal_grant(self.app, &self.owner(), renewed, platform.scopes(), Some(grant)).await?,
            Err(TokenFailure::Refused) => return Ok(Renewed::Gone),
            Err(_) => return Ok(Renewed::Not),
        };
        let (id, claim, grant) = (id.clone(), self.claim.clone(), Box::new(renewed));
        Ok(match store_or_keep(self.app, Unstored::Renewed { id, claim, grant: grant.clone() }, self.ends_at).await {
            Ok(Written::Stored) => Renewed::Grant(grant),
            Ok(Written::Overtaken) => Renewed::Not,
            Err(_) => Renewed::InHand,
        })
    }

    /// A token of the grant. One that has no refresh token is revoked by its access token (RFC 7009, 2.1, takes either).
    async fn open(&self, purpose: &'static str, grant: &StoredGrant) -> Result<Secret, Error> {
        self.open_of(&self.owner(), purpose, grant).await
    }

    async fn open_of(&self, owner: &str, purpose: &'static str, grant: &StoredGrant) -> Result<Secret, Error> {
        let (purpose, sealed) = match &grant.refresh_token {
            Some(refresh_token) if purpose == REFRESH_TOKEN => (REFRESH_TOKEN, refresh_token),
            _ => (ACCESS_TOKEN, &grant.access_token),
        };
        self.app.sealer.open(owner, purpose, sealed).await
    }

    /// What the tokens are sealed to: where the grant came from.
    fn owner(&self) -> String {
        match &self.revocation.id.grant {
            GrantId::Epoch(_) => sealing_owner(&self.revocation.id.connection),
            GrantId::Consent(flow) => flow.as_str().to_owned(),
        }
    }

    async fn settle<const N: usize>(&self, action: Action, detail: [(&'static str, String); N]) -> Result<Telling, Error> {
        let id = &self.revocation.id;
        let mut audit = self.app.audit(&id.connection, action, Actor::Vault, detail);
        if let GrantId::Consent(_) = id.grant {
            audit.detail.insert("grant", "of a consent that made no connection".to_owned());
        }
        if !self.revocation.by_key {
            audit = audit.once_a_day();
        }
        tracing::info!(connection = %id.connection, grant = %id.grant, action = action.as_str(), "a revocation is settled");
        match self.app.revocations.settle(&self.revocation, &self.claim, &audit).await? {
            Written::Stored => Ok(Telling::Settled),
            Written::Overtaken => Ok(Telling::Owed),
        }
    }

    async fn failed(&self, why: &str) -> Result<Telling, Error> {
        let Revocation { id, tries, .. } = &self.revocation;
        tracing::warn!(connection = %id.connection, grant = %id.grant, tries, why, "a revocation failed");
        if self.revocation.is_given_up(self.app.now()) {
            return self.settle(Action::PlatformNotTold, [("reason", "given_up".to_owned())]).await;
        }
        let (settings, chance) = (&self.app.settings, self.app.entropy.fraction());
        let pause = backoff(settings.telling_first, settings.telling_longest, *tries, chance);
        self.put_off(tries.saturating_add(1), pause).await
    }

    async fn put_off(&self, tries: u32, pause: Duration) -> Result<Telling, Error> {
        let due_at = later(self.app.now(), pause);
        self.app.revocations.put_off(&self.revocation.id, &self.claim, tries, due_at).await?;
        Ok(Telling::Owed)
    }
}

/// What came of refreshing a grant before it is revoked.
enum Renewed {
    Grant(Box<StoredGrant>),
    /// The platform knows it no more.
    Gone,
    InHand,
    Not,
}
