//! QuickBooks Online. Facts and their sources: Intuit's `OAuth` client for JavaScript, its discovery document and its
//! authorization FAQ.
//!
//! - The token endpoint takes a form and Basic authentication; PKCE is not advertised and not sent.
//! - One grant is one company; its id (`realmId`) is in the callback only, and only a claim until `CompanyInfo` answers.
//! - The refresh token's value changes about daily; whatever comes back is stored.

use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::model::grant::Grant;
use counterfoil_core::model::platform::Environment;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::model::time::later;
use counterfoil_core::port::platform::{ConfirmFailure, ConfirmedCompany, Exchange, Platform, RevokeFailure, TokenFailure};
use jiff::Timestamp;
use reqwest::header::ACCEPT;
use reqwest::{Client, RequestBuilder, Url};
use serde::Deserialize;

use crate::credentials::Credentials;
use crate::http::send;
use crate::oauth::{TokenAnswer, lifetime, request_token};

/// Access tokens live an hour (Intuit's authorization FAQ).
const ACCESS_TOKEN_LIFE: Duration = Duration::from_secs(3_600);
/// Refresh tokens live a hundred days from their last use (the same FAQ).
const REFRESH_TOKEN_LIFE: Duration = Duration::from_secs(100 * 86_400);
/// A grant ends five years after consent (Intuit's blog, "Important changes to refresh token policy").
const HARD_LIFE: Duration = Duration::from_secs(5 * 365 * 86_400);
/// Read and write: Intuit has no smaller scope for accounting data.
const SCOPE: &str = "com.intuit.quickbooks.accounting";
/// Intuit's name for a request, which its support asks for.
const TRACE: &str = "intuit_tid";

/// Where consent is given (Intuit's discovery document, as the next two).
pub const AUTHORIZE_URL: &str = "https://appcenter.intuit.com/connect/oauth2";
/// Where tokens are made.
pub const TOKEN_URL: &str = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer";
/// Where grants are revoked.
pub const REVOKE_URL: &str = "https://developer.api.intuit.com/v2/oauth2/tokens/revoke";
/// The API for real books.
pub const API_URL: &str = "https://quickbooks.api.intuit.com";
/// The API of the sandbox.
pub const SANDBOX_API_URL: &str = "https://sandbox-quickbooks.api.intuit.com";

/// Intuit's addresses, each configurable.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// Where consent is given.
    pub authorize: Url,
    /// Where tokens are made.
    pub token: Url,
    /// Where grants are revoked.
    pub revoke: Url,
    /// The base of the API for real books, without a slash at its end.
    pub api: String,
    /// The base of the API for the sandbox.
    pub sandbox_api: String,
}

/// QuickBooks Online in one environment.
pub struct Quickbooks {
    client: Client,
    credentials: Credentials,
    addresses: Addresses,
    api: String,
    scopes: Vec<String>,
}

impl Quickbooks {
    pub(crate) fn new(
        client: Client,
        credentials: Credentials,
        addresses: Addresses,
        environment: Environment,
        scopes: Option<&str>,
    ) -> Self {
        let api = match environment {
            Environment::Production => addresses.api.clone(),
            Environment::Sandbox => addresses.sandbox_api.clone(),
        };
        let scopes = scopes.unwrap_or(SCOPE).split_whitespace().map(str::to_owned).collect();
        Self { client, credentials, addresses, api, scopes }
    }

    fn token_request(&self, form: &[(&str, &str)]) -> RequestBuilder {
        self.client
            .post(self.addresses.token.clone())
            .basic_auth(&self.credentials.client_id, Some(self.credentials.client_secret.expose()))
            .header(ACCEPT, "application/json")
            .header("x-include-refresh-token-hard-expires-in", "true")
            .form(form)
    }
}

#[async_trait]
impl Platform for Quickbooks {
    fn client_id(&self) -> &str {
        &self.credentials.client_id
    }

    fn scopes(&self) -> &[String] {
        &self.scopes
    }

    fn authorize_url(&self, redirect_uri: &str, state: &Secret) -> String {
        let mut url = self.addresses.authorize.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.credentials.client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("scope", &self.scopes.join(" "))
            .append_pair("state", state.expose());
        url.into()
    }

    async fn exchange(&self, exchange: Exchange<'_>) -> Result<Grant, TokenFailure> {
        let form =
            [("grant_type", "authorization_code"), ("code", exchange.code.expose()), ("redirect_uri", exchange.redirect_uri)];
        let answer = request_token(self.token_request(&form), TRACE).await?;
        Ok(grant(answer, exchange.sent_at))
    }

    async fn refresh(&self, refresh_token: &Secret, sent_at: Timestamp) -> Result<Grant, TokenFailure> {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.expose())];
        let answer = request_token(self.token_request(&form), TRACE).await?;
        Ok(grant(answer, sent_at))
    }

    /// Intuit takes either token and answers 400 for one that is dead already.
    async fn revoke(&self, token: &Secret) -> Result<(), RevokeFailure> {
        let request = self
            .client
            .post(self.addresses.revoke.clone())
            .basic_auth(&self.credentials.client_id, Some(self.credentials.client_secret.expose()))
            .header(ACCEPT, "application/json")
            .json(&serde_json::json!({ "token": token.expose() }));
        let answer = send(request, TRACE).await.map_err(|_| RevokeFailure)?;
        tracing::info!(status = answer.status.as_u16(), trace = answer.trace, "revoke answer");
        if matches!(answer.status.as_u16(), 200 | 400) { Ok(()) } else { Err(RevokeFailure) }
    }

    async fn confirm_company(&self, access_token: &Secret, claim: &str) -> Result<ConfirmedCompany, ConfirmFailure> {
        let url = format!("{}/v3/company/{claim}/companyinfo/{claim}", self.api);
        let request = self
            .client
            .get(url)
            .bearer_auth(access_token.expose())
            .header(ACCEPT, "application/json")
            .query(&[("minorversion", "75")]);
        let answer = send(request, TRACE).await.map_err(|_| ConfirmFailure::Unavailable)?;
        tracing::info!(status = answer.status.as_u16(), bytes = answer.body.len(), trace = answer.trace, "company answer");
        match answer.status.as_u16() {
            200 => match serde_json::from_slice::<CompanyAnswer>(&answer.body) {
                Ok(CompanyAnswer { company: Some(company), fault: None }) => Ok(ConfirmedCompany {
                    company_id: claim.to_owned(),
                    name: company.name.chars().filter(|c| !c.is_control()).take(NAME_LONGEST).collect(),
                    api_base_url: self.api.clone(),
                }),
                Ok(CompanyAnswer { fault: Some(_), .. }) => Err(ConfirmFailure::Denied),
                _ => Err(ConfirmFailure::Unavailable),
            },
            400 | 401 | 403 | 404 => Err(ConfirmFailure::Denied),
            _ => Err(ConfirmFailure::Unavailable),
        }
    }
}

/// The longest company name that is kept, in characters.
const NAME_LONGEST: usize = 200;

/// `CompanyInfo`, or the `Fault` that a 200 may carry. `CompanyInfo.Id` is not the realm, so it is not looked at.
#[derive(Deserialize)]
struct CompanyAnswer {
    #[serde(rename = "CompanyInfo")]
    company: Option<CompanyInfo>,
    #[serde(rename = "Fault")]
    fault: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct CompanyInfo {
    #[serde(rename = "CompanyName")]
    name: String,
}

fn grant(answer: TokenAnswer, sent_at: Timestamp) -> Grant {
    Grant {
        access_token: Secret::new(answer.access_token),
        refresh_token: answer.refresh_token.map(Secret::new),
        issued_at: sent_at,
        access_token_expires_at: later(sent_at, lifetime(answer.expires_in, ACCESS_TOKEN_LIFE)),
        refresh_token_expires_at: Some(later(sent_at, lifetime(answer.x_refresh_token_expires_in, REFRESH_TOKEN_LIFE))),
        hard_expires_at: answer.x_refresh_token_hard_expires_in.map(|seconds| later(sent_at, lifetime(Some(seconds), HARD_LIFE))),
        scopes: answer.scope.map(|scope| scope.split_whitespace().map(str::to_owned).collect()),
    }
}
