//! `GET /oauth/start/{company_key}`: starts a consent for a named connection.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use counterfoil_core::model::api_key::Scope;
use counterfoil_core::model::name::{CompanyKey, PartnerId, readable};
use counterfoil_core::model::platform::{Environment, PlatformName};
use counterfoil_core::service::consent::start::{Caller, ReturnTo, Start};
use counterfoil_core::service::partner::authenticate::authenticate;
use counterfoil_core::{App, Error};

use crate::extract::api_key::api_key;
use crate::extract::caller::Scopes;
use crate::extract::name::NAME_LONGEST;
use crate::extract::path::InPath;
use crate::extract::query::Query;
use crate::surface::consent::start::{URL_LONGEST, begin, browser, by};
use crate::surface::problem::Problem;

pub(crate) async fn company_key_missing() -> Problem {
    Error::invalid("missing_company_key", "The path must name the connection: /oauth/start/{company_key}.").into()
}

pub(crate) async fn start(
    State(app): State<Arc<App>>,
    InPath(company_key): InPath<CompanyKey>,
    uri: Uri,
    query: Query,
    headers: HeaderMap,
    Scopes(scopes): Scopes,
) -> Result<Response, Problem> {
    let company_name = query.one("company_name", NAME_LONGEST)?.map(readable).filter(|name| !name.is_empty());
    let platform = query.word::<PlatformName>("platform", &PlatformName::names())?.unwrap_or(PlatformName::Quickbooks);
    let return_url = query.filled("return_url", URL_LONGEST)?.map(str::to_owned);
    let sandbox = query.word("environment", "production, sandbox")? == Some(Environment::Sandbox);
    let caller = caller(&app, &headers, &query, scopes).await?;
    let browser = browser(&app, &headers)?;
    let return_to = ReturnTo::Return(return_url);
    let start = Start { company_key: Some(company_key), company_name, platform, return_to, sandbox, caller, browser };
    Ok(begin(&app, start, &uri, &query, &headers).await?)
}

async fn caller(app: &App, headers: &HeaderMap, query: &Query, scopes: &[Scope]) -> Result<Caller, Error> {
    let Some(key) = api_key(headers, query)? else {
        return Ok(Caller::Anonymous(PartnerId::default_partner()));
    };
    Ok(by(authenticate(app, Some(&key), scopes).await?))
}
