//! `GET /v1/oauth/authorize`: starts a consent that returns our code to the partner's page. The function `start` serves it, because it
//! needs the same rights.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use counterfoil_core::model::api_key::{Scope, is_publishable};
use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::service::consent::start::{Caller, ReturnTo, Start};
use counterfoil_core::service::partner::authenticate::authenticate;
use counterfoil_core::{App, Error};

use crate::extract::api_key::{api_key, header_key};
use crate::extract::caller::Scopes;
use crate::extract::query::Query;
use crate::surface::consent::start::{URL_LONGEST, begin, browser, by};
use crate::surface::partner::serve::wrong_partner;
use crate::surface::problem::Problem;

/// The longest state of a partner, in characters.
pub(crate) const STATE_LONGEST: usize = 1_000;

pub(crate) async fn authorize(
    State(app): State<Arc<App>>,
    uri: Uri,
    query: Query,
    headers: HeaderMap,
    Scopes(scopes): Scopes,
) -> Result<Response, Problem> {
    let missing = |name| Error::invalid("missing_parameter", format!("The parameter {name} is missing."));
    let platform = query.word::<PlatformName>("platform", &PlatformName::names())?.ok_or_else(|| missing("platform"))?;
    let partner = query.filled("partnerId", PartnerId::LONGEST)?.ok_or_else(|| missing("partnerId"))?;
    let partner = PartnerId::parse(partner)?;
    let company_key = query.filled("companyKey", CompanyKey::LONGEST)?.map(CompanyKey::parse).transpose()?;
    let redirect_uri = query.filled("redirectUri", URL_LONGEST)?.map(str::to_owned);
    let state = query.one("state", STATE_LONGEST)?.filter(|state| !state.is_empty()).map(str::to_owned);
    let caller = caller(&app, &headers, &query, partner, scopes).await?;
    let return_to = ReturnTo::HandOver { redirect_uri, state };
    let browser = browser(&app, &headers)?;
    let start = Start { company_key, company_name: None, platform, return_to, sandbox: false, caller, browser };
    Ok(begin(&app, start, &uri, &query, &headers).await?)
}

/// The caller. A partner's page has this address, so it must not contain a secret key.
async fn caller(app: &App, headers: &HeaderMap, query: &Query, partner: PartnerId, scopes: &[Scope]) -> Result<Caller, Error> {
    let Some(key) = api_key(headers, query)? else { return Ok(Caller::Anonymous(partner)) };
    if header_key(headers)?.is_none() && !is_publishable(&key) {
        return Err(Error::Unauthenticated("Only a publishable key (cf_pub_…) may be in this address."));
    }
    let known = authenticate(app, Some(&key), scopes).await?;
    if known.partner != partner {
        return Err(wrong_partner());
    }
    Ok(by(known))
}
