//! What every route of the partner API does: who calls, what is answered, and which pages may read it.

use axum::http::HeaderMap;
use axum::http::header::ORIGIN;
use axum::response::{IntoResponse, Response};
use counterfoil_core::model::api_key::{ApiKey, Scope};
use counterfoil_core::model::partner::Partner;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::service::partner::authenticate::authenticate;
use counterfoil_core::{App, Error};

use crate::extract::api_key::header_key;
use crate::extract::caller::Scopes;
use crate::surface::partner::cors;
use crate::surface::problem::Problem;

/// Answers a caller with a key in a header that has one of the route's scopes.
pub(crate) async fn serve<R: IntoResponse>(
    app: &App,
    headers: &HeaderMap,
    Scopes(one_of): Scopes,
    work: impl AsyncFnOnce(&ApiKey) -> Result<R, Error>,
) -> Response {
    let key = match authenticated(app, headers, one_of).await {
        Ok(key) => key,
        Err(error) => return cors::allow(headers, None, Problem(error).into_response()),
    };
    // Before the work: what that has done is not answered with an error of this.
    let partner = match partner(app, &key, headers).await {
        Ok(partner) => partner,
        Err(error) => return cors::allow(headers, None, Problem(error).into_response()),
    };
    let answer = match work(&key).await {
        Ok(answer) => answer.into_response(),
        Err(error) => Problem(error).into_response(),
    };
    match &partner {
        Some(_) => cors::allow(headers, partner.as_ref(), answer),
        None => answer,
    }
}

async fn authenticated(app: &App, headers: &HeaderMap, one_of: &[Scope]) -> Result<ApiKey, Error> {
    authenticate(app, header_key(headers)?.as_ref(), one_of).await
}

/// The partner, where a page asks: a server brings no origin.
async fn partner(app: &App, key: &ApiKey, headers: &HeaderMap) -> Result<Option<Partner>, Error> {
    if headers.contains_key(ORIGIN) { Ok(app.partners.partner(&key.partner).await?) } else { Ok(None) }
}

/// A platform that is named in a body.
///
/// # Errors
/// `Invalid`, naming those that there are.
pub(crate) fn platform(name: &str) -> Result<PlatformName, Error> {
    name.parse().map_err(|_| Error::invalid("invalid_parameter", format!("platform must be one of: {}.", PlatformName::names())))
}
