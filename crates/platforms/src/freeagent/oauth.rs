//! `FreeAgent`. Facts and their sources: its API documents ("OAuth 2.0", "Company", "Quick start"), and its developer forum
//! ("Notice: Upcoming Access Token Authentication changes", "Regarding Refresh Token Expiry").
//!
//! - It has no scopes, no PKCE and no revocation endpoint: only the customer can end an app's access, in `FreeAgent`.
//! - A refresh token stays the same. It ends some twenty years after the consent: each token answer says how many seconds are left.
//! - A grant is a user's at one company, which `GET /company` names.

use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::port::platform::{CompaniesRequest, ConfirmFailure, GrantCompanies};
use serde::Deserialize;

use crate::company::{ask, company, lenient};
use crate::facts::Facts;
use crate::parts::Parts;
use crate::rules::Body;
use crate::rules::Keys;
use crate::rules::Life;
use crate::rules::Rules;
use crate::rules::SECOND_TRY;
use crate::rules::STANDARD_WORDS;
use crate::rules::Writing;
use crate::rules::days;
use crate::vendor::Vendor;

pub(crate) const FACTS: Facts = Facts {
    authorize: "https://api.freeagent.com/v2/approve_app",
    token: "https://api.freeagent.com/v2/token_endpoint",
    revoke: None,
    api: "https://api.freeagent.com/v2",
    issuer: None,
    more: &[],
    scopes: "",
    pkce: false,
    data_centers: &[],
    disconnect_hint: None,
    notification_key: None,
};

pub(crate) enum Freeagent {}

#[async_trait]
impl Vendor for Freeagent {
    const RULES: Rules = Rules {
        token: Writing { keys: Keys::Header, body: Body::Form },
        revoking: None,
        scope_separator: " ",
        authorize: &[],
        token_headers: &[],
        redirect_uri_on_refresh: false,
        // The forum's notice: an hour. Before that notice it was a week.
        access_token_life: Duration::from_secs(3_600),
        unused_life: None,
        grant_life: Some(Life { field: Some("refresh_token_expires_in"), default: None, most: days(21 * 366) }),
        // Answers before the notice had no refresh token; the consent's refresh token stays valid.
        answers_with_refresh_token: false,
        limits: SECOND_TRY,
        needs_refresh_token: true,
        code_life: Duration::from_secs(900),
        words: STANDARD_WORDS,
        lost_answer_ends_grant: false,
        trace: "x-request-id",
    };

    async fn companies(parts: &Parts, query: CompaniesRequest<'_>) -> Result<GrantCompanies, ConfirmFailure> {
        let api = &parts.configured.api;
        let request = parts.client.get(format!("{api}/company")).bearer_auth(query.access_token.expose());
        let CompanyAnswer { company: said } = ask(request, Self::RULES.trace, parts.timeout).await?;
        let id = said.id.ok_or(ConfirmFailure::Unavailable)?;
        let confirmed = company(&id, said.name.as_deref(), api).map_err(|_| ConfirmFailure::Unavailable)?;
        Ok(GrantCompanies { companies: vec![confirmed], named_by_consent: true, is_complete: true })
    }
}

#[derive(Deserialize)]
struct CompanyAnswer {
    company: Company,
}

#[derive(Deserialize)]
struct Company {
    #[serde(default, deserialize_with = "lenient")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    name: Option<String>,
}
