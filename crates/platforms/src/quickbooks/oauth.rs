//! QuickBooks Online. Facts and their sources: Intuit's `OAuth` client for JavaScript, its discovery document and its
//! authorization FAQ.
//!
//! - The token endpoint takes a form and Basic authentication. PKCE is not advertised, and not used.
//! - A grant belongs to one company. Its id (`realmId`) is only in the callback, and is a claim until `CompanyInfo` answers.
//! - The refresh token changes about daily. The one in an answer is always stored.

use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::port::platform::{
    CallbackFault, CallbackParameters, CallbackRead, CompaniesRequest, ConfirmFailure, GrantCompanies,
};
use serde::Deserialize;

use super::api::{SANDBOX_API_URL, TRACE, api};
use super::books::QuickbooksBooks;
use crate::books::Books;
use crate::company::{ask, company, is_id, lenient};
use crate::facts::Facts;
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

/// The addresses are those of Intuit's discovery document.
pub(crate) const FACTS: Facts = Facts {
    authorize: "https://appcenter.intuit.com/connect/oauth2",
    token: "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
    revoke: Some("https://developer.api.intuit.com/v2/oauth2/tokens/revoke"),
    api: "https://quickbooks.api.intuit.com",
    issuer: Some("https://oauth.platform.intuit.com/op/v1"),
    more: &[(SANDBOX_API_URL, "https://sandbox-quickbooks.api.intuit.com")],
    // Read and write: Intuit has no smaller scope for accounting data.
    scopes: "com.intuit.quickbooks.accounting",
    pkce: false,
    data_centers: &[],
    disconnect_hint: Some("realmId"),
    notification_key: Some("WEBHOOK_VERIFIER"),
};

pub(crate) enum Quickbooks {}

#[async_trait]
impl Vendor for Quickbooks {
    const RULES: Rules = Rules {
        token: Writing { keys: Keys::Header, body: Body::Form },
        revoking: Some(Revoking {
            written: Writing { keys: Keys::Header, body: Body::Json },
            dead_is_400: true,
            asks_first: false,
            grants_are_independent: false,
        }),
        scope_separator: " ",
        authorize: &[],
        token_headers: &[("x-include-refresh-token-hard-expires-in", "true")],
        redirect_uri_on_refresh: false,
        access_token_life: Duration::from_secs(3_600),
        // A hundred days from the last use; Intuit's own SDK has been seen with one more.
        unused_life: Some(Life { field: Some("x_refresh_token_expires_in"), default: Some(days(100)), most: days(101) }),
        // Five years from the consent (Intuit's blog, "Important changes to refresh token policy").
        grant_life: Some(Life { field: Some("x_refresh_token_hard_expires_in"), default: None, most: days(5 * 366) }),
        // The same token for a day, then a new one.
        answers_with_refresh_token: true,
        limits: SECOND_TRY,
        needs_refresh_token: true,
        // From third parties' guides.
        code_life: Duration::from_secs(600),
        words: STANDARD_WORDS,
        // Only one refresh a day ends the old token: the token changes about every 24 hours.
        lost_answer_ends_grant: false,
        trace: TRACE,
    };

    /// Reads the `realmId`. A callback without one renews the connection's company.
    fn read_callback(_: &Parts, said: CallbackParameters<'_>) -> Result<CallbackRead, CallbackFault> {
        let realm = match said.parameters.get("realmId").map(String::as_str) {
            Some(realm) if !is_id(realm) => None,
            realm => realm.or(said.renews),
        };
        Ok(CallbackRead { claim: Some(realm.ok_or(CallbackFault::NoCompany)?.to_owned()), region: None })
    }

    const BOOKS: Option<&'static dyn Books> = Some(&QuickbooksBooks);

    const NOTIFICATIONS: Option<Form> = Some(super::notifications::FORM);

    async fn companies(parts: &Parts, query: CompaniesRequest<'_>) -> Result<GrantCompanies, ConfirmFailure> {
        let realm = query.claim.filter(|realm| is_id(realm)).ok_or(ConfirmFailure::Denied)?;
        let api = api(parts);
        let request = parts.client.get(format!("{api}/v3/company/{realm}/companyinfo/{realm}"));
        let request = request.bearer_auth(query.access_token.expose()).query(&[("minorversion", "75")]);
        match ask::<CompanyInfoAnswer>(request, Self::RULES.trace, parts.timeout).await? {
            CompanyInfoAnswer { company: Some(info), fault: None } => {
                let company = company(realm, info.name.as_deref(), api).map_err(|_| ConfirmFailure::Denied)?;
                Ok(GrantCompanies { companies: vec![company], named_by_consent: true, is_complete: true })
            }
            CompanyInfoAnswer { fault: Some(_), .. } => Err(ConfirmFailure::Denied),
            CompanyInfoAnswer { .. } => Err(ConfirmFailure::Unavailable),
        }
    }
}

/// `CompanyInfo`, or the `Fault` that a 200 may have. `CompanyInfo.Id` is not the realm, so it is not read.
#[derive(Deserialize)]
struct CompanyInfoAnswer {
    #[serde(rename = "CompanyInfo")]
    company: Option<CompanyInfo>,
    #[serde(rename = "Fault")]
    fault: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct CompanyInfo {
    #[serde(rename = "CompanyName", default, deserialize_with = "lenient")]
    name: Option<String>,
}
