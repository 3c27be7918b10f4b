//! The addresses that a customer is sent: what a server's start is answered with, and connect links. Where the partner
//! exchanges no code at the end, a page names the partner first and its form goes on: whoever looks without a click, such as a
//! link preview or a mail scanner, spends nothing.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use counterfoil_core::model::connect_link::ConnectLink;
use counterfoil_core::model::flow::{BrowserIds, Stage};
use counterfoil_core::model::name::CompanyKey;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::service::consent::open::{Offer, offered, open_consent};
use counterfoil_core::service::consent::start::{Caller, Start, Then, start_consent};
use counterfoil_core::service::partner::links::open_link;
use counterfoil_core::{App, Error};

use crate::extract::browser_cookie::BrowserCookie;
use crate::extract::query::Query;
use crate::extract::read::is_from_another_site;
use crate::page::{self, FormLeaves, Question};
use crate::surface::connections::start::{on_the_public_host, refused, sent_on, with_cookie};

/// The longest token of these addresses, in characters.
const TOKEN_LONGEST: usize = 100;

/// A token that is too long is none of ours, as any other that is unknown.
fn token(path: Result<Path<String>, PathRejection>) -> Secret {
    let text = path.map(|Path(text)| text).unwrap_or_default();
    Secret::new(if text.len() <= TOKEN_LONGEST { text } else { String::new() })
}

pub(crate) async fn look(State(app): State<Arc<App>>, path: Result<Path<String>, PathRejection>, headers: HeaderMap) -> Response {
    let token = token(path);
    let browser = BrowserCookie::under(app.public_base_url.as_deref()).read(&headers);
    let answer = async {
        let Offer { flow, partner } = offered(&app, &token, &browser).await?;
        let is_asked = flow.stage == Stage::Offered || flow.awaits_consent();
        if flow.awaits_exchange() || !is_asked {
            return opened(&app, &token, &headers, StatusCode::FOUND).await;
        }
        let named = flow.company_name.as_deref().or(flow.company_key.as_ref().map(CompanyKey::as_str));
        Ok(question(&app, &browser, &Question { partner: &partner.name, platform: flow.platform, company: named }))
    };
    answer.await.unwrap_or_else(|error| refused(error, &headers))
}

pub(crate) async fn go_on(
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let answer = async {
        by_our_own_form(&headers)?;
        opened(&app, &token(path), &headers, StatusCode::SEE_OTHER).await
    };
    answer.await.unwrap_or_else(|error| refused(error, &headers))
}

async fn opened(app: &Arc<App>, token: &Secret, headers: &HeaderMap, status: StatusCode) -> Result<Response, Error> {
    let browser = BrowserCookie::under(app.public_base_url.as_deref()).read(headers);
    Ok(sent_on(app, open_consent(app, token, &browser).await?, status))
}

pub(crate) async fn look_at_link(
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
    uri: Uri,
    query: Query,
    headers: HeaderMap,
) -> Response {
    let answer = async {
        if let Some(elsewhere) = on_the_public_host(&app, &headers, &uri, &query)? {
            return Ok(elsewhere);
        }
        let link = open_link(&app, &token(path)).await?;
        let partner = app.partners.partner(&link.partner).await?.ok_or(Error::NO_LINK)?;
        let named = link.company_name.as_deref().or(link.company_key.as_ref().map(CompanyKey::as_str));
        let browser = BrowserCookie::under(app.public_base_url.as_deref()).read(&headers);
        Ok(question(&app, &browser, &Question { partner: &partner.name, platform: link.platform, company: named }))
    };
    answer.await.unwrap_or_else(|error| refused(error, &headers))
}

pub(crate) async fn go_on_by_link(
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let answer = async {
        by_our_own_form(&headers)?;
        let link = open_link(&app, &token(path)).await?;
        let browser = BrowserCookie::under(app.public_base_url.as_deref()).read(&headers);
        Ok(sent_on(&app, start_consent(&app, of_link(link, browser)).await?, StatusCode::SEE_OTHER))
    };
    answer.await.unwrap_or_else(|error| refused(error, &headers))
}

fn of_link(link: ConnectLink, browser: BrowserIds) -> Start {
    Start {
        company_key: link.company_key.clone(),
        company_name: link.company_name.clone(),
        platform: link.platform,
        then: Then::HandOver { redirect_uri: link.redirect_uri.clone(), state: link.state.clone() },
        sandbox: false,
        caller: Caller::Link(link),
        browser: Some(browser),
    }
}

/// The browser has its id before its first click: a second one then comes from the same browser.
fn question(app: &App, browser: &BrowserIds, asked: &Question<'_>) -> Response {
    let mut response = page::question(asked).into_response();
    response.extensions_mut().insert(FormLeaves);
    if browser.first().is_some() { response } else { with_cookie(app, response, &app.new_secret()) }
}

/// A page of another site must not go on in the customer's place: she has to see who asks.
fn by_our_own_form(headers: &HeaderMap) -> Result<(), Error> {
    if is_from_another_site(headers) {
        return Err(Error::invalid("cross_site_form", "Open the address itself, and continue from the page that it shows."));
    }
    Ok(())
}
