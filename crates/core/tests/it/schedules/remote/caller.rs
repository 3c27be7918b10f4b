//! The connection of one process to the platform.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::model::grant::Grant;
use counterfoil_core::model::platform::{Environment, PlatformName};
use counterfoil_core::port::clock::Clock as _;
use counterfoil_core::port::platform::{
    Authorize, CallbackFault, CallbackParameters, CallbackRead, CompaniesRequest, ConfirmFailure, Exchange, GrantCompanies,
    NotExchanged, Platform, Platforms, Refresh, Revoke, RevokeFailure, TokenFailure, TokenLimits,
};

use super::super::timeline::ProcessClock;
use super::{Fate, Remote, TIMEOUT};

/// One process's connection to the platform.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) remote: Arc<Remote>,
    pub(crate) clock: ProcessClock,
}

#[async_trait]
impl Platforms for Caller {
    async fn get(&self, _: PlatformName, _: Environment) -> Result<Arc<dyn Platform>, counterfoil_core::Error> {
        Ok(Arc::new(self.clone()))
    }
}

#[async_trait]
impl Platform for Caller {
    fn client_id(&self) -> &str {
        self.remote.scripted.client_id()
    }

    fn scopes(&self) -> &[String] {
        self.remote.scripted.scopes()
    }

    fn uses_pkce(&self) -> bool {
        self.remote.scripted.uses_pkce()
    }

    fn can_revoke(&self) -> bool {
        self.remote.scripted.can_revoke()
    }

    fn asks_before_revoking(&self) -> bool {
        self.remote.scripted.asks_before_revoking()
    }

    fn grants_are_independent(&self) -> bool {
        self.remote.scripted.grants_are_independent()
    }

    fn answers_with_refresh_token(&self) -> bool {
        self.remote.scripted.answers_with_refresh_token()
    }

    fn token_limits(&self) -> TokenLimits {
        self.remote.scripted.token_limits()
    }

    fn lost_answer_ends_grant(&self) -> bool {
        self.remote.scripted.lost_answer_ends_grant()
    }

    fn needs_refresh_token(&self) -> bool {
        self.remote.scripted.needs_refresh_token()
    }

    fn code_life(&self) -> Duration {
        self.remote.scripted.code_life()
    }

    fn has_region(&self, _: &str) -> bool {
        false
    }

    fn authorize_url(&self, authorize: Authorize<'_>) -> String {
        self.remote.scripted.authorize_url(authorize)
    }

    fn read_callback(&self, said: CallbackParameters<'_>) -> Result<CallbackRead, CallbackFault> {
        self.remote.scripted.read_callback(said)
    }

    async fn exchange(&self, exchange: Exchange<'_>) -> Result<Grant, NotExchanged> {
        let grant = self.remote.scripted.exchange(exchange).await?;
        self.remote.truth().exchanged += 1;
        Ok(grant)
    }

    async fn refresh(&self, refresh: Refresh<'_>) -> Result<Grant, TokenFailure> {
        let Refresh { refresh_token, sent_at, listen, .. } = refresh;
        let (remote, now) = (&self.remote, self.clock.elapsed());
        let (acts, after, shown) = match remote.fate(listen) {
            Fate::Answer(after) => (Some(after / 2), after, None),
            Fate::Late(acts) => (Some(acts), acts, None),
            Fate::Lose { acts, shown, after } => {
                remote.truth().answers_lost += 1;
                (Some(acts), after, Some(shown))
            }
            Fate::Fail(shown, after) => (None, after, Some(shown)),
            Fate::Revoked(after) => {
                remote.revoke(now);
                (None, after, Some(TokenFailure::Refused))
            }
        };
        if shown != Some(TokenFailure::NotSent) {
            // The request ends when the platform has processed it, however long its caller waits.
            let done = acts.unwrap_or(after.min(TIMEOUT)).max(if shown.is_none() { after } else { Duration::ZERO });
            remote.fly(refresh_token, now, now + done);
        }
        let request = {
            let mut truth = remote.truth();
            truth.requests += 1;
            let request = truth.requests;
            if let Some(acts) = acts {
                truth.to_do.insert((now + acts, request), (refresh_token.clone(), sent_at));
            }
            request
        };
        self.clock.sleep(after).await;
        remote.act(self.clock.elapsed());
        match shown {
            Some(failure) => Err(failure),
            None => remote.truth().done.remove(&request).expect("it has acted by now"),
        }
    }

    async fn revoke(&self, revoke: Revoke<'_>) -> Result<(), RevokeFailure> {
        Platform::revoke(&*self.remote.scripted, revoke).await
    }

    async fn companies(&self, request: CompaniesRequest<'_>) -> Result<GrantCompanies, ConfirmFailure> {
        self.remote.scripted.companies(request).await
    }
}
