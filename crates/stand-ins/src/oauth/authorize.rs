//! The consent page and its form. An error in the request is shown on an error page: no platform redirects for an unknown client id or
//! redirect URI.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use maud::Markup;
use url::Url;

use super::grant::Consent;
use super::keys;
use super::ledger::Ledger;
use super::page::{self, Choosing};
use super::raw::Raw;
use super::redirect_uri::Registry as _;
use super::{Agreeing, StandIn, StandInPlatform};
use crate::desk::Call;
use crate::fault::Place;
use crate::headers::{FORM, has_content_type, origin};
use crate::journal::Outcome;
use crate::kept_file::KeptFileError;
use crate::params::{BadParams, Params};

pub(super) const ENDPOINT: &str = "authorize";

/// The parameters of every authorize URL.
const PARAMETERS: [&str; 5] = ["response_type", "client_id", "redirect_uri", "scope", "state"];
/// The parameters of PKCE.
const PKCE_PARAMETERS: [&str; 2] = ["code_challenge", "code_challenge_method"];
/// The length of a SHA-256 in base64url.
const CHALLENGE_LENGTH: usize = 43;

/// The app's request to the user.
pub(crate) struct AuthorizeRequest {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: Url,
    /// The redirect URI as it was registered, byte for byte.
    pub(crate) redirect_uri_text: String,
    /// The scopes, separated by spaces, whatever the separator in the request is.
    pub(crate) scope: String,
    pub(crate) state: String,
    pub(crate) challenge: Option<String>,
    /// All parameters, for the hidden fields of the page's form.
    pub(crate) params: Params,
}

/// The result of a user's agreement.
pub(crate) struct Agreed {
    pub(crate) consent: Consent,
    /// The parameters of the callback besides `code` and `state`.
    pub(crate) callback: Vec<(&'static str, String)>,
}

/// Why there is no consent, for the error page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadAuthorizeRequest {
    #[error(transparent)]
    Params(#[from] BadParams),
    #[error("response_type must be code")]
    ResponseType,
    #[error("the client_id is not known")]
    UnknownClient,
    #[error("the redirect_uri is not registered for this client")]
    UnknownRedirectUri,
    #[error("this platform does not redirect to such an address")]
    BadRedirectUri,
    #[error("the scope {0} is not known")]
    UnknownScope(String),
    #[error("the scope {0} is not for apps created since 2 March 2026: ask for the granular ones")]
    RetiredScope(String),
    #[error("code_challenge must be a SHA-256 in base64url, and code_challenge_method S256")]
    Challenge,
    #[error("{0} must be {1}")]
    Value(&'static str, &'static str),
    #[error("the form is posted as {FORM}, without a query")]
    NotAForm,
    #[error("decision must be connect or cancel")]
    UnknownDecision,
    #[error("the {0} is none of those offered")]
    UnknownChoice(&'static str),
    #[error("too many codes are waiting to be exchanged")]
    TooManyCodes,
    #[error(transparent)]
    NotKept(#[from] KeptFileError),
}

/// The page and its form.
pub(crate) fn route<P: StandInPlatform>(site: P::Site) -> MethodRouter<Arc<StandIn<P>>> {
    get(move |State(stand_in), raw| show::<P>(site, stand_in, raw)).post(move |State(stand_in), raw| decide::<P>(stand_in, raw))
}

async fn show<P: StandInPlatform>(site: P::Site, stand_in: Arc<StandIn<P>>, raw: Raw) -> Response {
    let acting = Arc::clone(&stand_in);
    let act = move |_| {
        let asked = Params::parse(raw.query.unwrap_or_default().as_bytes())
            .map_err(BadAuthorizeRequest::from)
            .and_then(|params| read_ask::<P>(params, &[], &acting.ledger()));
        match asked {
            Ok(ask) => html_answer(StatusCode::OK, page::consent(&P::LOOK, &ask, &P::choices(site, &ask), P::permission)),
            Err(bad) => error_page::<P>(&bad),
        }
    };
    stand_in.desk.attend(call(), act).await
}

async fn decide<P: StandInPlatform>(stand_in: Arc<StandIn<P>>, raw: Raw) -> Response {
    let acting = Arc::clone(&stand_in);
    let act = move |_| match answer_form(&acting, &raw) {
        Ok((location, outcome)) => redirect(&location, outcome),
        Err(bad) => error_page::<P>(&bad),
    };
    stand_in.desk.attend(call(), act).await
}

fn call() -> Call<()> {
    Call::new(ENDPOINT, Place::Authorize)
}

/// The address that the browser is redirected to, and the outcome for the journal. A refusal is `access_denied` as in RFC 6749.
fn answer_form<P: StandInPlatform>(stand_in: &StandIn<P>, raw: &Raw) -> Result<(Url, &'static str), BadAuthorizeRequest> {
    if raw.query.is_some() || !has_content_type(&raw.headers, FORM) {
        return Err(BadAuthorizeRequest::NotAForm);
    }
    let (form, of_the_form) = match P::LOOK.choosing {
        Choosing::One(field) => (Params::parse(&raw.body)?, vec!["decision", field]),
        Choosing::Any(field) => (Params::parse_with_list(&raw.body, field)?, vec!["decision", field]),
        Choosing::Nothing => (Params::parse(&raw.body)?, vec!["decision"]),
    };
    let mut ledger = stand_in.ledger();
    let ask = read_ask::<P>(form, &of_the_form, &ledger)?;
    let now = stand_in.desk.clock.now();
    let mut location = ask.redirect_uri.clone();
    match ask.params.require("decision")? {
        "cancel" => {
            location.query_pairs_mut().append_pair("error", "access_denied").append_pair("state", &ask.state);
            Ok((location, "303 cancelled"))
        }
        "connect" => {
            let origin = origin(&raw.headers);
            let agreeing = Agreeing { ask: &ask, origin: &origin, ledger: &mut ledger, now };
            let Agreed { consent, callback } = P::agree(agreeing)?;
            let code = ledger.issue_code(consent, &ask, now).ok_or(BadAuthorizeRequest::TooManyCodes)?;
            drop(ledger);
            stand_in.keep()?;
            location.query_pairs_mut().append_pair("code", &code).append_pair("state", &ask.state).extend_pairs(callback);
            Ok((location, "303 connected"))
        }
        _ => Err(BadAuthorizeRequest::UnknownDecision),
    }
}

fn read_ask<P: StandInPlatform>(
    params: Params,
    of_the_form: &[&str],
    ledger: &Ledger<P>,
) -> Result<AuthorizeRequest, BadAuthorizeRequest> {
    let pkce_parameters: &[&str] = if P::RULES.pkce { &PKCE_PARAMETERS } else { &[] };
    params.only(&[&PARAMETERS, pkce_parameters, P::RULES.further_parameters, of_the_form].concat())?;
    let client_id = params.require("client_id")?.to_owned();
    keys::of_client::<P>(&client_id).ok_or(BadAuthorizeRequest::UnknownClient)?;
    let redirect_uri_text = params.require("redirect_uri")?.to_owned();
    if !ledger.redirect_uris.holds(&client_id, &redirect_uri_text) {
        return Err(BadAuthorizeRequest::UnknownRedirectUri);
    }
    let redirect_uri = Url::parse(&redirect_uri_text).map_err(|_| BadAuthorizeRequest::UnknownRedirectUri)?;
    if !P::redirects_to(&redirect_uri) {
        return Err(BadAuthorizeRequest::BadRedirectUri);
    }
    if params.require("response_type")? != "code" {
        return Err(BadAuthorizeRequest::ResponseType);
    }
    P::check_further(&params)?;
    Ok(AuthorizeRequest {
        client_id,
        redirect_uri,
        redirect_uri_text,
        scope: read_scope::<P>(&params)?,
        state: params.require("state")?.to_owned(),
        challenge: read_challenge(&params)?,
        params,
    })
}

fn read_scope<P: StandInPlatform>(params: &Params) -> Result<String, BadAuthorizeRequest> {
    let scope = match P::RULES.default_scope {
        Some(default) => params.get("scope").unwrap_or(default),
        None => params.require("scope")?,
    };
    let scopes: Vec<&str> = scope.split(P::RULES.scope_separator).collect();
    scopes.iter().try_for_each(|scope| P::check_scope(scope))?;
    Ok(scopes.join(" "))
}

fn read_challenge(params: &Params) -> Result<Option<String>, BadAuthorizeRequest> {
    match (params.get("code_challenge"), params.get("code_challenge_method")) {
        (None, None) => Ok(None),
        (Some(challenge), Some("S256")) if challenge.len() == CHALLENGE_LENGTH => Ok(Some(challenge.to_owned())),
        _ => Err(BadAuthorizeRequest::Challenge),
    }
}

fn redirect(location: &Url, outcome: &'static str) -> Response {
    let mut answer = (StatusCode::SEE_OTHER, [(LOCATION, location.as_str()), (CACHE_CONTROL, "no-store")]).into_response();
    answer.extensions_mut().insert(Outcome(outcome.into()));
    answer
}

fn error_page<P: StandInPlatform>(bad: &BadAuthorizeRequest) -> Response {
    let status = match bad {
        BadAuthorizeRequest::NotKept(_) => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    let mut answer = html_answer(status, page::refusal(&P::LOOK, &bad.to_string()));
    let outcome = Outcome(format!("{} {bad}", status.as_u16()).into());
    answer.extensions_mut().insert(outcome);
    answer
}

/// Without `form-action` in the policy, because browsers apply it to the redirect to the app too.
fn html_answer(status: StatusCode, markup: Markup) -> Response {
    let headers = [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"),
    ];
    (status, headers, markup).into_response()
}
