//! Finishes a flow: consumes the state once, exchanges the code, has the platform confirm the company, and only then
//! writes the connection.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tracing::Instrument as _;

use crate::model::audit::Action;
use crate::model::connection::Connection;
use crate::model::flow::{Flow, FlowFailure, FlowId, Stage};
use crate::model::grant::StoredGrant;
use crate::model::platform::PlatformName;
use crate::model::secret::Secret;
use crate::model::time::{later, until};
use crate::port::platform::{ConfirmFailure, Exchange, Platform, TokenFailure};
use crate::port::store::StoreError;
use crate::{App, Error};

use super::refresh::{ACCESS_TOKEN, sealing_owner};
use super::write_consent::write_consent;

/// What came back from the platform through the browser: untrusted, all of it.
#[derive(Clone)]
pub struct Callback {
    /// The platform whose path it came to.
    pub platform: PlatformName,
    /// The state.
    pub state: Option<Secret>,
    /// The code.
    pub code: Option<Secret>,
    /// The company it is said to be for.
    pub company: Option<String>,
    /// The platform's error.
    pub error: Option<String>,
    /// Whether a parameter came more than once.
    pub ambiguous: bool,
    /// The browser id that was brought.
    pub browser: Option<Secret>,
}

/// How a flow stands after the attempt to finish it.
pub struct Ending {
    /// The flow, where the caller may see it.
    pub flow: Option<Flow>,
    /// The connection, or why there is none (yet).
    pub result: Result<Connection, Error>,
}

/// Finishes the flow that a callback belongs to. Of any number of equal callbacks one exchanges the code; the others see
/// the same result (O-5).
pub async fn finish_consent(app: &Arc<App>, callback: Callback) -> Ending {
    let flow = match find(app, &callback).await {
        Ok(flow) => flow,
        Err(error) => {
            return Ending { flow: None, result: Err(error) };
        }
    };
    // A task of its own: a browser that goes away must not leave an exchanged grant unstored.
    let task = tokio::spawn(finish(Arc::clone(app), flow.clone(), callback).in_current_span());
    let result = task.await.unwrap_or_else(|panic| Err(Error::Internal(format!("the consent ended early: {panic}"))));
    Ending { flow: Some(flow), result }
}

/// Tries again what failed in passing: the confirmation of the company of an exchanged grant (O-18).
pub async fn retry_consent(app: &Arc<App>, id: &FlowId, browser: Option<&Secret>) -> Ending {
    match find_by_id(app, id, browser).await {
        Err(error) => Ending { flow: None, result: Err(error) },
        Ok(flow) if matches!(flow.stage, Stage::Exchanged { .. }) => {
            let result = confirm(app, &flow).await;
            Ending { flow: Some(flow), result }
        }
        Ok(flow) => see(app, flow).await,
    }
}

/// How a flow stands, changing nothing.
pub async fn see_consent(app: &Arc<App>, id: &FlowId, browser: Option<&Secret>) -> Ending {
    match find_by_id(app, id, browser).await {
        Err(error) => Ending { flow: None, result: Err(error) },
        Ok(flow) => see(app, flow).await,
    }
}

async fn see(app: &App, flow: Flow) -> Ending {
    let result = match &flow.stage {
        Stage::Exchanged { .. } => Err(unconfirmed()),
        Stage::Pending => Err(Error::invalid("consent_pending", "The platform has not come back yet.")),
        Stage::Consumed { .. } | Stage::Done | Stage::Failed(_) => outcome_of(app, &flow).await,
    };
    Ending { flow: Some(flow), result }
}

async fn find(app: &App, callback: &Callback) -> Result<Flow, Error> {
    let state = callback.state.as_ref().ok_or_else(|| Error::invalid("missing_state", "The callback has no state."))?;
    let flow = find_by_id(app, &FlowId::of(state), callback.browser.as_ref()).await?;
    if flow.platform != callback.platform {
        return Err(Error::invalid("wrong_platform", "This state was made for another platform."));
    }
    Ok(flow)
}

async fn find_by_id(app: &App, id: &FlowId, browser: Option<&Secret>) -> Result<Flow, Error> {
    let flow = app.flows.flow(id).await?.filter(|flow| flow.expires_at > app.now());
    let flow = flow.ok_or_else(|| {
        Error::invalid("invalid_state", "The state is unknown or older than ten minutes. Start the consent again.")
    })?;
    if !flow.is_bound_to(browser) {
        let message = "This consent was begun in another browser, or the browser kept no cookie. Start it again in this one.";
        return Err(Error::invalid("wrong_browser", message));
    }
    Ok(flow)
}

async fn finish(app: Arc<App>, flow: Flow, callback: Callback) -> Result<Connection, Error> {
    if flow.stage != Stage::Pending {
        return wait_for_outcome(&app, &flow.id).await;
    }
    // What is missing on our side shows before the state is spent: the same callback works once it is there.
    let platform = app.platforms.get(flow.platform, flow.environment).await?;
    app.sealer.check().await?;
    if !app.flows.consume(&flow.id, &app.new_id("attempt_"), app.now()).await? {
        return wait_for_outcome(&app, &flow.id).await;
    }
    match exchange(&app, &flow, &callback, platform.as_ref()).await {
        Ok(exchanged) => confirm(&app, &exchanged).await,
        Err(Stop::Failed(failure)) => end(&app, &flow, failure).await,
        Err(Stop::Fault(error)) => end(&app, &flow, FlowFailure::Interrupted)
            .await
            .map_or_else(|_| Err(error), |_| Err(Error::Internal("a failed flow has no connection".to_owned()))),
    }
}

/// Why a flow goes no further: something to record on it, or a fault of ours.
pub(super) enum Stop {
    Failed(FlowFailure),
    Fault(Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

async fn exchange(app: &App, flow: &Flow, callback: &Callback, platform: &dyn Platform) -> Result<Flow, Stop> {
    let code = read_code(callback).map_err(Stop::Failed)?;
    let existing = app.connections.read(&flow.connection).await?;
    let partner = app.directory.partner(&flow.connection.partner).await?;
    if partner.is_none() || (flow.renews_epoch.is_some() && existing.is_none()) {
        return Err(Stop::Failed(FlowFailure::Gone));
    }
    let company = claimed_company(callback, existing.as_ref()).ok_or(Stop::Failed(FlowFailure::MissingCompany))?;
    let verifier = match &flow.verifier {
        Some(sealed) => Some(app.sealer.open(flow.id.as_str(), "verifier", sealed).await?),
        None => None,
    };
    let exchange = Exchange { code, redirect_uri: &flow.redirect_uri, verifier: verifier.as_ref(), sent_at: app.now() };
    let grant = platform.exchange(exchange).await.map_err(|failure| {
        tracing::warn!(flow = %flow.id, ?failure, "a code was not exchanged");
        Stop::Failed(exchange_failure(&failure))
    })?;
    let grant = super::refresh::seal_grant(app, &flow.connection, grant, platform.scopes(), None).await?;
    let expires_at = later(app.now(), app.settings.flow_life);
    keep_grant(app, flow, &grant, &company, expires_at).await?;
    Ok(Flow { stage: Stage::Exchanged { grant, claimed_company: company }, expires_at, ..flow.clone() })
}

/// The code is spent and the grant is in our hands alone: kept by all means that a moment allows.
async fn keep_grant(app: &App, flow: &Flow, grant: &StoredGrant, company: &str, expires_at: Timestamp) -> Result<(), Error> {
    let until = app.clock.elapsed() + app.settings.commit_budget;
    loop {
        match app.flows.keep_grant(&flow.id, grant, company, expires_at).await {
            Err(error @ (StoreError::Busy(_) | StoreError::Unavailable(_))) if app.clock.elapsed() < until => {
                tracing::warn!(flow = %flow.id, %error, "a grant could not be kept yet");
                app.clock.sleep(app.settings.poll * 2).await;
            }
            result => return Ok(result?),
        }
    }
}

/// O-8: what a callback may be besides a code.
fn read_code(callback: &Callback) -> Result<&Secret, FlowFailure> {
    match (&callback.code, &callback.error) {
        _ if callback.ambiguous => Err(FlowFailure::AmbiguousCallback),
        (Some(_), Some(_)) => Err(FlowFailure::AmbiguousCallback),
        (None, Some(error)) if error == "access_denied" => Err(FlowFailure::AccessDenied),
        (None, Some(_)) => Err(FlowFailure::PlatformError),
        (None, None) => Err(FlowFailure::MissingCode),
        (Some(code), None) => Ok(code),
    }
}

/// The company that the callback names, else the one that is being renewed. An id is opaque, within bounds.
fn claimed_company(callback: &Callback, existing: Option<&Connection>) -> Option<String> {
    let fits = |id: &&String| {
        (1..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
            && id.bytes().any(|b| b != b'.')
    };
    match &callback.company {
        Some(company) => Some(company).filter(fits).cloned(),
        None => existing
            .filter(|connection| connection.company.platform == callback.platform)
            .map(|connection| connection.company.company_id.clone()),
    }
}

fn exchange_failure(failure: &TokenFailure) -> FlowFailure {
    match failure {
        TokenFailure::Refused => FlowFailure::ExchangeRefused,
        TokenFailure::ClientRefused => FlowFailure::ClientRefused,
        TokenFailure::Throttled { .. } | TokenFailure::Broken { .. } | TokenFailure::NoAnswer | TokenFailure::NotSent => {
            FlowFailure::ExchangeFailed
        }
    }
}

/// Has the platform confirm the company with the token it just gave, then writes the connection.
async fn confirm(app: &App, flow: &Flow) -> Result<Connection, Error> {
    let Stage::Exchanged { grant, claimed_company } = &flow.stage else {
        return Err(Error::Internal("only an exchanged grant can be confirmed".to_owned()));
    };
    let platform = app.platforms.get(flow.platform, flow.environment).await?;
    let access_token = app.sealer.open(&sealing_owner(&flow.connection), ACCESS_TOKEN, &grant.access_token).await?;
    let company = match platform.confirm_company(&access_token, claimed_company).await {
        Ok(company) => company,
        Err(ConfirmFailure::Denied) => return end(app, flow, FlowFailure::CompanyNotConfirmed).await,
        Err(ConfirmFailure::Unavailable) => return Err(unconfirmed()),
    };
    match write_consent(app, flow, grant, company, platform.client_id()).await {
        Ok(connection) => Ok(connection),
        Err(Stop::Failed(failure)) => end(app, flow, failure).await,
        Err(Stop::Fault(error)) => Err(error),
    }
}

/// Ends the flow for good, with its audit row, and says so.
async fn end(app: &App, flow: &Flow, failure: FlowFailure) -> Result<Connection, Error> {
    let detail = [("reason", failure.as_str().to_owned()), ("platform", flow.platform.as_str().to_owned())];
    let audit = app.audit(&flow.connection, Action::ConsentFailed, flow.authority.actor(), detail);
    app.flows.fail(&flow.id, failure, &audit).await?;
    Err(error_of(failure))
}

/// Waits for the callback that was quicker, up to a bound. A grant that still waits for its company then was left by a
/// confirmation that failed in passing: it is tried again.
async fn wait_for_outcome(app: &App, id: &FlowId) -> Result<Connection, Error> {
    let began = app.clock.elapsed();
    loop {
        let flow = app.flows.flow(id).await?.ok_or_else(|| error_of(FlowFailure::Gone))?;
        let time_is_up = app.clock.elapsed().saturating_sub(began) >= app.settings.wait;
        match &flow.stage {
            Stage::Exchanged { .. } if time_is_up => return confirm(app, &flow).await,
            Stage::Exchanged { .. } => {}
            _ => match outcome_of(app, &flow).await {
                Err(Error::TryLater { .. }) if !time_is_up => {}
                result => return result,
            },
        }
        app.clock.sleep(app.settings.poll * 2).await;
    }
}

async fn outcome_of(app: &App, flow: &Flow) -> Result<Connection, Error> {
    match &flow.stage {
        Stage::Done => app.connections.read(&flow.connection).await?.ok_or_else(|| error_of(FlowFailure::Gone)),
        Stage::Failed(failure) => Err(error_of(*failure)),
        Stage::Exchanged { .. } => Err(unconfirmed()),
        Stage::Consumed { at } if until(*at, app.now()) > INTERRUPTED_AFTER => end(app, flow, FlowFailure::Interrupted).await,
        Stage::Consumed { .. } | Stage::Pending => Err(Error::TryLater {
            code: "consent_in_progress",
            message: "This consent is being finished. Look again in a moment.".to_owned(),
            retry_after: Duration::from_secs(2),
        }),
    }
}

/// Longer than a function may run: whoever consumed the state is dead by then.
const INTERRUPTED_AFTER: Duration = Duration::from_secs(60);

fn unconfirmed() -> Error {
    Error::PlatformFailed {
        code: "company_unconfirmed",
        message: "Access was granted, but the platform could not be asked for the company just now. Try again; nothing is lost for ten minutes.".to_owned(),
        retry_after: Some(Duration::from_secs(5)),
    }
}

/// What a failed flow is to the caller.
pub fn error_of(failure: FlowFailure) -> Error {
    let (code, message) = (failure.as_str(), failure.in_words().to_owned());
    match failure {
        FlowFailure::AccessDenied
        | FlowFailure::PlatformError
        | FlowFailure::MissingCode
        | FlowFailure::AmbiguousCallback
        | FlowFailure::MissingCompany
        | FlowFailure::CompanyNotConfirmed => Error::Invalid { code, message },
        FlowFailure::ExchangeRefused | FlowFailure::ExchangeFailed | FlowFailure::ClientRefused | FlowFailure::Interrupted => {
            Error::PlatformFailed { code, message, retry_after: None }
        }
        FlowFailure::OtherCompany | FlowFailure::Disconnected => Error::Conflict { code, message },
        FlowFailure::Gone => Error::NotFound(failure.in_words()),
    }
}
