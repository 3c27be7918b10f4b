//! A request as it came: what a platform reads its parameters from.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;

use super::refusal::Refusal;
use crate::headers::{FORM, JSON, has_content_type};
use crate::params::Params;

/// Nothing of it is understood yet.
pub(crate) struct Raw {
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = BytesRejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, BytesRejection> {
        let query = request.uri().query().map(str::to_owned);
        let headers = request.headers().clone();
        Ok(Self { query, headers, body: Bytes::from_request(request, state).await? })
    }
}

impl Raw {
    /// The parameters of a form, and no query beside it.
    pub(crate) fn form(&self) -> Result<Params, Refusal> {
        self.require_no_query()?;
        if !has_content_type(&self.headers, FORM) {
            return Err(Refusal::bad_request(format!("the content type must be {FORM}")));
        }
        Ok(Params::parse(&self.body)?)
    }

    /// The fields of a JSON object of texts, and no query beside it.
    pub(crate) fn json(&self) -> Result<Params, Refusal> {
        self.require_no_query()?;
        if !has_content_type(&self.headers, JSON) {
            return Err(Refusal::bad_request(format!("the content type must be {JSON}")));
        }
        Ok(Params::parse_json(&self.body)?)
    }

    fn require_no_query(&self) -> Result<(), Refusal> {
        if self.query.is_some() { Err(Refusal::bad_request("parameters belong in the body")) } else { Ok(()) }
    }
}
