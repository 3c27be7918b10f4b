//! The middleware of the partner API's routes that need an API key: it authenticates the caller, and sets the CORS headers.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::ORIGIN;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use counterfoil_core::model::api_key::{ApiKey, Scope};
use counterfoil_core::model::partner::Partner;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::service::partner::authenticate::authenticate;
use counterfoil_core::{App, Error};

use crate::extract::api_key::header_key;
use crate::extract::caller::Scopes;
use crate::surface::partner::cors;
use crate::surface::problem::Problem;

/// The caller's API key, from a header. A key in a URL is not accepted.
#[derive(Clone)]
pub(crate) struct PartnerCaller(pub(crate) ApiKey);

/// The caller that [`authenticated`] put into the request.
impl<S: Sync> FromRequestParts<S> for PartnerCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or_else(|| Error::Internal("this route was mounted without authentication".to_owned()).into())
    }
}

/// Middleware of a route that needs an API key: lets the request pass if the key has one of the route's scopes.
pub(crate) async fn authenticated(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let origin = request.headers().get(ORIGIN).cloned();
    let (key, scopes) = (header_key(request.headers()), Scopes::of(request.extensions()));
    match caller(&app, key, scopes, origin.is_some()).await {
        Ok((key, partner)) => {
            request.extensions_mut().insert(PartnerCaller(key));
            let answer = next.run(request).await;
            if partner.is_some() { cors::allow(origin, partner.as_ref(), answer) } else { answer }
        }
        Err(error) => cors::allow(origin, None, Problem::from(error).into_response()),
    }
}

/// The caller's key and, if a page sent the request, its partner. The partner is loaded before the handler runs: if that fails,
/// nothing was done.
async fn caller(
    app: &App,
    key: Result<Option<Secret>, Error>,
    scopes: &[Scope],
    is_page: bool,
) -> Result<(ApiKey, Option<Partner>), Error> {
    let key = authenticate(app, key?.as_ref(), scopes).await?;
    let partner = if is_page { app.partners.partner(&key.partner).await? } else { None };
    Ok((key, partner))
}

/// The error for a key that belongs to another partner than the one in the request.
pub(crate) fn wrong_partner() -> Error {
    let message = "The API key does not belong to the partner in partnerId.".to_owned();
    Error::Forbidden { code: "wrong_partner", message }
}

/// Reads the name of a platform with OAuth from a body.
///
/// # Errors
/// `Invalid`, with the names of all of them.
pub(crate) fn platform(name: &str) -> Result<PlatformName, Error> {
    PlatformName::with_oauth().find(|platform| platform.as_str() == name).ok_or_else(|| {
        let names: Vec<_> = PlatformName::with_oauth().map(PlatformName::as_str).collect();
        Error::invalid("invalid_parameter", format!("platform must be one of: {}.", names.join(", ")))
    })
}
