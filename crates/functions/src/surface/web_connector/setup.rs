//! `/qbd/{client_secret}`: the page that leads an end user through the setup of the Web Connector. Function: `web-connector`.
//!
//! A client that only loads the page, such as a mail scanner, changes nothing: the password is shown after a POST.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use counterfoil_core::model::secret::Secret;
use counterfoil_core::service::desktop::auth_flow::{LinkState, OpenedSession, open_auth_session, rotate_qwc, show_password};
use counterfoil_core::{App, Error};
use counterfoil_desktop::protocol::Protocol;
use serde_json::{Value, json};

use crate::extract::client::OwnForm;
use crate::extract::path::{FromPath, InPath};
use crate::extract::query::Query;
use crate::page::setup::{self, Setup};
use crate::page::{OwnScript, OwnStyle};
use crate::surface::addresses::setup_path;
use crate::surface::problem::Problem;

/// The longest client secret, in characters.
const SECRET_LONGEST: usize = 200;
/// The longest publishable key, in characters.
const KEY_LONGEST: usize = 200;

/// The client secret of a link. One that is too long gets the same answer as an unknown one.
pub(crate) struct LinkSecret(Secret);

impl FromPath for LinkSecret {
    fn from_path(text: Option<&str>) -> Result<Self, Error> {
        Ok(Self(Secret::new(text.filter(|text| text.len() <= SECRET_LONGEST).unwrap_or_default())))
    }
}

async fn opened(app: &App, secret: &Secret, query: &Query) -> Result<OpenedSession, Problem> {
    let key = query.one("key", KEY_LONGEST)?.unwrap_or_default();
    Ok(open_auth_session(app, secret, key).await?)
}

/// The addresses of the page and what belongs to it.
fn addresses(secret: &Secret, opened: &OpenedSession) -> setup::Addresses {
    let at = |rest: &str| setup_path(secret, rest, &opened.session.publishable_key);
    setup::Addresses { page: at(""), qwc: at("/connector.qwc"), new_file: at("/new-file"), status: at("/status") }
}

async fn shown(app: &App, secret: &Secret, opened: &OpenedSession, password: Option<&Secret>) -> Result<Response, Problem> {
    let partner = app.partners.partner(&opened.end_user.name.partner).await?.ok_or(Error::NO_AUTH_SESSION)?;
    let setup = Setup {
        partner: &partner.name,
        company: &opened.end_user.company_name,
        link: opened.link,
        has_connection: opened.connection.is_some() || password.is_some(),
        user_name: &opened.end_user.name.user_name(),
        password,
        redirect_url: opened.session.redirect_url.as_deref(),
        addresses: &addresses(secret, opened),
    };
    let mut response = setup::page(&setup).into_response();
    if opened.link == LinkState::Open {
        response.extensions_mut().insert(OwnStyle(setup::STYLE));
        response.extensions_mut().insert(OwnScript(setup::SCRIPT));
    }
    Ok(response)
}

pub(crate) async fn page(
    State(app): State<Arc<App>>,
    InPath(LinkSecret(secret)): InPath<LinkSecret>,
    query: Query,
) -> Result<Response, Problem> {
    let opened = opened(&app, &secret, &query).await?;
    shown(&app, &secret, &opened, None).await
}

pub(crate) async fn password(
    State(app): State<Arc<App>>,
    _: OwnForm,
    InPath(LinkSecret(secret)): InPath<LinkSecret>,
    query: Query,
) -> Result<Response, Problem> {
    let opened = opened(&app, &secret, &query).await?;
    if opened.link != LinkState::Open {
        return shown(&app, &secret, &opened, None).await;
    }
    let new = show_password(&app, &opened, &Protocol).await?;
    shown(&app, &secret, &opened, Some(&new.password)).await
}

/// Makes another `.qwc` file, for a company file that refuses the first one.
pub(crate) async fn new_file(
    State(app): State<Arc<App>>,
    _: OwnForm,
    InPath(LinkSecret(secret)): InPath<LinkSecret>,
    query: Query,
) -> Result<Redirect, Problem> {
    let opened = opened(&app, &secret, &query).await?;
    rotate_qwc(&app, &opened, &Protocol).await?;
    Ok(Redirect::to(&addresses(&secret, &opened).page))
}

pub(crate) async fn qwc(
    State(app): State<Arc<App>>,
    InPath(LinkSecret(secret)): InPath<LinkSecret>,
    query: Query,
) -> Result<Response, Problem> {
    let opened = opened(&app, &secret, &query).await?;
    let connection = opened.connection.ok_or(Error::NO_AUTH_SESSION)?;
    let headers = [
        (header::CONTENT_TYPE, "application/x-qwc"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"quickbooks-connection.qwc\""),
    ];
    Ok((StatusCode::OK, headers, connection.qwc).into_response())
}

/// Whether the setup is complete. The page asks for this.
pub(crate) async fn status(
    State(app): State<Arc<App>>,
    InPath(LinkSecret(secret)): InPath<LinkSecret>,
    query: Query,
) -> Result<Json<Value>, Problem> {
    let opened = opened(&app, &secret, &query).await?;
    let has_signed_in = opened.session.has_signed_in(opened.connection.as_ref());
    let connected = opened.link == LinkState::Used;
    Ok(Json(json!({ "connected": connected, "hasSignedIn": has_signed_in, "redirectUrl": opened.session.redirect_url })))
}
