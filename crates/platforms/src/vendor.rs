//! The code that all platforms share. A platform's [`Rules`] are data, and its [`Vendor`] implementation is code only where data is not
//! enough.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::model::grant::Grant;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::accounting::Accounting;
use counterfoil_core::port::notifications::Notifications;
use counterfoil_core::port::platform::{
    Authorize, CallbackFault, CallbackParameters, CallbackRead, CompaniesRequest, ConfirmFailure, Exchange, GrantCompanies,
    NotExchanged, Platform, Refresh, Revoke, RevokeFailure, TokenFailure, TokenLimits,
};
use reqwest::RequestBuilder;
use reqwest::header::ACCEPT;
use url::Url;

use crate::books::{Books, Opened};
use crate::facts::Configured;
use crate::http::send_whole;
use crate::notifications::{Form, Signed};
use crate::oauth;
use crate::oauth::request_token;
use crate::parts::Parts;
use crate::rules::{Body, Keys, Rules, Writing};

/// The servers of a grant.
pub(crate) struct Place {
    pub(crate) token: Url,
    pub(crate) revoke: Option<Url>,
    pub(crate) client_secret: Secret,
}

/// A platform's own code.
#[async_trait]
pub(crate) trait Vendor: Send + Sync + 'static {
    /// The platform's data.
    const RULES: Rules;

    /// As `Platform::read_callback`.
    fn read_callback(_: &Parts, _: CallbackParameters<'_>) -> Result<CallbackRead, CallbackFault> {
        Ok(CallbackRead::default())
    }

    /// Whether the callback's `iss` is the platform's own server (RFC 9207).
    fn is_issuer(parts: &Parts, _region: Option<&str>, issuer: &str) -> bool {
        parts.configured.issuer.as_deref() == Some(issuer)
    }

    /// The servers of a grant in this data centre; `None` if the data centre is not on the list.
    fn place(parts: &Parts, _region: Option<&str>) -> Option<Place> {
        let Configured { token, revoke, .. } = parts.configured.clone();
        Some(Place { token, revoke, client_secret: parts.credentials.client_secret.clone() })
    }

    /// The data centre of a grant, from the callback and from the API in the answer.
    fn region(_: &Parts, region: Option<&str>, _api_domain: Option<&str>) -> Option<String> {
        region.map(str::to_owned)
    }

    /// As `Platform::companies`.
    async fn companies(parts: &Parts, query: CompaniesRequest<'_>) -> Result<GrantCompanies, ConfirmFailure>;

    /// The reader of its books; `None` if nothing is imported from it.
    const BOOKS: Option<&'static dyn Books> = None;

    /// The form of its notifications; `None` if Counterfoil receives none from it.
    const NOTIFICATIONS: Option<Form> = None;

    /// Removes one company from a grant that reaches others too. Returns `false` if the whole grant must be revoked.
    async fn remove_company(_: &Parts, _: Revoke<'_>) -> Result<bool, RevokeFailure> {
        Ok(false)
    }
}

/// The fields of a token request that must never be logged.
const SECRET_FIELDS: [&str; 3] = ["code", "code_verifier", "refresh_token"];

/// A vendor as a platform.
pub(crate) struct OAuth<V> {
    parts: Parts,
    books: Option<Opened>,
    notifications: Option<Signed>,
    vendor: PhantomData<V>,
}

impl<V: Vendor> OAuth<V> {
    pub(crate) fn make(parts: Parts) -> Arc<dyn Platform> {
        let books = V::BOOKS.map(|books| Opened { parts: parts.clone(), books });
        let key = parts.credentials.notification_key.clone();
        let notifications = V::NOTIFICATIONS.zip(key).map(|(form, key)| Signed { form, key });
        Arc::new(Self { parts, books, notifications, vendor: PhantomData })
    }

    fn written(&self, request: RequestBuilder, as_is: Writing, place: &Place, fields: &[(&str, &str)]) -> RequestBuilder {
        let request = request.header(ACCEPT, "application/json");
        let (id, secret) = (self.parts.credentials.client_id.as_str(), place.client_secret.expose());
        let mut fields = fields.to_vec();
        let request = match as_is.keys {
            Keys::Header => request.basic_auth(id, Some(secret)),
            Keys::Body => {
                fields.extend([("client_id", id), ("client_secret", secret)]);
                request
            }
            Keys::Nowhere => request,
        };
        match as_is.body {
            Body::Form => request.form(&fields),
            Body::Json => request.json(&fields.into_iter().collect::<BTreeMap<_, _>>()),
        }
    }

    async fn token(
        &self,
        region: Option<&str>,
        fields: &[(&str, &str)],
        sent_at: jiff::Timestamp,
        listen: Duration,
    ) -> Result<Grant, NotExchanged> {
        let Some(place) = V::place(&self.parts, region) else {
            tracing::error!(region, "a grant lives in a region that is not on the list");
            return Err(TokenFailure::NotSent.into());
        };
        let request = self.parts.client.post(place.token.clone());
        let request = V::RULES.token_headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let request = self.written(request, V::RULES.token, &place, fields);
        let is_secret = |(name, _): &&(&str, &str)| SECRET_FIELDS.contains(name);
        let mut secrets: Vec<_> = fields.iter().filter(is_secret).map(|(_, value)| *value).collect();
        secrets.push(place.client_secret.expose());
        let region = |api_domain: Option<&str>| V::region(&self.parts, region, api_domain);
        request_token(request, &secrets, &V::RULES, (sent_at, listen), region).await
    }
}

#[async_trait]
impl<V: Vendor> Platform for OAuth<V> {
    fn client_id(&self) -> &str {
        &self.parts.credentials.client_id
    }

    fn scopes(&self) -> &[String] {
        &self.parts.configured.scopes
    }

    fn uses_pkce(&self) -> bool {
        self.parts.configured.pkce
    }

    fn can_revoke(&self) -> bool {
        V::RULES.revoking.is_some()
    }

    fn asks_before_revoking(&self) -> bool {
        V::RULES.revoking.is_some_and(|revoking| revoking.asks_first)
    }

    fn grants_are_independent(&self) -> bool {
        V::RULES.revoking.is_some_and(|revoking| revoking.grants_are_independent)
    }

    fn answers_with_refresh_token(&self) -> bool {
        V::RULES.answers_with_refresh_token
    }

    fn token_limits(&self) -> TokenLimits {
        V::RULES.limits
    }

    fn lost_answer_ends_grant(&self) -> bool {
        V::RULES.lost_answer_ends_grant
    }

    fn needs_refresh_token(&self) -> bool {
        V::RULES.needs_refresh_token
    }

    fn code_life(&self) -> Duration {
        V::RULES.code_life
    }

    fn has_region(&self, region: &str) -> bool {
        self.parts.configured.data_centers.iter().any(|center| center.location == region)
    }

    fn authorize_url(&self, authorize: Authorize<'_>) -> String {
        let mut url = self.parts.configured.authorize.clone();
        let scope = Some(self.scopes().join(V::RULES.scope_separator)).filter(|scope| !scope.is_empty());
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", self.client_id())
            .append_pair("redirect_uri", authorize.redirect_uri)
            .extend_pairs(scope.map(|scope| ("scope", scope)))
            .extend_pairs(V::RULES.authorize)
            .extend_pairs(authorize.challenge.map(|challenge| ("code_challenge", challenge)))
            .extend_pairs(authorize.challenge.map(|_| ("code_challenge_method", "S256")))
            .append_pair("state", authorize.state.expose());
        url.into()
    }

    fn read_callback(&self, said: CallbackParameters<'_>) -> Result<CallbackRead, CallbackFault> {
        let read = V::read_callback(&self.parts, said)?;
        match said.parameters.get("iss") {
            Some(issuer) if !V::is_issuer(&self.parts, read.region.as_deref(), issuer) => Err(CallbackFault::WrongIssuer),
            _ => Ok(read),
        }
    }

    async fn exchange(&self, exchange: Exchange<'_>) -> Result<Grant, NotExchanged> {
        let code =
            [("grant_type", "authorization_code"), ("code", exchange.code.expose()), ("redirect_uri", exchange.redirect_uri)];
        let verifier = exchange.verifier.map(|verifier| ("code_verifier", verifier.expose()));
        let fields: Vec<_> = code.into_iter().chain(verifier).collect();
        self.token(exchange.region, &fields, exchange.sent_at, exchange.listen).await
    }

    async fn refresh(&self, refresh: Refresh<'_>) -> Result<Grant, TokenFailure> {
        let token = [("grant_type", "refresh_token"), ("refresh_token", refresh.refresh_token.expose())];
        let redirect_uri = refresh.redirect_uri.filter(|_| V::RULES.redirect_uri_on_refresh);
        let fields: Vec<_> = token.into_iter().chain(redirect_uri.map(|uri| ("redirect_uri", uri))).collect();
        self.token(refresh.region, &fields, refresh.sent_at, refresh.listen).await.map_err(|failed| failed.failure)
    }

    async fn revoke(&self, revoke: Revoke<'_>) -> Result<(), RevokeFailure> {
        if V::remove_company(&self.parts, revoke).await? {
            return Ok(());
        }
        let revoking = V::RULES.revoking.ok_or(RevokeFailure)?;
        let place = V::place(&self.parts, revoke.region).ok_or(RevokeFailure)?;
        let address = place.revoke.clone().ok_or(RevokeFailure)?;
        let fields = [("token", revoke.refresh_token.expose())];
        let request = self.written(self.parts.client.post(address), revoking.written, &place, &fields);
        let answer = send_whole(request, V::RULES.trace, self.parts.timeout).await.map_err(|_| RevokeFailure)?;
        tracing::info!(status = answer.status.as_u16(), trace = answer.trace, "revoke answer");
        if oauth::is_over(&answer, &V::RULES.words, revoking) { Ok(()) } else { Err(RevokeFailure) }
    }

    async fn companies(&self, query: CompaniesRequest<'_>) -> Result<GrantCompanies, ConfirmFailure> {
        let mut found = V::companies(&self.parts, query).await?;
        found.companies.retain(|company| query.claim.is_none_or(|claim| company.company_id == claim));
        Ok(found)
    }

    fn accounting(&self) -> Option<&dyn Accounting> {
        self.books.as_ref().map(|books| books as &dyn Accounting)
    }

    fn notifications(&self) -> Option<&dyn Notifications> {
        self.notifications.as_ref().map(|signed| signed as &dyn Notifications)
    }
}
