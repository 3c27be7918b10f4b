//! `FreshBooks`. Facts and their sources: its API documents, its SDKs for Node and Python, and its tutorial "Get authenticated".
//!
//! - Token requests are JSON with the client id and secret in the body. A refresh repeats the redirect URI.
//! - A refresh token works once, without a grace period. An access token's life counts from the answer's `created_at`.
//! - A grant belongs to a user and reaches each of their businesses. A business without `account_id` has no books to connect.

use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::port::platform::{CompaniesRequest, ConfirmFailure, GrantCompanies};
use serde::Deserialize;

use super::api::TRACE;
use super::books::FreshbooksBooks;
use crate::books::Books;
use crate::company::{List, ask, company, lenient};
use crate::facts::Facts;
use crate::parts::Parts;
use crate::rules::Body;
use crate::rules::Keys;
use crate::rules::Revoking;
use crate::rules::Rules;
use crate::rules::SECOND_TRY;
use crate::rules::STANDARD_WORDS;
use crate::rules::Writing;
use crate::vendor::Vendor;

/// The addresses are those of the API documents.
pub(crate) const FACTS: Facts = Facts {
    authorize: "https://auth.freshbooks.com/oauth/authorize",
    token: "https://api.freshbooks.com/auth/oauth/token",
    revoke: Some("https://api.freshbooks.com/auth/oauth/revoke"),
    api: "https://api.freshbooks.com",
    issuer: Some("https://auth.freshbooks.com"),
    more: &[],
    scopes: "user:profile:read user:bills:read user:bill_payments:read user:bill_vendors:read user:expenses:read \
             user:payments:read user:invoices:read user:clients:read",
    pkce: true,
    data_centers: &[],
    disconnect_hint: None,
    notification_key: None,
};

pub(crate) enum Freshbooks {}

#[async_trait]
impl Vendor for Freshbooks {
    const RULES: Rules = Rules {
        token: Writing { keys: Keys::Body, body: Body::Json },
        revoking: Some(Revoking {
            written: Writing { keys: Keys::Body, body: Body::Json },
            dead_is_400: false,
            asks_first: false,
            grants_are_independent: false,
        }),
        scope_separator: " ",
        authorize: &[],
        token_headers: &[],
        redirect_uri_on_refresh: true,
        access_token_life: Duration::from_secs(43_200),
        unused_life: None,
        grant_life: None,
        answers_with_refresh_token: true,
        limits: SECOND_TRY,
        needs_refresh_token: true,
        code_life: Duration::from_secs(300),
        words: STANDARD_WORDS,
        // "One use", and no grace is documented.
        lost_answer_ends_grant: true,
        trace: TRACE,
    };

    const BOOKS: Option<&'static dyn Books> = Some(&FreshbooksBooks);

    async fn companies(parts: &Parts, query: CompaniesRequest<'_>) -> Result<GrantCompanies, ConfirmFailure> {
        let api = &parts.configured.api;
        let request = parts.client.get(format!("{api}/auth/api/v1/users/me")).bearer_auth(query.access_token.expose());
        let MeAnswer { response: me } = ask(request, Self::RULES.trace, parts.timeout).await?;
        let memberships = me.business_memberships.read::<Membership>();
        let (companies, is_complete) = memberships.companies(|Membership { business }| {
            let account_id = business.account_id?;
            Some(company(&account_id, business.name.as_deref(), api))
        });
        Ok(GrantCompanies { companies, named_by_consent: true, is_complete })
    }
}

#[derive(Deserialize)]
struct MeAnswer {
    response: Me,
}

#[derive(Deserialize)]
struct Me {
    business_memberships: List,
}

#[derive(Deserialize)]
struct Membership {
    business: Business,
}

/// A business. One without `account_id` has no books.
#[derive(Deserialize)]
struct Business {
    #[serde(default, deserialize_with = "lenient")]
    name: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    account_id: Option<String>,
}
