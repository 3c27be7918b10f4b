//! The parameter of a route's path.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use counterfoil_core::Error;
use counterfoil_core::model::api_key::KeyId;
use counterfoil_core::model::connect_link::LinkId;
use counterfoil_core::model::event::EventId;
use counterfoil_core::model::flow::FlowId;
use counterfoil_core::model::name::CompanyKey;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::stored_record::RecordId;
use counterfoil_core::model::sync::SyncId;
use counterfoil_core::model::webhook::delivery::DeliveryId;
use counterfoil_core::model::webhook::endpoint::EndpointId;

use crate::surface::problem::Problem;

/// The only parameter of the route's path, parsed.
pub(crate) struct InPath<T>(pub(crate) T);

/// A type that a path parameter can have.
pub(crate) trait FromPath: Sized {
    /// Parses the parameter. `text` is `None` if it is not percent-encoded UTF-8.
    fn from_path(text: Option<&str>) -> Result<Self, Error>;
}

impl<S: Send + Sync, T: FromPath> FromRequestParts<S> for InPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = Path::<String>::from_request_parts(parts, state).await.ok();
        Ok(Self(T::from_path(text.as_deref().map(String::as_str))?))
    }
}

impl FromPath for CompanyKey {
    fn from_path(text: Option<&str>) -> Result<Self, Error> {
        let unreadable = || Error::invalid("invalid_company_key", "The company_key is not percent-encoded UTF-8.");
        Self::parse(text.ok_or_else(unreadable)?)
    }
}

impl FromPath for FlowId {
    fn from_path(text: Option<&str>) -> Result<Self, Error> {
        text.and_then(Self::parse).ok_or(Error::NotFound("There is no such consent."))
    }
}

impl FromPath for LinkId {
    fn from_path(text: Option<&str>) -> Result<Self, Error> {
        text.and_then(Self::parse).ok_or(Error::NO_LINK)
    }
}

impl FromPath for KeyId {
    fn from_path(text: Option<&str>) -> Result<Self, Error> {
        text.and_then(Self::parse).ok_or(Error::NO_KEY)
    }
}

impl FromPath for PlatformName {
    fn from_path(text: Option<&str>) -> Result<Self, Error> {
        let unknown = || Error::invalid("invalid_parameter", format!("platform must be one of: {}.", Self::names()));
        text.and_then(|text| text.parse().ok()).ok_or_else(unknown)
    }
}

impl FromPath for SyncId {
    fn from_path(text: Option<&str>) -> Result<Self, Error> {
        text.and_then(Self::parse).ok_or(Error::NO_SYNC)
    }
}

impl FromPath for RecordId {
    fn from_path(text: Option<&str>) -> Result<Self, Error> {
        text.and_then(Self::parse).ok_or(Error::NO_RECORD)
    }
}

impl FromPath for EndpointId {
    fn from_path(text: Option<&str>) -> Result<Self, Error> {
        text.and_then(Self::parse).ok_or(Error::NO_ENDPOINT)
    }
}

impl FromPath for EventId {
    fn from_path(text: Option<&str>) -> Result<Self, Error> {
        text.and_then(Self::parse).ok_or(Error::NO_EVENT)
    }
}

impl FromPath for DeliveryId {
    fn from_path(text: Option<&str>) -> Result<Self, Error> {
        text.and_then(Self::parse).ok_or(Error::NO_DELIVERY)
    }
}
