//! Who calls: an API key with a scope that the route asks for, as the table of routes has it.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use counterfoil_core::model::api_key::{ApiKey, Scope};
use counterfoil_core::model::connection::{Connection, ConnectionId};
use counterfoil_core::service::partner::authenticate::{authenticate, authenticate_and_read};
use counterfoil_core::{App, Error};

use crate::extract::api_key::api_key;
use crate::extract::query::Query;
use crate::extract::read::company_key;
use crate::surface::problem::Problem;

/// The scopes that open a route; put into each request of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scopes(pub(crate) &'static [Scope]);

impl Scopes {
    fn of(parts: &Parts) -> &'static [Scope] {
        parts.extensions.get::<Self>().map_or(&[], |scopes| scopes.0)
    }
}

impl<S: Sync> FromRequestParts<S> for Scopes {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self(Self::of(parts)))
    }
}

/// The key of a caller, in a header or in the address.
pub(crate) struct Caller(pub(crate) ApiKey);

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let key = api_key(&parts.headers, &Query::of(parts))?;
        Ok(Self(authenticate(app, key.as_ref(), Scopes::of(parts)).await?))
    }
}

/// The connection that the path names, of the caller's partner: read in the same request as the key.
pub(crate) struct Named {
    pub(crate) id: ConnectionId,
    pub(crate) connection: Connection,
}

impl FromRequestParts<Arc<App>> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let company_key = company_key(Path::from_request_parts(parts, app).await)?;
        let key = api_key(&parts.headers, &Query::of(parts))?;
        let (id, found) = authenticate_and_read(app, key.as_ref(), Scopes::of(parts), &company_key).await?;
        Ok(Self { id, connection: found.ok_or(Error::NO_CONNECTION)? })
    }
}
