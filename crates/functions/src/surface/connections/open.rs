//! The addresses that customers open: those of a server's start, and connect links. If the partner exchanges no code at the end, a page
//! first names the partner, and its form continues. A client that only loads the page, such as a link preview or a mail scanner, changes
//! nothing.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use counterfoil_core::model::connect_link::ConnectLink;
use counterfoil_core::model::flow::{BrowserIds, Stage};
use counterfoil_core::model::name::CompanyKey;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::service::consent::open::{OfferedConsent, offered, open_consent};
use counterfoil_core::service::consent::start::{Caller, ReturnTo, Start, start_consent};
use counterfoil_core::service::partner::links::open_link;
use counterfoil_core::{App, Error};

use crate::extract::client::{Browser, OwnForm};
use crate::extract::path::{FromPath, InPath};
use crate::extract::query::Query;
use crate::page::{self, FormLeaves, Question};
use crate::surface::consent::start::{on_the_public_host, sent_on, with_cookie};
use crate::surface::problem::Problem;

/// The longest token of these addresses, in characters.
const TOKEN_LONGEST: usize = 100;

/// The token of such an address. One that is too long gets the same answer as an unknown one.
pub(crate) struct OpenToken(Secret);

impl FromPath for OpenToken {
    fn from_path(text: Option<&str>) -> Result<Self, Error> {
        Ok(Self(Secret::new(text.filter(|text| text.len() <= TOKEN_LONGEST).unwrap_or_default())))
    }
}

pub(crate) async fn consent_confirmation(
    State(app): State<Arc<App>>,
    InPath(OpenToken(token)): InPath<OpenToken>,
    Browser(browser): Browser,
) -> Result<Response, Problem> {
    let OfferedConsent { flow, partner } = offered(&app, &token, &browser).await?;
    let is_asked = flow.stage == Stage::Offered || flow.awaits_consent();
    if flow.awaits_exchange() || !is_asked {
        return Ok(sent_on(&app, open_consent(&app, &token, &browser).await?, StatusCode::FOUND)?);
    }
    let named = flow.company_name.as_deref().or(flow.company_key.as_ref().map(CompanyKey::as_str));
    Ok(question(&app, &browser, &Question { partner: &partner.name, platform: flow.platform, company: named }))
}

pub(crate) async fn consent_continue(
    State(app): State<Arc<App>>,
    _: OwnForm,
    InPath(OpenToken(token)): InPath<OpenToken>,
    Browser(browser): Browser,
) -> Result<Response, Problem> {
    Ok(sent_on(&app, open_consent(&app, &token, &browser).await?, StatusCode::SEE_OTHER)?)
}

pub(crate) async fn link_confirmation(
    State(app): State<Arc<App>>,
    InPath(OpenToken(token)): InPath<OpenToken>,
    Browser(browser): Browser,
    uri: Uri,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(elsewhere) = on_the_public_host(&app, &headers, &uri, &query)? {
        return Ok(elsewhere);
    }
    let link = open_link(&app, &token).await?;
    let partner = app.partners.partner(&link.partner).await?.ok_or(Error::NO_LINK)?;
    let named = link.company_name.as_deref().or(link.company_key.as_ref().map(CompanyKey::as_str));
    Ok(question(&app, &browser, &Question { partner: &partner.name, platform: link.platform, company: named }))
}

pub(crate) async fn link_continue(
    State(app): State<Arc<App>>,
    _: OwnForm,
    InPath(OpenToken(token)): InPath<OpenToken>,
    Browser(browser): Browser,
) -> Result<Response, Problem> {
    let link = open_link(&app, &token).await?;
    Ok(sent_on(&app, start_consent(&app, of_link(link, browser)).await?, StatusCode::SEE_OTHER)?)
}

fn of_link(link: ConnectLink, browser: BrowserIds) -> Start {
    Start {
        company_key: link.company_key.clone(),
        company_name: link.company_name.clone(),
        platform: link.platform,
        return_to: ReturnTo::HandOver { redirect_uri: link.redirect_uri.clone(), state: link.state.clone() },
        sandbox: false,
        caller: Caller::Link(link),
        browser: Some(browser),
    }
}

/// The page before the consent. It sets the browser id, so that a second click comes from the same browser.
fn question(app: &App, browser: &BrowserIds, asked: &Question<'_>) -> Response {
    let mut response = page::question(asked).into_response();
    response.extensions_mut().insert(FormLeaves);
    if browser.first().is_some() { response } else { with_cookie(app, response, &app.new_secret()) }
}
