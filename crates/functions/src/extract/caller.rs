//! Authenticates the caller: an API key with one of the scopes that the table of routes names.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::Extensions;
use axum::http::request::Parts;
use counterfoil_core::App;
use counterfoil_core::model::api_key::{ApiKey, Scope};
use counterfoil_core::model::connection::Connection;
use counterfoil_core::service::partner::authenticate::{authenticate, authenticate_and_read};

use crate::extract::api_key::api_key;
use crate::extract::path::InPath;
use crate::extract::query::Query;
use crate::surface::problem::Problem;

/// The scopes that allow a route. The router puts them into each request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scopes(pub(crate) &'static [Scope]);

impl Scopes {
    pub(crate) fn of(extensions: &Extensions) -> &'static [Scope] {
        extensions.get::<Self>().map_or(&[], |scopes| scopes.0)
    }
}

impl<S: Sync> FromRequestParts<S> for Scopes {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(Self::of(&parts.extensions)))
    }
}

/// The caller's verified key, from a header or the query.
pub(crate) struct Caller(pub(crate) ApiKey);

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let key = api_key(&parts.headers, &Query::of(parts))?;
        Ok(Self(authenticate(app, key.as_ref(), Scopes::of(&parts.extensions)).await?))
    }
}

/// The caller's verified key, and the connection that the path names, read together.
pub(crate) struct Named(pub(crate) ApiKey, pub(crate) Connection);

impl FromRequestParts<Arc<App>> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let InPath(company_key) = InPath::from_request_parts(parts, app).await?;
        let key = api_key(&parts.headers, &Query::of(parts))?;
        let (key, connection) = authenticate_and_read(app, key.as_ref(), Scopes::of(&parts.extensions), &company_key).await?;
        Ok(Self(key, connection))
    }
}
