//! What both ways to start a consent share: redirects a browser to the platform's page, and answers a server with an address to forward to
//! the customer.

use std::sync::Arc;

use axum::http::header::{HOST, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use counterfoil_core::model::api_key::{ApiKey, Scope};
use counterfoil_core::model::flow::BrowserIds;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::service::consent::in_browser::{NextStep, Started};
use counterfoil_core::service::consent::start::{Caller, Start, start_consent};
use counterfoil_core::{App, Error};

use crate::extract::api_key::header_key;
use crate::extract::browser_cookie::BrowserCookie;
use crate::extract::query::Query;
use crate::surface::addresses;

/// The longest address of a partner's page, in characters.
pub(crate) const URL_LONGEST: usize = 2_000;

/// A query parameter of a browser that was redirected to the public host already, because a proxy may rewrite the host in a loop.
const MOVED: &str = "moved";

/// The browser ids of the client that starts; `None` for a server, which sends a key in a header.
pub(crate) fn browser(app: &App, headers: &HeaderMap) -> Result<Option<BrowserIds>, Error> {
    let is_server = header_key(headers)?.is_some();
    Ok((!is_server).then(|| BrowserCookie::of(app).read(headers)))
}

/// Starts the flow and redirects the browser to the platform, with its cookie. A browser at another host is redirected to the public host
/// first.
pub(crate) async fn begin(
    app: &Arc<App>,
    start: Start,
    uri: &Uri,
    query: &Query,
    headers: &HeaderMap,
) -> Result<Response, Error> {
    if start.browser.is_some()
        && let Some(elsewhere) = on_the_public_host(app, headers, uri, query)?
    {
        return Ok(elsewhere);
    }
    sent_on(app, start_consent(app, start).await?, StatusCode::FOUND)
}

/// Redirects the browser to the next step, with its cookie.
pub(crate) fn sent_on(app: &App, started: Started, status: StatusCode) -> Result<Response, Error> {
    let location = match started.next_step {
        NextStep::PlatformsPage(address) => address,
        NextStep::Offer(token) => addresses::continue_url(app, &token)?,
        NextStep::ResultPage(flow) => addresses::result_path(&flow),
    };
    let response = (status, [(LOCATION, location)]).into_response();
    Ok(match &started.browser {
        Some(browser) => with_cookie(app, response, browser),
        None => response,
    })
}

/// Sets the browser id in a cookie.
pub(crate) fn with_cookie(app: &App, mut response: Response, browser: &Secret) -> Response {
    if let Ok(value) = BrowserCookie::of(app).keep(browser).parse() {
        response.headers_mut().insert(SET_COOKIE, value);
    }
    response
}

/// The caller with this key.
pub(crate) fn by(key: ApiKey) -> Caller {
    if key.may(Scope::ConnectionsWrite) { Caller::Key(key) } else { Caller::Publishable(key) }
}

/// A redirect to the host of the public base URL, for a browser at another host. The cookie must be set on the host of the callback. A
/// browser is redirected at most once.
///
/// # Errors
/// `Invalid` if the query is wrong.
pub(crate) fn on_the_public_host(app: &App, headers: &HeaderMap, uri: &Uri, query: &Query) -> Result<Option<Response>, Error> {
    if query.one(MOVED, 1)?.is_some() {
        return Ok(None);
    }
    Ok(public_address(app, headers, uri).map(|address| (StatusCode::FOUND, [(LOCATION, address)]).into_response()))
}

fn public_address(app: &App, headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let base = app.public_base_url.as_deref()?;
    let wanted = base.split_once("://")?.1;
    let host = headers.get(HOST)?.to_str().ok()?;
    let separator = if uri.query().is_some() { '&' } else { '?' };
    let here = uri.path_and_query().map_or("/", |path| path.as_str());
    (!host.eq_ignore_ascii_case(wanted)).then(|| format!("{base}{here}{separator}{MOVED}=1"))
}
