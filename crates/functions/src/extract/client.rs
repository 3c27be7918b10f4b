//! The kind of client that sent a request, and its browser ids.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use counterfoil_core::model::flow::BrowserIds;
use counterfoil_core::{App, Error};

use crate::extract::browser_cookie::BrowserCookie;
use crate::surface::problem::Problem;

/// A browser, which gets pages, or a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    Browser,
    Program,
}

impl Client {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let is_html = |value: &header::HeaderValue| value.to_str().is_ok_and(|accept| accept.contains("text/html"));
        if headers.get_all(header::ACCEPT).iter().any(is_html) { Self::Browser } else { Self::Program }
    }
}

impl<S: Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

/// The browser ids in the cookies. They decide which consents the browser may finish (O-6).
pub(crate) struct Browser(pub(crate) BrowserIds);

impl FromRequestParts<Arc<App>> for Browser {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        Ok(Self(BrowserCookie::of(app).read(&parts.headers)))
    }
}

/// Proof that one of our pages sent the form, or that the browser does not name the sender. A page of another site must not submit it in
/// the customer's name. (Under our referrer policy `Origin` is `null`.)
pub(crate) struct OwnForm;

impl<S: Sync> FromRequestParts<S> for OwnForm {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let site = parts.headers.get("sec-fetch-site");
        if site.is_none_or(|site| matches!(site.as_bytes(), b"same-origin" | b"none")) {
            return Ok(Self);
        }
        Err(Error::invalid("cross_site_form", "Open this address in the browser and continue from the page that it shows.")
            .into())
    }
}
