//! Implements the port [`Platform`] for the scripted platform.

use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::model::connection::ConfirmedCompany;
use counterfoil_core::model::grant::Grant;
use counterfoil_core::port::accounting::Accounting;
use counterfoil_core::port::notifications::Notifications;
use counterfoil_core::port::platform::{
    Authorize, CallbackFault, CallbackParameters, CallbackRead, CompaniesRequest, ConfirmFailure, Exchange, GrantCompanies,
    NotExchanged, Platform, Refresh, Revoke, RevokeFailure, TokenFailure, TokenLimits,
};

use super::notifications::ScriptedNotifications;
use super::{CLIENT_ID, COMPANY, REGION, ScriptedPlatform};

#[async_trait]
impl Platform for ScriptedPlatform {
    fn client_id(&self) -> &str {
        CLIENT_ID
    }

    fn scopes(&self) -> &[String] {
        &self.scopes
    }

    fn uses_pkce(&self) -> bool {
        false
    }

    fn can_revoke(&self) -> bool {
        !self.state().habits.cannot_revoke
    }

    fn asks_before_revoking(&self) -> bool {
        self.state().habits.asks_before_revoking
    }

    fn grants_are_independent(&self) -> bool {
        self.state().habits.grants_are_independent
    }

    fn answers_with_refresh_token(&self) -> bool {
        self.state().grants.answers_with_refresh_token()
    }

    fn token_limits(&self) -> TokenLimits {
        TokenLimits { resends_most: 1, quota: None }
    }

    fn lost_answer_ends_grant(&self) -> bool {
        self.state().grants.lost_answer_ends_grant()
    }

    fn needs_refresh_token(&self) -> bool {
        true
    }

    fn code_life(&self) -> Duration {
        Duration::from_secs(300)
    }

    fn has_region(&self, region: &str) -> bool {
        region == REGION
    }

    fn authorize_url(&self, authorize: Authorize<'_>) -> String {
        let Authorize { redirect_uri, state, .. } = authorize;
        format!("https://platform.test/authorize?redirect_uri={redirect_uri}&state={}", state.expose())
    }

    fn read_callback(&self, said: CallbackParameters<'_>) -> Result<CallbackRead, CallbackFault> {
        let claim = said.parameters.get(COMPANY).map(String::as_str).or(said.renews);
        Ok(CallbackRead { claim: Some(claim.ok_or(CallbackFault::NoCompany)?.to_owned()), region: None })
    }

    async fn exchange(&self, exchange: Exchange<'_>) -> Result<Grant, NotExchanged> {
        Ok(self.state().exchange(exchange.code.expose(), exchange.sent_at)?)
    }

    async fn refresh(&self, refresh: Refresh<'_>) -> Result<Grant, TokenFailure> {
        let Refresh { refresh_token, sent_at, .. } = refresh;
        let _in_flight = self.begin(refresh_token, sent_at);
        let (answer, gate) = {
            let mut state = self.state();
            (state.refresh(refresh_token.expose(), sent_at), state.gate.clone())
        };
        if let Some(gate) = gate {
            gate.pass().await;
        }
        answer
    }

    async fn revoke(&self, revoke: Revoke<'_>) -> Result<(), RevokeFailure> {
        let mut state = self.state();
        if let Some(left) = state.deaf_times.checked_sub(1) {
            state.deaf_times = left;
            return Err(RevokeFailure);
        }
        state.revoked.push(revoke.refresh_token.expose().to_owned());
        Ok(())
    }

    async fn companies(&self, request: CompaniesRequest<'_>) -> Result<GrantCompanies, ConfirmFailure> {
        let mut state = self.state();
        if state.lists_incompletely {
            return Ok(GrantCompanies { companies: Vec::new(), named_by_consent: true, is_complete: false });
        }
        if let Some(failure) = state.confirm_failures.pop_front() {
            return Err(failure);
        }
        let names_companies = state.habits.names_companies;
        let granted = state.grants.company_of(request.access_token.expose());
        let named = granted.filter(|granted| names_companies || request.claim == Some(granted));
        let company_id = named.ok_or(ConfirmFailure::Denied)?;
        let company = ConfirmedCompany {
            company_id: company_id.to_owned(),
            name: format!("Company {company_id}"),
            api_base_url: "https://api.platform.test".to_owned(),
        };
        Ok(GrantCompanies { companies: vec![company], named_by_consent: true, is_complete: true })
    }

    fn accounting(&self) -> Option<&dyn Accounting> {
        Some(&self.books)
    }

    fn notifications(&self) -> Option<&dyn Notifications> {
        Some(&ScriptedNotifications)
    }
}
