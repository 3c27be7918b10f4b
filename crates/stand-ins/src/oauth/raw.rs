//! A request before its parameters are read.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;

use super::refusal::Refusal;
use crate::headers::{FORM, JSON, has_content_type};
use crate::params::Params;

/// A request with its query and body.
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

/// Where an endpoint reads its parameters from.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    Form,
    /// A JSON object of texts.
    Json,
    JsonOrForm,
    /// A form and a query together.
    FormAndQuery,
}

impl Raw {
    /// The parameters. It is an error if parameters are in another place.
    pub(super) fn params(&self, source: Source) -> Result<Params, Refusal> {
        let is_json = match source {
            Source::FormAndQuery => return self.form_and_query(),
            Source::Json => true,
            Source::Form => false,
            Source::JsonOrForm => has_content_type(&self.headers, JSON),
        };
        if self.query.is_some() {
            return Err(Refusal::bad_request("parameters belong in the body"));
        }
        if is_json { self.json() } else { self.form() }
    }

    fn form(&self) -> Result<Params, Refusal> {
        self.require_content_type(FORM)?;
        Ok(Params::parse(&self.body)?)
    }

    fn json(&self) -> Result<Params, Refusal> {
        self.require_content_type(JSON)?;
        Ok(Params::parse_json(&self.body)?)
    }

    fn form_and_query(&self) -> Result<Params, Refusal> {
        let mut params = Params::parse(self.query.as_deref().unwrap_or_default().as_bytes())?;
        if !self.body.is_empty() {
            params.extend(&self.form()?)?;
        }
        Ok(params)
    }

    fn require_content_type(&self, wanted: &str) -> Result<(), Refusal> {
        if has_content_type(&self.headers, wanted) {
            Ok(())
        } else {
            Err(Refusal::bad_request(format!("the content type must be {wanted}")))
        }
    }
}
