//! Zoho Books. Facts and their sources: Zoho's accounts protocol and multi-DC documents, its `OAuth` token limits, and the
//! introduction of the Books API.
//!
//! - A user belongs to one of eleven data centres, and the callback names it. The code is exchanged there, with the client secret, so only
//!   at a server on the list (O-13). A data centre may have a client secret of its own.
//! - Refresh tokens are permanent, and answers do not repeat them. After ten refreshes in ten minutes follows `Access Denied`.
//! - Errors come with HTTP 200.

use std::time::Duration;

use async_trait::async_trait;
use counterfoil_core::port::platform::{
    CallbackFault, CallbackParameters, CallbackRead, CompaniesRequest, ConfirmFailure, GrantCompanies, Quota, TokenLimits,
};
use reqwest::header::AUTHORIZATION;
use serde::Deserialize;
use url::Url;

use super::api::{BOOKS, TRACE};
use super::books::ZohoBooks;
use crate::books::Books;
use crate::company::{List, ask, company, lenient};
use crate::facts::{DataCenter, Facts, KnownDataCenter};
use crate::parts::Parts;
use crate::rules::Body;
use crate::rules::Keys;
use crate::rules::Revoking;
use crate::rules::Rules;
use crate::rules::Words;
use crate::rules::Writing;
use crate::vendor::Place;
use crate::vendor::Vendor;

/// The addresses of the first data centre, where every consent begins except China's.
pub(crate) const FACTS: Facts = Facts {
    authorize: "https://accounts.zoho.com/oauth/v2/auth",
    token: "https://accounts.zoho.com/oauth/v2/token",
    revoke: Some("https://accounts.zoho.com/oauth/v2/token/revoke"),
    api: "https://www.zohoapis.com/books/v3",
    issuer: Some("https://accounts.zoho.com"),
    more: &[],
    scopes: "ZohoBooks.settings.READ ZohoBooks.vendorpayments.READ ZohoBooks.expenses.READ ZohoBooks.bills.READ \
             ZohoBooks.invoices.READ ZohoBooks.contacts.READ ZohoBooks.banking.READ",
    pkce: true,
    data_centers: &DATA_CENTERS,
    disconnect_hint: None,
    notification_key: None,
};

/// From `/oauth/serverinfo` and Zoho's page on its data centres.
const DATA_CENTERS: [KnownDataCenter; 11] = [
    center("us", "https://accounts.zoho.com", "https://www.zohoapis.com"),
    center("eu", "https://accounts.zoho.eu", "https://www.zohoapis.eu"),
    center("in", "https://accounts.zoho.in", "https://www.zohoapis.in"),
    center("au", "https://accounts.zoho.com.au", "https://www.zohoapis.com.au"),
    center("jp", "https://accounts.zoho.jp", "https://www.zohoapis.jp"),
    center("ca", "https://accounts.zohocloud.ca", "https://www.zohoapis.ca"),
    center("sa", "https://accounts.zoho.sa", "https://www.zohoapis.sa"),
    center("uk", "https://accounts.zoho.uk", "https://www.zohoapis.uk"),
    center("cn", "https://accounts.zoho.com.cn", "https://www.zohoapis.com.cn"),
    center("sg", "https://accounts.zoho.sg", "https://www.zohoapis.sg"),
    center("ae", "https://accounts.zoho.ae", "https://www.zohoapis.ae"),
];

const fn center(location: &'static str, accounts: &'static str, api: &'static str) -> KnownDataCenter {
    KnownDataCenter { location, accounts, api }
}

pub(crate) enum Zoho {}

#[async_trait]
impl Vendor for Zoho {
    const RULES: Rules = Rules {
        token: Writing { keys: Keys::Body, body: Body::Form },
        revoking: Some(Revoking {
            written: Writing { keys: Keys::Nowhere, body: Body::Form },
            dead_is_400: true,
            asks_first: false,
            // A user may have twenty refresh tokens at once; the next one ends the oldest.
            grants_are_independent: true,
        }),
        scope_separator: ",",
        // Without these two parameters there is no refresh token.
        authorize: &[("access_type", "offline"), ("prompt", "consent")],
        token_headers: &[],
        redirect_uri_on_refresh: false,
        access_token_life: Duration::from_secs(3_600),
        unused_life: None,
        grant_life: None,
        answers_with_refresh_token: false,
        // Ten access tokens for a refresh token in ten minutes, then `Access Denied` for as long.
        limits: TokenLimits { resends_most: 0, quota: Some(Quota { requests: 10, per: Duration::from_secs(600) }) },
        needs_refresh_token: true,
        // "Short-lived" by the documents; third parties found a minute.
        code_life: Duration::from_secs(60),
        words: Words {
            refused: &["invalid_code", "invalid_grant"],
            client_refused: &["invalid_client", "invalid_client_secret", "unauthorized_client"],
            throttled: Some(("Access Denied", Duration::from_secs(600))),
            in_success: true,
        },
        // The refresh token never changes.
        lost_answer_ends_grant: false,
        trace: TRACE,
    };

    /// A callback without these parameters means the first data centre. All parameters that it has must name the same data centre.
    fn read_callback(parts: &Parts, said: CallbackParameters<'_>) -> Result<CallbackRead, CallbackFault> {
        let location = said.parameters.get("location");
        let accounts = said.parameters.get("accounts-server").map(|server| server.trim_end_matches('/'));
        // No known callback has it, but the token answer does. If a callback has it, it must name the same data centre.
        let api = said.parameters.get("api_domain").map(|domain| domain.trim_end_matches('/'));
        if location.is_none() && accounts.is_none() && api.is_none() {
            return Ok(CallbackRead::default());
        }
        let is_it = |center: &&DataCenter| {
            location.is_none_or(|location| *location == center.location)
                && accounts.is_none_or(|accounts| accounts == center.accounts)
                && api.is_none_or(|api| api == center.api)
        };
        let center = parts.configured.data_centers.iter().find(is_it).ok_or(CallbackFault::UnknownRegion)?;
        Ok(CallbackRead { claim: None, region: Some(center.location.clone()) })
    }

    /// Each data centre has an accounts server, which is the issuer.
    fn is_issuer(parts: &Parts, region: Option<&str>, issuer: &str) -> bool {
        match region {
            Some(region) => data_center(parts, region).is_some_and(|center| center.accounts == issuer),
            None => parts.configured.issuer.as_deref() == Some(issuer),
        }
    }

    fn place(parts: &Parts, region: Option<&str>) -> Option<Place> {
        let secret = region.and_then(|region| parts.credentials.secrets_of_data_centers.get(region));
        let client_secret = secret.unwrap_or(&parts.credentials.client_secret).clone();
        let Some(region) = region else {
            let (token, revoke) = (parts.configured.token.clone(), parts.configured.revoke.clone());
            return Some(Place { token, revoke, client_secret });
        };
        let accounts = &data_center(parts, region)?.accounts;
        let address = |path: &str| Url::parse(&format!("{accounts}{path}")).ok();
        Some(Place { token: address("/oauth/v2/token")?, revoke: address("/oauth/v2/token/revoke"), client_secret })
    }

    /// The data centre in the answer's `api_domain`, if the callback named none. One that is not on the list is not used.
    fn region(parts: &Parts, region: Option<&str>, api_domain: Option<&str>) -> Option<String> {
        let Some(api_domain) = api_domain.map(|domain| domain.trim_end_matches('/')) else { return region.map(str::to_owned) };
        let named = parts.configured.data_centers.iter().find(|center| center.api == api_domain);
        let named = named.map(|center| center.location.as_str());
        if named.is_none() || region.is_some_and(|region| Some(region) != named) {
            tracing::warn!(region, "a token answer names an API that is not its data centre's");
        }
        region.or(named).map(str::to_owned)
    }

    const BOOKS: Option<&'static dyn Books> = Some(&ZohoBooks);

    async fn companies(parts: &Parts, query: CompaniesRequest<'_>) -> Result<GrantCompanies, ConfirmFailure> {
        let api = match query.region {
            Some(region) => format!("{}{BOOKS}", data_center(parts, region).ok_or(ConfirmFailure::Denied)?.api),
            None => parts.configured.api.clone(),
        };
        let authorization = format!("Zoho-oauthtoken {}", query.access_token.expose());
        let (mut companies, mut is_complete) = (Vec::new(), true);
        for page in 1..=PAGES_MOST {
            let request = parts.client.get(format!("{api}/organizations")).header(AUTHORIZATION, &authorization);
            let request = if page == 1 { request } else { request.query(&[("page", page)]) };
            let answer = ask::<OrganizationsAnswer>(request, Self::RULES.trace, parts.timeout).await?;
            if answer.code.as_deref().is_some_and(|code| code != "0") {
                return Err(ConfirmFailure::Denied);
            }
            // An answer without a list does not say what the token reaches.
            let organizations = answer.organizations.ok_or(ConfirmFailure::Unavailable)?.read::<Organization>();
            let (more, all_read) =
                organizations.companies(|it| Some(company(&it.id.unwrap_or_default(), it.name.as_deref(), &api)));
            companies.extend(more);
            is_complete &= all_read;
            if !answer.page_context.is_some_and(|context| context.has_more_page) {
                return Ok(GrantCompanies { companies, named_by_consent: true, is_complete });
            }
        }
        tracing::warn!(pages = PAGES_MOST, "a list of organizations has more pages than are read");
        Ok(GrantCompanies { companies, named_by_consent: true, is_complete: false })
    }
}

/// The largest number of pages of organizations that are read, of two hundred each.
const PAGES_MOST: u32 = 20;

fn data_center<'a>(parts: &'a Parts, region: &str) -> Option<&'a DataCenter> {
    parts.configured.data_centers.iter().find(|center| center.location == region)
}

/// The organizations of a user. A 200 may have an error, whose `code` is not zero.
#[derive(Deserialize)]
struct OrganizationsAnswer {
    #[serde(default, deserialize_with = "lenient")]
    code: Option<String>,
    organizations: Option<List>,
    page_context: Option<PageContext>,
}

#[derive(Deserialize)]
struct PageContext {
    #[serde(default)]
    has_more_page: bool,
}

#[derive(Deserialize)]
struct Organization {
    #[serde(rename = "organization_id", default, deserialize_with = "lenient")]
    id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    name: Option<String>,
}
