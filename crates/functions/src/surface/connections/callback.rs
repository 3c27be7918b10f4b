//! The callback that a platform redirects the browser to, and the result page. A browser is redirected before it sees a page, so that
//! no page has the code in its address (O-9).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use counterfoil_core::model::flow::{BrowserIds, Destination, Flow, FlowId, StartParams};
use counterfoil_core::model::name::CompanyKey;
use counterfoil_core::model::platform::{Environment, PlatformName};
use counterfoil_core::model::secret::Secret;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::service::consent::callback::{Callback, finish_consent, retry_consent, see_consent};
use counterfoil_core::service::consent::confirm::choose_company;
use counterfoil_core::service::consent::exchange::issue_code;
use counterfoil_core::service::consent::outcome::{ConsentOutcome, Ending, NoFlow};
use counterfoil_core::{App, Error};

use crate::deadline::EndsAt;
use crate::extract::body::FormBody;
use crate::extract::client::{Browser, Client};
use crate::extract::path::{FromPath, InPath};
use crate::extract::query::Query;
use crate::page::{self, View};
use crate::surface::addresses::{Hidden, hidden_path, result_path};
use crate::surface::connections::answers::as_json;
use crate::surface::connections::return_url;
use crate::surface::consent;
use crate::surface::problem::Problem;

/// The longest `state`, `code` and `error` that are accepted, in characters.
const PARAMETER_LONGEST: usize = 4_096;

/// The longest company id that is accepted, in characters.
const COMPANY_ID_LONGEST: usize = 64;

/// The platform of the callback's path. `/oauth/callback` is QuickBooks' own; the others have a path each (O-2).
pub(crate) struct SentBy(PlatformName);

impl<S: Send + Sync> FromRequestParts<S> for SentBy {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let platform = match Option::<Path<String>>::from_request_parts(parts, state).await {
            Ok(None) => Some(PlatformName::Quickbooks),
            Ok(Some(Path(name))) => name.parse().ok(),
            Err(_) => None,
        };
        Ok(Self(platform.ok_or(Error::NotFound("There is no such platform."))?))
    }
}

pub(crate) async fn callback(
    State(app): State<Arc<App>>,
    EndsAt(ends_at): EndsAt,
    SentBy(platform): SentBy,
    query: Query,
    Browser(browser): Browser,
    client: Client,
) -> Response {
    let ending = match read_callback(platform, &query, browser) {
        Ok(callback) => finish_consent(&app, callback, ends_at).await,
        Err(error) => NoFlow::from(error).into(),
    };
    respond(&app, client, ending).await
}

/// Redirects a browser, and any client that must bring our code to the partner. Other clients get JSON.
async fn respond(app: &App, client: Client, ending: Ending) -> Response {
    if client == Client::Browser || is_handover(&ending) { see_other(&destination(app, &ending).await) } else { as_json(ending) }
}

/// The parameters that are read by name. `error_description` and `error_uri` are for people, and are not shown to anybody.
const OWN: [&str; 5] = ["state", "code", "error", "error_description", "error_uri"];

/// A missing, repeated or unreadable state belongs to no flow and is an error. Any other wrong parameter is recorded on the flow (O-8).
fn read_callback(platform: PlatformName, query: &Query, browser: BrowserIds) -> Result<Callback, Error> {
    let state = query.one("state", PARAMETER_LONGEST)?.filter(|state| !state.is_empty()).map(Secret::new);
    let read = |name| query.one(name, PARAMETER_LONGEST).map(|value| value.filter(|value| !value.is_empty()).map(str::to_owned));
    let (code, error) = (read("code"), read("error"));
    let others = query.names().filter(|name| !OWN.contains(name));
    let parameters =
        others.map(|name| Ok((name.to_owned(), query.lenient(name, PARAMETER_LONGEST)?.unwrap_or_default().to_owned())));
    let parameters: Result<BTreeMap<_, _>, Error> = parameters.collect();
    Ok(Callback {
        platform,
        state,
        ambiguous: code.is_err() || error.is_err() || parameters.is_err(),
        code: code.ok().flatten().map(Secret::new),
        error: error.ok().flatten(),
        parameters: parameters.unwrap_or_default(),
        browser,
    })
}

/// The subject of a result page: a flow, or the reason why the caller may not see one.
pub(crate) enum Shown {
    Flow(FlowId),
    Nothing(Hidden),
}

impl FromPath for Shown {
    fn from_path(text: Option<&str>) -> Result<Self, Error> {
        let text = text.unwrap_or_default();
        let hidden = || Self::Nothing(text.parse().unwrap_or(Hidden::InvalidCallback));
        Ok(FlowId::parse(text).map_or_else(hidden, Self::Flow))
    }
}

pub(crate) async fn result(
    State(app): State<Arc<App>>,
    InPath(shown): InPath<Shown>,
    query: Query,
    Browser(browser): Browser,
    client: Client,
) -> Result<Response, Problem> {
    let flow = match shown {
        Shown::Flow(flow) => flow,
        Shown::Nothing(why) => return Ok(page::hidden_as(why, read_restart(&app, &query)?.as_ref()).into_response()),
    };
    let ending = see_consent(&app, &flow, &browser).await;
    if client == Client::Program {
        return Ok(as_json(ending));
    }
    let is_last = query.one(LAST, 1)?.is_some();
    let page = match &ending {
        Ending::Shown { flow, result } => page::of(flow, result, app.open_start, is_last, View::read(&query)),
        Ending::Hidden { why: NoFlow::Fault(error), .. } => page::hidden(error),
        Ending::Hidden { why, .. } => page::hidden_as(why.into(), None),
    };
    Ok(page.into_response())
}

/// The parameters to start the consent again, as [`restart_query`] wrote them; `None` if a browser without a key may not start one.
fn read_restart(app: &App, query: &Query) -> Result<Option<StartParams>, Error> {
    let key = query.one("company_key", CompanyKey::LONGEST)?.and_then(|key| CompanyKey::parse(key).ok());
    let platform = query.word::<PlatformName>("platform", &PlatformName::names()).unwrap_or_default();
    let environment = query.word("environment", "production, sandbox").ok().flatten().unwrap_or(Environment::Production);
    let restart = key.zip(platform).filter(|_| app.open_start);
    Ok(restart.map(|(company_key, platform)| StartParams { company_key, platform, environment }))
}

pub(crate) async fn retry(
    State(app): State<Arc<App>>,
    EndsAt(ends_at): EndsAt,
    InPath(id): InPath<FlowId>,
    Browser(browser): Browser,
    client: Client,
) -> Response {
    let ending = retry_consent(&app, &id, &browser, ends_at).await;
    after_form(&app, client, ending, &id).await
}

/// Connects the company that a customer chose on our page, by a form with `company_id`.
pub(crate) async fn choose(
    State(app): State<Arc<App>>,
    InPath(id): InPath<FlowId>,
    Browser(browser): Browser,
    client: Client,
    FormBody(form): FormBody,
) -> Result<Response, Problem> {
    let company_id = form.filled("company_id", COMPANY_ID_LONGEST)?;
    let company_id = company_id.ok_or_else(|| Error::invalid("missing_company_id", "The form must have a company_id."))?;
    let ending = choose_company(&app, &id, &browser, company_id).await;
    Ok(after_form(&app, client, ending, &id).await)
}

/// The answer to a form. A browser is redirected to our own page, which continues from there, because a form may not be redirected to
/// another origin (O-9's form-action).
async fn after_form(app: &App, client: Client, ending: Ending, id: &FlowId) -> Response {
    if client == Client::Browser { see_other(&result_path(id)) } else { respond(app, client, ending).await }
}

/// Redirects from our own page to the partner's. It never leads back to a page that navigates by itself.
pub(crate) async fn hand_over(
    State(app): State<Arc<App>>,
    InPath(id): InPath<FlowId>,
    Browser(browser): Browser,
    client: Client,
) -> Result<Response, Problem> {
    let ending = see_consent(&app, &id, &browser).await;
    match &ending {
        Ending::Shown { flow, result } if is_over(result) && flow.destination != Destination::ResultPage => {
            Ok(see_other(&partners_page(&app, flow, result).await.ok_or_else(no_code)?))
        }
        _ => Ok(respond(&app, client, ending).await),
    }
}

fn no_code() -> Error {
    Error::from(StoreError::Busy("no code could be issued".to_owned()))
}

fn is_over(result: &Result<ConsentOutcome, Error>) -> bool {
    result.as_ref().is_ok_and(ConsentOutcome::is_over)
}

/// Whether the browser must go to the partner's page, whatever kind of client this is.
fn is_handover(ending: &Ending) -> bool {
    let Ending::Shown { flow, result } = ending else { return false };
    is_over(result) && matches!(flow.destination, Destination::Handover { .. })
}

/// Where a browser goes: to the partner's page if the consent has ended, else to our own.
async fn destination(app: &App, ending: &Ending) -> String {
    match ending {
        Ending::Hidden { why, restart } => {
            let restart = restart.as_ref().map(restart_query).unwrap_or_default();
            format!("{}{restart}", hidden_path(why.into()))
        }
        Ending::Shown { flow, result } => {
            let page = if is_over(result) { partners_page(app, flow, result).await } else { None };
            page.unwrap_or_else(|| result_path(&flow.id))
        }
    }
}

/// The parameters with which our page can offer to start again.
fn restart_query(restart: &StartParams) -> String {
    let StartParams { company_key, platform, environment } = restart;
    let sandbox = if *environment == Environment::Sandbox { "&environment=sandbox" } else { "" };
    format!("?company_key={company_key}&platform={platform}{sandbox}")
}

/// The parameter of our page after the partner has exchanged its code: then the page does not continue to the partner's.
const LAST: &str = "last";

/// The partner's page with the result of the consent; `None` if there is no page, or no code for it at the moment.
async fn partners_page(app: &App, flow: &Flow, result: &Result<ConsentOutcome, Error>) -> Option<String> {
    let connection = consent::connection(result);
    match (&flow.destination, result) {
        (Destination::ResultPage, _) => None,
        (Destination::ReturnUrl(url), _) => {
            let named = flow.company_key.as_ref().map(CompanyKey::as_str);
            let company_key = connection.as_ref().map_or(named, |connection| Some(connection.id.company_key.as_str()));
            return_url::with_result(url, company_key.unwrap_or_default(), connection.as_ref().err())
        }
        (Destination::Handover { redirect_uri, state }, Ok(ConsentOutcome::Connected(_) | ConsentOutcome::ExchangeNeeded)) => {
            let code = issue_code(app, &flow.id).await;
            match code.inspect_err(|error| tracing::error!(%error, "no code could be issued")).ok()? {
                Some(code) => return_url::with_code(redirect_uri, &code, state),
                None => Some(format!("{}?{LAST}=1", result_path(&flow.id))),
            }
        }
        (Destination::Handover { redirect_uri, state }, _) => return_url::with_error(redirect_uri, &connection.err()?, state),
    }
}

fn see_other(location: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response()
}
