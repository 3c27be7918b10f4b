//! Revokes a grant at its platform (T-5, T-6) if this ends no other grant. The request that disconnects tries it first. The
//! worker then retries it until the platform confirms.

use std::time::Duration;

use crate::model::audit::{Action, Actor};
use crate::model::connection::Connection;
use crate::model::grant::StoredGrant;
use crate::model::revocation::{GrantId, Revocation, RevocationId};
use crate::model::secret::Secret;
use crate::model::time::{backoff, later};
use crate::port::platform::{CompaniesRequest, ConfirmFailure, GrantCompanies, Platform, Refresh, Revoke, TokenFailure};
use crate::port::store::Written;
use crate::port::store::revocations::Claim;
use crate::port::store::revocations::Claimed;
use crate::{App, Error};

use crate::service::revocation::other_grant::{OtherGrant, other_grant};
use crate::service::vault::refresh::of_its_client;
use crate::service::vault::refresh::sealed_grant::{ACCESS_TOKEN, REFRESH_TOKEN, seal_grant, sealing_owner};
use crate::service::vault::unstored::{UnstoredGrant, store_or_keep};

/// The status of a revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevocationStatus {
    /// It has ended: the platform confirmed it, or it will not be sent.
    Completed,
    /// It will be tried again: the platform did not confirm it, it is not due yet, or another process has claimed it.
    Pending,
}

/// Sends a revocation that is due, if it can end by the monotonic time `ends_at`. A failure sets the time of the next try.
///
/// # Errors
/// The table's errors. The claim then expires, and the revocation is due again.
pub async fn revoke(app: &App, id: &RevocationId, ends_at: Duration) -> Result<RevocationStatus, Error> {
    if app.clock.elapsed() + app.settings.longest_revocation() > ends_at {
        return Ok(RevocationStatus::Pending);
    }
    let now = app.now();
    let until = later(now, app.settings.longest_revocation_with_refresh() * 2);
    let claim = Claim { id: app.new_id("claim_"), at: now, until };
    let revocation = match app.revocations.claim(id, &claim).await? {
        Claimed::Ours(revocation) => *revocation,
        Claimed::NotDue => return Ok(RevocationStatus::Pending),
        Claimed::Gone => return Ok(RevocationStatus::Completed),
    };
    let mut attempt = Attempt { app, revocation, claim, ends_at };
    match attempt.send().await {
        Ok(Attempted::Confirmed) => attempt.complete(Action::GrantRevoked, []).await,
        Ok(Attempted::WouldEndAnother) => {
            attempt.complete(Action::GrantNotRevoked, [("reason", "company_held".to_owned())]).await
        }
        Ok(Attempted::MayEndAnother) => attempt.failed("another connection may hold the company").await,
        Ok(Attempted::CannotRevoke) => attempt.complete(Action::GrantNotRevoked, [("reason", "no_revocation".to_owned())]).await,
        Ok(Attempted::EndsByItself) => {
            attempt.complete(Action::GrantNotRevoked, [("reason", "no_refresh_token".to_owned())]).await
        }
        Ok(Attempted::CompanyUnknown) => {
            attempt.complete(Action::GrantNotRevoked, [("reason", "company_not_confirmed".to_owned())]).await
        }
        Ok(Attempted::NoTime) => attempt.reschedule(attempt.revocation.tries, Duration::ZERO).await,
        Ok(Attempted::NotConfirmed) => attempt.failed("the platform did not confirm it").await,
        // The claim stays, because the grant in this process is stored under it.
        Ok(Attempted::Unstored) => Ok(RevocationStatus::Pending),
        Err(error) => attempt.failed(&error.to_string()).await,
    }
}

/// The result of one attempt.
enum Attempted {
    /// The platform confirmed it, or no longer knew the grant.
    Confirmed,
    /// Not sent: it would end another grant of the company.
    WouldEndAnother,
    /// Not sent yet: it may end another grant of the company.
    MayEndAnother,
    /// The platform has no revocation: only the customer can end the grant there.
    CannotRevoke,
    /// It need not be sent: the consent gave no refresh token and the customer's older grant stays, so its access token ends within an hour.
    EndsByItself,
    /// Not sent: the platform does not confirm the claimed company, so that it is not known whose grants it would end.
    CompanyUnknown,
    /// Not sent: the access token must be refreshed or the company confirmed first, and there is too little time.
    NoTime,
    /// The grant was refreshed, and only this process has the new tokens.
    Unstored,
    NotConfirmed,
}

struct Attempt<'a> {
    app: &'a App,
    revocation: Revocation,
    claim: Claim,
    ends_at: Duration,
}

impl Attempt<'_> {
    async fn send(&mut self) -> Result<Attempted, Error> {
        if matches!(self.revocation.id.grant, GrantId::Consent(_)) && self.revocation.grant.refresh_token.is_none() {
            return Ok(Attempted::EndsByItself);
        }
        let platform = of_its_client(self.app, &self.revocation.company).await?;
        if !platform.can_revoke() {
            return Ok(Attempted::CannotRevoke);
        }
        if !self.revocation.company.is_confirmed()
            && !platform.grants_are_independent()
            && let Err(ended) = self.confirm(platform.as_ref()).await?
        {
            return Ok(ended);
        }
        match self.other_grant(platform.as_ref()).await? {
            OtherGrant::None => {}
            OtherGrant::Active => return Ok(Attempted::WouldEndAnother),
            OtherGrant::Unknown => return Ok(Attempted::MayEndAnother),
        }
        if platform.asks_before_revoking()
            && let Err(ended) = self.freshen(platform.as_ref()).await?
        {
            return Ok(ended);
        }
        let Revocation { company, grant, .. } = &self.revocation;
        let access_token = self.open(ACCESS_TOKEN, grant).await?;
        let refresh_token = self.open(REFRESH_TOKEN, grant).await?;
        let revoke = Revoke {
            access_token: &access_token,
            refresh_token: &refresh_token,
            region: grant.region.as_deref(),
            company_id: &company.company_id,
        };
        Ok(if platform.revoke(revoke).await.is_ok() { Attempted::Confirmed } else { Attempted::NotConfirmed })
    }

    /// Asks the platform whether the grant reaches the claimed company. `Err` is the result of the attempt if that is not confirmed.
    async fn confirm(&mut self, platform: &dyn Platform) -> Result<Result<(), Attempted>, Error> {
        if let Err(ended) = self.freshen(platform).await? {
            return Ok(Err(ended));
        }
        let settings = &self.app.settings;
        if self.app.clock.elapsed() + settings.platform_timeout + settings.longest_revocation() > self.ends_at {
            return Ok(Err(Attempted::NoTime));
        }
        let Revocation { company, grant, .. } = &self.revocation;
        let access_token = self.open(ACCESS_TOKEN, grant).await?;
        let claim = Some(company.company_id.as_str());
        let request = CompaniesRequest { access_token: &access_token, region: grant.region.as_deref(), claim };
        Ok(match platform.companies(request).await {
            Ok(reach) if reach.companies.iter().any(|reached| reached.company_id == company.company_id) => Ok(()),
            Ok(GrantCompanies { is_complete: true, .. }) | Err(ConfirmFailure::Denied | ConfirmFailure::Forbidden) => {
                Err(Attempted::CompanyUnknown)
            }
            Ok(_) | Err(ConfirmFailure::Unavailable | ConfirmFailure::Unauthorized) => Err(Attempted::NotConfirmed),
        })
    }

    /// Refreshes the grant unless its access token is valid for the requests to come. `Err` is the result of the attempt if it is not.
    async fn freshen(&mut self, platform: &dyn Platform) -> Result<Result<(), Attempted>, Error> {
        let settings = &self.app.settings;
        if self.revocation.grant.is_good_for(settings.platform_timeout * 2, self.app.now()) {
            return Ok(Ok(()));
        }
        if self.app.clock.elapsed() + settings.longest_revocation_with_refresh() > self.ends_at {
            return Ok(Err(Attempted::NoTime));
        }
        self.revocation.grant = match self.renew(platform).await? {
            Renewed::Grant(grant) => *grant,
            Renewed::Gone => return Ok(Err(Attempted::Confirmed)),
            Renewed::Unstored => return Ok(Err(Attempted::Unstored)),
            Renewed::Not => return Ok(Err(Attempted::NotConfirmed)),
        };
        let is_late = self.app.clock.elapsed() + settings.longest_revocation() > self.ends_at;
        Ok(if is_late { Err(Attempted::NoTime) } else { Ok(()) })
    }

    /// Whether revoking would end another grant of one of its companies, including one of this connection after a new consent. Where grants
    /// are independent, the only other grant is that of a connection with the same token.
    async fn other_grant(&self, platform: &dyn Platform) -> Result<OtherGrant, Error> {
        let Revocation { id, grant, .. } = &self.revocation;
        if !platform.grants_are_independent() {
            // The entry of the grant's own consent does not count.
            let own = match &id.grant {
                GrantId::Consent(flow) => Some(flow.as_str()),
                GrantId::Epoch(_) => None,
            };
            // There must be time left for the platform's two requests and the last write.
            let takes = 2 * self.app.settings.platform_timeout + self.app.settings.store_timeout;
            let mut other = OtherGrant::None;
            // Includes the entries of consents whose company is not known yet.
            for company in self.revocation.companies().chain([self.revocation.company.any()]) {
                match other_grant(self.app, &company, own, self.ends_at.saturating_sub(takes)).await? {
                    OtherGrant::Active => return Ok(OtherGrant::Active),
                    OtherGrant::Unknown => other = OtherGrant::Unknown,
                    OtherGrant::None => {}
                }
            }
            return Ok(other);
        }
        let connection = self.app.connections.read(&id.connection).await?;
        let Some(present) = connection.as_ref().and_then(Connection::grant) else { return Ok(OtherGrant::None) };
        let owner = sealing_owner(&id.connection);
        let (present, ours) = (self.open_of(&owner, REFRESH_TOKEN, present).await?, self.open(REFRESH_TOKEN, grant).await?);
        Ok(if present.fingerprint().matches(&ours.fingerprint()) { OtherGrant::Active } else { OtherGrant::None })
    }

    /// Refreshes the grant. The new tokens are stored before they are used.
    async fn renew(&self, platform: &dyn Platform) -> Result<Renewed, Error> {
        let Revocation { id, company, grant, .. } = &self.revocation;
        let refresh_token = self.open(REFRESH_TOKEN, grant).await?;
        let redirect_uri = self.app.redirect_uri(company.platform).ok();
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
        Ok(match store_or_keep(self.app, UnstoredGrant::Renewed { id, claim, grant: grant.clone() }, self.ends_at).await {
            Ok(Written::Stored) => Renewed::Grant(grant),
            Ok(Written::Overtaken) => Renewed::Not,
            Err(_) => Renewed::Unstored,
        })
    }

    /// A token of the grant. If it has no refresh token, its access token is revoked (RFC 7009, section 2.1, allows both).
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

    /// The owner that the tokens are sealed for.
    fn owner(&self) -> String {
        match &self.revocation.id.grant {
            GrantId::Epoch(_) => sealing_owner(&self.revocation.id.connection),
            GrantId::Consent(flow) => flow.as_str().to_owned(),
        }
    }

    async fn complete<const N: usize>(
        &self,
        action: Action,
        detail: [(&'static str, String); N],
    ) -> Result<RevocationStatus, Error> {
        let id = &self.revocation.id;
        let mut audit = self.app.audit(&id.connection, action, Actor::Vault, detail);
        if let GrantId::Consent(_) = id.grant {
            audit.detail.insert("grant", "of a consent that made no connection".to_owned());
        }
        if !self.revocation.by_key {
            audit = audit.once_a_day();
        }
        tracing::info!(connection = %id.connection, grant = %id.grant, action = action.as_str(), "a revocation is complete");
        match self.app.revocations.complete(&self.revocation, &self.claim, &audit).await? {
            Written::Stored => Ok(RevocationStatus::Completed),
            Written::Overtaken => Ok(RevocationStatus::Pending),
        }
    }

    async fn failed(&self, why: &str) -> Result<RevocationStatus, Error> {
        let Revocation { id, tries, .. } = &self.revocation;
        tracing::warn!(connection = %id.connection, grant = %id.grant, tries, why, "a revocation failed");
        if self.revocation.is_given_up(self.app.now()) {
            return self.complete(Action::GrantNotRevoked, [("reason", "given_up".to_owned())]).await;
        }
        let (settings, chance) = (&self.app.settings, self.app.entropy.fraction());
        let pause = backoff(settings.revocation_backoff_first, settings.revocation_backoff_longest, *tries, chance);
        self.reschedule(tries.saturating_add(1), pause).await
    }

    async fn reschedule(&self, tries: u32, pause: Duration) -> Result<RevocationStatus, Error> {
        let due_at = later(self.app.now(), pause);
        self.app.revocations.reschedule(&self.revocation.id, &self.claim, tries, due_at).await?;
        Ok(RevocationStatus::Pending)
    }
}

/// The result of a refresh before a revocation.
enum Renewed {
    Grant(Box<StoredGrant>),
    /// The platform no longer knows the grant.
    Gone,
    Unstored,
    Not,
}
