//! The consent page: what it takes, and where it sends the browser. Whatever is wrong with the request itself stays on an
//! error page: Intuit never redirects with a client id or redirect URI that it does not know.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, HeaderMap, LOCATION};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use maud::Markup;
use url::Url;

use super::QuickBooks;
use super::company::Company;
use super::environment::Environment;
use super::grant::Consent;
use super::ledger::Ledger;
use super::oauth::has_content_type;
use super::page;
use crate::desk::Call;
use crate::fault::Place;
use crate::journal::Outcome;
use crate::params::{BadParams, Params};

pub(super) const ENDPOINT: &str = "authorize";

/// The scope of the data API; it is read and write, there is no lesser one.
pub(super) const ACCOUNTING_SCOPE: &str = "com.intuit.quickbooks.accounting";
/// Every scope that is taken. No `id_token` is made for `openid`.
const SCOPES: [&str; 7] = [ACCOUNTING_SCOPE, "com.intuit.quickbooks.payment", "openid", "profile", "email", "phone", "address"];

/// The parameters of an authorize URL: all of them, and no other. PKCE is not advertised, so it is not taken.
const PARAMETERS: [&str; 5] = ["response_type", "client_id", "redirect_uri", "scope", "state"];
/// What the page's form adds.
const FORM_PARAMETERS: [&str; 7] = ["response_type", "client_id", "redirect_uri", "scope", "state", "realm", "decision"];

/// What the app asks of the user.
pub(super) struct Ask {
    pub(super) environment: Environment,
    pub(super) redirect_uri: Url,
    /// As it was registered, byte for byte.
    pub(super) redirect_uri_text: String,
    pub(super) scope: String,
    pub(super) state: String,
}

enum Decision {
    Connect(&'static Company),
    Cancel,
}

/// Why there is no consent, for the error page.
#[derive(Debug, thiserror::Error)]
enum BadAsk {
    #[error(transparent)]
    Params(#[from] BadParams),
    #[error("response_type must be code")]
    ResponseType,
    #[error("the client_id is not known")]
    UnknownClient,
    #[error("the redirect_uri is not registered for this client")]
    UnknownRedirectUri,
    #[error("the scope {0} is not known")]
    UnknownScope(String),
    #[error("the form is posted as application/x-www-form-urlencoded, without a query")]
    NotAForm,
    #[error("decision must be connect or cancel")]
    UnknownDecision,
    #[error("the realm is no company of this client's")]
    UnknownRealm,
    #[error("too many codes are waiting to be exchanged")]
    TooManyCodes,
}

pub(super) async fn show(State(quickbooks): State<Arc<QuickBooks>>, RawQuery(query): RawQuery) -> Response {
    let acting = Arc::clone(&quickbooks);
    let act = move |_| {
        let query = query.unwrap_or_default();
        match read_page_query(query.as_bytes(), &acting.ledger()) {
            Ok(ask) => html_answer(StatusCode::OK, page::consent(&ask)),
            Err(bad) => error_page(&bad),
        }
    };
    quickbooks.desk.attend(call(), act).await
}

pub(super) async fn decide(
    State(quickbooks): State<Arc<QuickBooks>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let acting = Arc::clone(&quickbooks);
    let act = move |_| {
        if query.is_some() || !has_content_type(&headers, "application/x-www-form-urlencoded") {
            return error_page(&BadAsk::NotAForm);
        }
        let now = acting.desk.clock.now();
        let mut ledger = acting.ledger();
        let answered =
            read_form(&body, &ledger).and_then(|(ask, decision)| Ok((callback(&ask, &decision, &mut ledger, now)?, decision)));
        match answered {
            Ok((location, decision)) => redirect(&location, &decision),
            Err(bad) => error_page(&bad),
        }
    };
    quickbooks.desk.attend(call(), act).await
}

fn call() -> Call<()> {
    Call { endpoint: ENDPOINT, place: Place::Authorize, delay: Duration::ZERO, held: () }
}

fn read_page_query(query: &[u8], ledger: &Ledger) -> Result<Ask, BadAsk> {
    let params = Params::parse(query)?;
    params.only(&PARAMETERS)?;
    read_ask(&params, ledger)
}

fn read_form(body: &[u8], ledger: &Ledger) -> Result<(Ask, Decision), BadAsk> {
    let params = Params::parse(body)?;
    params.only(&FORM_PARAMETERS)?;
    let ask = read_ask(&params, ledger)?;
    let decision = match params.require("decision")? {
        "cancel" => Decision::Cancel,
        "connect" => {
            let company = ask.environment.company(params.require("realm")?);
            Decision::Connect(company.ok_or(BadAsk::UnknownRealm)?)
        }
        _ => return Err(BadAsk::UnknownDecision),
    };
    Ok((ask, decision))
}

fn read_ask(params: &Params, ledger: &Ledger) -> Result<Ask, BadAsk> {
    let environment = Environment::of_client(params.require("client_id")?).ok_or(BadAsk::UnknownClient)?;
    let redirect_uri_text = params.require("redirect_uri")?.to_owned();
    if !ledger.redirect_uris.holds(environment, &redirect_uri_text) {
        return Err(BadAsk::UnknownRedirectUri);
    }
    if params.require("response_type")? != "code" {
        return Err(BadAsk::ResponseType);
    }
    let scope = params.require("scope")?.to_owned();
    if let Some(unknown) = scope.split(' ').find(|scope| !SCOPES.contains(scope)) {
        return Err(BadAsk::UnknownScope(unknown.to_owned()));
    }
    Ok(Ask {
        environment,
        redirect_uri: Url::parse(&redirect_uri_text).map_err(|_| BadAsk::UnknownRedirectUri)?,
        redirect_uri_text,
        scope,
        state: params.require("state")?.to_owned(),
    })
}

/// Where the browser goes. That a refusal is spelt `access_denied` follows RFC 6749; Intuit only says that there is an
/// error.
fn callback(ask: &Ask, decision: &Decision, ledger: &mut Ledger, now: Timestamp) -> Result<Url, BadAsk> {
    let mut location = ask.redirect_uri.clone();
    match decision {
        Decision::Cancel => {
            location.query_pairs_mut().append_pair("error", "access_denied").append_pair("state", &ask.state);
        }
        Decision::Connect(company) => {
            let consent = consent(ask, company, ledger.settings.granted_scope.as_deref());
            let code = ledger.issue_code(consent, &ask.redirect_uri_text, now).ok_or(BadAsk::TooManyCodes)?;
            location
                .query_pairs_mut()
                .append_pair("code", &code)
                .append_pair("state", &ask.state)
                .append_pair("realmId", company.realm);
        }
    }
    Ok(location)
}

fn consent(ask: &Ask, company: &Company, granted_scope: Option<&str>) -> Consent {
    let scope = granted_scope.unwrap_or(&ask.scope);
    Consent {
        environment: ask.environment,
        realm: company.realm.to_owned(),
        scope: scope.to_owned(),
        scope_differs: scope != ask.scope,
    }
}

fn redirect(location: &Url, decision: &Decision) -> Response {
    let outcome = match decision {
        Decision::Connect(_) => "303 connected",
        Decision::Cancel => "303 cancelled",
    };
    let mut answer = (StatusCode::SEE_OTHER, [(LOCATION, location.as_str()), (CACHE_CONTROL, "no-store")]).into_response();
    answer.extensions_mut().insert(Outcome(outcome.into()));
    answer
}

fn error_page(bad: &BadAsk) -> Response {
    let mut answer = html_answer(StatusCode::BAD_REQUEST, page::refusal(&bad.to_string()));
    let outcome = Outcome(format!("400 {bad}").into());
    answer.extensions_mut().insert(outcome);
    answer
}

/// No `form-action` in the policy: browsers hold it against the redirect to the app as well.
fn html_answer(status: StatusCode, markup: Markup) -> Response {
    let headers = [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"),
    ];
    (status, headers, markup).into_response()
}
