//! The caller of a route, and the end user that a header names.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use counterfoil_core::App;
use counterfoil_core::model::api_key::ApiKey;
use counterfoil_core::model::desktop::end_user::EndUserName;
use counterfoil_core::model::desktop::id::EndUserId;
use counterfoil_core::service::partner::authenticate::authenticate;
use counterfoil_desktop::failure::Failure;
use serde::de::DeserializeOwned;

use crate::extract::api_key::header_key;
use crate::extract::caller::Scopes;
use crate::surface::desktop::refusal::Refused;

/// The header that names the end user of a request.
const END_USER: &str = "conductor-end-user-id";

/// The caller's verified secret key.
pub(crate) struct DesktopCaller(pub(crate) ApiKey);

impl FromRequestParts<Arc<App>> for DesktopCaller {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        let key = header_key(&parts.headers)?;
        Ok(Self(authenticate(app, key.as_ref(), Scopes::of(&parts.extensions)).await?))
    }
}

/// The parameters of the address. One that is not percent-encoded UTF-8 names nothing.
pub(crate) struct InAddress<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Arc<App>> for InAddress<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        let found = Path::from_request_parts(parts, app).await;
        found.map(|Path(found)| Self(found)).map_err(|_| Failure::resource_missing("address").into())
    }
}

/// The end user that the header names.
pub(crate) struct InHeader(pub(crate) EndUserName);

impl FromRequestParts<Arc<App>> for InHeader {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refused> {
        let DesktopCaller(key) = DesktopCaller::from_request_parts(parts, app).await?;
        let given = parts.headers.get(END_USER).and_then(|value| value.to_str().ok());
        let given = given.ok_or_else(|| Failure::invalid_request("The header Conductor-End-User-Id is missing."))?;
        let id = EndUserId::parse(given.trim()).ok_or_else(|| Failure::resource_missing("end-user"))?;
        Ok(Self(EndUserName { partner: key.partner, id }))
    }
}
