//! Xero. Facts and their sources: its `OpenAPI` documents (`xero-identity.yaml`, `xero_accounting.yaml`), its SDK for Node and
//! its `OAuth` 2.0 FAQ.
//!
//! - The token endpoint takes a form and Basic authentication, with PKCE. Every refresh changes the refresh token. The old one works for
//!   thirty minutes more. An unused one expires after sixty days.
//! - A token belongs to a user and reaches every organisation (tenant) that the user ever connected. `authentication_event_id`, a claim of
//!   the access token, says which of them this consent was for (O-14).
//! - Revoking a token disconnects all of the user's organisations. So one is removed by deleting its connection (T-6).

use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::platform::{CompaniesRequest, ConfirmFailure, GrantCompanies, Revoke, RevokeFailure};
use serde::Deserialize;

use super::api::TRACE;
use super::books::XeroBooks;
use crate::books::Books;
use crate::company::{Entries, List, ask, company, is_id, lenient};
use crate::facts::Facts;
use crate::http::send_whole;
use crate::notifications::Form;
use crate::parts::Parts;
use crate::rules::Body;
use crate::rules::Keys;
use crate::rules::Life;
use crate::rules::Revoking;
use crate::rules::Rules;
use crate::rules::SECOND_TRY;
use crate::rules::STANDARD_WORDS;
use crate::rules::Writing;
use crate::rules::days;
use crate::vendor::Vendor;

const CONNECTIONS_URL: &str = "CONNECTIONS_URL";

pub(crate) const FACTS: Facts = Facts {
    authorize: "https://login.xero.com/identity/connect/authorize",
    token: "https://identity.xero.com/connect/token",
    revoke: Some("https://identity.xero.com/connect/revocation"),
    api: "https://api.xero.com/api.xro/2.0",
    issuer: Some("https://identity.xero.com"),
    more: &[(CONNECTIONS_URL, "https://api.xero.com/connections")],
    // The granular ones: apps made since 2 March 2026 are refused the broad ones.
    scopes: "offline_access accounting.invoices.read accounting.payments.read accounting.banktransactions.read \
             accounting.contacts.read accounting.settings.read",
    pkce: true,
    data_centers: &[],
    disconnect_hint: None,
    notification_key: Some("WEBHOOK_KEY"),
};

pub(crate) enum Xero {}

#[async_trait]
impl Vendor for Xero {
    const RULES: Rules = Rules {
        token: Writing { keys: Keys::Header, body: Body::Form },
        revoking: Some(Revoking {
            written: Writing { keys: Keys::Header, body: Body::Form },
            dead_is_400: false,
            asks_first: true,
            grants_are_independent: false,
        }),
        scope_separator: " ",
        authorize: &[],
        token_headers: &[],
        redirect_uri_on_refresh: false,
        access_token_life: Duration::from_secs(1_800),
        unused_life: Some(Life { field: None, default: Some(days(60)), most: days(60) }),
        grant_life: None,
        answers_with_refresh_token: true,
        limits: SECOND_TRY,
        needs_refresh_token: true,
        code_life: Duration::from_secs(300),
        words: STANDARD_WORDS,
        // The previous token works for thirty minutes more (OAuth 2.0 FAQ).
        lost_answer_ends_grant: false,
        trace: TRACE,
    };

    /// The organisations of this consent. If it names none, all organisations, for a person to choose from. A claimed organisation may belong
    /// to any consent of the user.
    async fn companies(parts: &Parts, query: CompaniesRequest<'_>) -> Result<GrantCompanies, ConfirmFailure> {
        let event = authentication_event(query.access_token).filter(|_| query.claim.is_none());
        if let Some(event) = event {
            let mut connections = connections(parts, query.access_token, Some(&event)).await?;
            connections.entries.retain(|connection| connection.event.as_ref() == Some(&event));
            if !connections.entries.is_empty() {
                return Ok(grant_companies(parts, connections, true));
            }
        }
        Ok(grant_companies(parts, connections(parts, query.access_token, None).await?, false))
    }

    const BOOKS: Option<&'static dyn Books> = Some(&XeroBooks);

    const NOTIFICATIONS: Option<Form> = Some(super::notifications::FORM);

    async fn remove_company(parts: &Parts, revoke: Revoke<'_>) -> Result<bool, RevokeFailure> {
        let connections = match connections(parts, revoke.access_token, None).await {
            Ok(connections) => connections,
            // Xero refuses an access token that has not expired, so the grant has ended.
            Err(ConfirmFailure::Unauthorized) => return Ok(true),
            Err(ConfirmFailure::Forbidden | ConfirmFailure::Denied | ConfirmFailure::Unavailable) => return Err(RevokeFailure),
        };
        let Entries { entries, is_complete } = connections;
        let is_it = |connection: &&Connection| connection.tenant_id.as_deref() == Some(revoke.company_id);
        // Only a complete list shows that this organisation is the last one, or is not in it.
        if is_complete && entries.iter().all(|connection| is_it(&connection)) {
            return Ok(false);
        }
        let Some(connection) = entries.iter().find(is_it) else {
            return if is_complete { Ok(true) } else { Err(RevokeFailure) };
        };
        let Some(id) = connection.id.as_deref().filter(|id| is_id(id)) else { return Err(RevokeFailure) };
        let base = parts.configured.more[CONNECTIONS_URL].as_str().trim_end_matches('/');
        let request = parts.client.delete(format!("{base}/{id}")).bearer_auth(revoke.access_token.expose());
        let answer = send_whole(request, Self::RULES.trace, parts.timeout).await.map_err(|_| RevokeFailure)?;
        tracing::info!(status = answer.status.as_u16(), trace = answer.trace, "connection removed");
        if matches!(answer.status.as_u16(), 200 | 204 | 404) { Ok(true) } else { Err(RevokeFailure) }
    }
}

/// The user's connections. The list has no pages.
async fn connections(parts: &Parts, access_token: &Secret, event: Option<&str>) -> Result<Entries<Connection>, ConfirmFailure> {
    let request = parts.client.get(parts.configured.more[CONNECTIONS_URL].clone()).bearer_auth(access_token.expose());
    let request = match event {
        Some(event) => request.query(&[("authEventId", event)]),
        None => request,
    };
    Ok(ask::<List>(request, Xero::RULES.trace, parts.timeout).await?.read())
}

/// The organisations among the connections. A practice has no books.
fn grant_companies(parts: &Parts, connections: Entries<Connection>, named_by_consent: bool) -> GrantCompanies {
    let (companies, is_complete) = connections.companies(|it| {
        let is_organisation = it.tenant_type.is_none_or(|kind| kind == "ORGANISATION");
        is_organisation.then(|| company(&it.tenant_id.unwrap_or_default(), it.tenant_name.as_deref(), &parts.configured.api))
    });
    GrantCompanies { companies, named_by_consent, is_complete }
}

/// The id of the consent that a token comes from, a claim of the token (a JWT). The signature is not verified: the id only selects among
/// what Xero itself answers, and the token came from Xero's token endpoint.
fn authentication_event(access_token: &Secret) -> Option<String> {
    let payload = access_token.expose().split('.').nth(1)?;
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    Some(claims.authentication_event_id).filter(|event| is_id(event))
}

#[derive(Deserialize)]
struct Claims {
    authentication_event_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Connection {
    #[serde(default, deserialize_with = "lenient")]
    id: Option<String>,
    #[serde(rename = "authEventId", default, deserialize_with = "lenient")]
    event: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    tenant_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    tenant_type: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    tenant_name: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o14_a_token_that_is_no_jwt_names_no_consent() {
        let event = |token: &str| authentication_event(&Secret::new(token));
        let payload = URL_SAFE_NO_PAD.encode(r#"{"authentication_event_id":"d99ecdfe-391d","exp":1}"#);
        assert_eq!(event(&format!("e30.{payload}.sig")).as_deref(), Some("d99ecdfe-391d"));
        let hostile = URL_SAFE_NO_PAD.encode(r#"{"authentication_event_id":"a&b=c"}"#);
        for token in ["opaque", "a.b.c", "e30.e30.e30", &format!("e30.{hostile}.sig")] {
            assert_eq!(event(token), None, "{token}");
        }
    }
}
