//! Processes a callback: consumes the state once, exchanges the code, and confirms the company.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::model::audit::{Action, Actor};
use crate::model::connection::{Connection, Status};
use crate::model::flow::Authority;
use crate::model::flow::BrowserIds;
use crate::model::flow::Flow;
use crate::model::flow::FlowId;
use crate::model::flow::Stage;
use crate::model::flow::failure::FlowFailure;
use crate::model::platform::PlatformName;
use crate::model::reference::Reference;
use crate::model::revocation::RevocationId;
use crate::model::secret::Secret;
use crate::model::time::later;
use crate::port::platform::{CallbackFault, CallbackParameters, CallbackRead, Platform};
use crate::service::consent::confirm::{confirm_alone, wait_for_outcome};
use crate::service::consent::end::end_saying;
use crate::service::consent::end::stopped;
use crate::service::consent::outcome::{ConsentOutcome, Ending, NoFlow, Stop, find_by_id, lasting, named, see};
use crate::service::consent::platform_code::{PlatformCode, exchange, exchange_again};
use crate::service::partner::refusal::{Refused, count};
use crate::{App, Error};

/// The parameters of a callback. They came through the browser and are untrusted.
#[derive(Clone)]
pub struct Callback {
    /// The platform whose callback path was called.
    pub platform: PlatformName,
    /// The state.
    pub state: Option<Secret>,
    /// The code.
    pub code: Option<Secret>,
    /// The platform's error.
    pub error: Option<String>,
    /// Every other parameter. The platform's module validates them.
    pub parameters: BTreeMap<String, String>,
    /// Whether a parameter was repeated.
    pub ambiguous: bool,
    /// The browser ids in the request's cookies.
    pub browser: BrowserIds,
}

/// Finishes the flow of a callback, by the monotonic time `ends_at`. Of all equal callbacks one exchanges the code; the others get
/// the same result (O-5).
pub async fn finish_consent(app: &Arc<App>, callback: Callback, ends_at: Duration) -> Ending {
    let flow = match find(app, &callback).await {
        Ok(flow) => flow,
        Err(ending) => return ending,
    };
    // A separate task: if the browser disconnects, the exchanged grant must still be stored.
    let task = app.spawn(finish(Arc::clone(app), flow.clone(), callback, ends_at));
    let result = task.await.unwrap_or_else(|panic| Err(Error::Internal(format!("the consent ended early: {panic}"))));
    match result {
        // The outcome needs the flow's companies or code, so the flow is read again.
        Ok(outcome @ (ConsentOutcome::ChoiceNeeded | ConsentOutcome::ExchangeNeeded)) => match lasting(app, &flow.id).await {
            Ok(flow) => Ending::of(flow, Ok(outcome)),
            Err(why) => why.into(),
        },
        result => Ending::of(flow, result),
    }
}

/// Repeats a step that failed temporarily, by the monotonic time `ends_at`: the exchange of a code that the platform throttled, or the
/// confirmation of a company (O-18).
pub async fn retry_consent(app: &Arc<App>, id: &FlowId, browser: &BrowserIds, ends_at: Duration) -> Ending {
    match find_by_id(app, id, browser).await {
        Err(why) => why.into(),
        Ok(flow) if matches!(flow.stage, Stage::Exchanged { .. }) => {
            let result = confirm_alone(app, &flow).await;
            Ending::of(flow, result)
        }
        Ok(flow) if matches!(&flow.stage, Stage::Postponed(kept) if kept.until > app.now()) => {
            // A separate task, as for the callback.
            let task = app.spawn(exchange_again(Arc::clone(app), flow.clone(), ends_at));
            let result = task.await.unwrap_or_else(|panic| Err(Error::Internal(format!("the consent ended early: {panic}"))));
            Ending::of(flow, result)
        }
        Ok(flow) => see(app, flow).await,
    }
}

/// The present state of a flow. It starts no request to a platform.
pub async fn see_consent(app: &Arc<App>, id: &FlowId, browser: &BrowserIds) -> Ending {
    match find_by_id(app, id, browser).await {
        Err(why) => why.into(),
        Ok(flow) => see(app, flow).await,
    }
}

async fn find(app: &App, callback: &Callback) -> Result<Flow, Ending> {
    let state = callback.state.as_ref().ok_or(NoFlow::NoState)?;
    let flow = app.flows.flow(&FlowId::of(state)).await.map_err(NoFlow::from)?.ok_or(NoFlow::Unknown)?;
    let restart = flow.restart_params();
    if flow.expires_at <= app.now() {
        return Err(Ending::Hidden { why: NoFlow::Unknown, restart });
    }
    if !flow.is_bound_to(&callback.browser) {
        refuse_browser(app, &flow, callback.platform).await.map_err(NoFlow::from)?;
        return Err(Ending::Hidden { why: NoFlow::OtherBrowser, restart });
    }
    Ok(flow)
}

/// Records a callback from another browser. For a flow that a key started it writes one audit row, whose id is the flow's; otherwise it
/// counts the refusal.
async fn refuse_browser(app: &App, flow: &Flow, at: PlatformName) -> Result<(), Error> {
    const REASON: &str = "wrong_browser";
    if !matches!(flow.authority, Authority::Key(_)) {
        let detail = [("platform", at.to_string())];
        count(app, &flow.partner, Refused { action: Action::CallbackRefused, reason: REASON, detail }).await;
        return Ok(());
    }
    let detail = [("reason", REASON.to_owned()), ("platform", at.to_string())];
    let mut audit = app.audit(flow.subject(), Action::CallbackRefused, Actor::Anonymous, detail);
    audit.id = format!("{:012x}{}", flow.created_at.as_millisecond(), flow.id.label());
    Ok(app.audit_log.note(&audit).await?)
}

async fn finish(app: Arc<App>, flow: Flow, callback: Callback, ends_at: Duration) -> Result<ConsentOutcome, Error> {
    if flow.stage != Stage::Pending && !allows_after_all(&flow, &callback) {
        let elsewhere = flow.platform != callback.platform;
        return if elsewhere {
            Ok(ConsentOutcome::Failed(FlowFailure::WrongPlatform))
        } else {
            wait_for_outcome(&app, &flow.id).await
        };
    }
    // Missing credentials are found before the state is spent, so that the same callback works once they are there.
    let platform = app.platforms.get(flow.platform, flow.environment).await?;
    app.sealer.check().await?;
    let now = app.now();
    if !app.flows.consume(&flow.id, &app.new_id("attempt_"), now).await? {
        return wait_for_outcome(&app, &flow.id).await;
    }
    let flow = Flow { stage: Stage::Consumed { at: now }, ..flow };
    match read(&app, &flow, &callback, platform.as_ref()).await {
        Ok(presented) => exchange(&app, &flow, presented, platform.as_ref(), ends_at).await,
        Err(Stop::Failed(failure)) => {
            let said = Reference::of_word(callback.error.as_deref());
            tracing::warn!(flow = flow.id.label(), failure = failure.as_str(), %said, "a callback brought no code");
            end_saying(&app, &flow, failure, &said).await
        }
        Err(stop) => stopped(&app, &flow, stop).await,
    }
}

/// Whether the customer first refused access and has now allowed it.
fn allows_after_all(flow: &Flow, callback: &Callback) -> bool {
    flow.awaits_consent() && flow.platform == callback.platform && read_code(callback).is_ok()
}

/// Reads the code and the platform's own parameters from a callback.
async fn read(app: &App, flow: &Flow, callback: &Callback, platform: &dyn Platform) -> Result<PlatformCode, Stop> {
    if flow.platform != callback.platform {
        return Err(Stop::Failed(FlowFailure::WrongPlatform));
    }
    let code = read_code(callback).map_err(Stop::Failed)?;
    let existing = named(app, flow).await?;
    let partner = app.partners.partner(&flow.partner).await?;
    if partner.is_none() || (flow.renews_epoch.is_some() && existing.is_none()) {
        return Err(Stop::Failed(FlowFailure::Gone));
    }
    let renews = existing.as_ref().filter(|existing| existing.company.platform == flow.platform);
    let renews = renews.map(|existing| existing.company.company_id.as_str());
    let said = CallbackParameters { parameters: &callback.parameters, renews };
    let CallbackRead { claim, region } = platform.read_callback(said).map_err(|fault| Stop::Failed(callback_failure(fault)))?;
    // An anonymous flow cannot revive the connection, and so must not put off its revocation.
    if let Some(existing) = existing.as_ref().filter(|_| flow.authority != Authority::Anonymous) {
        hold_revocation(app, existing).await?;
    }
    Ok(PlatformCode { code: code.clone(), claim, region, until: later(app.now(), platform.code_life()) })
}

/// Postpones a pending revocation of the connection until this consent has ended. From the exchange on the platform may have one grant
/// for the company instead of two, and the revocation would end it.
async fn hold_revocation(app: &App, existing: &Connection) -> Result<(), Error> {
    if existing.status() != Status::Disconnected {
        return Ok(());
    }
    let id = RevocationId { connection: existing.id.clone(), grant: (existing.epoch.saturating_sub(1)).into() };
    Ok(app.revocations.postpone(&id, later(app.now(), app.settings.flow_life * 2)).await?)
}

/// The code of a callback, or why it has none that can be used (O-8).
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

fn callback_failure(fault: CallbackFault) -> FlowFailure {
    match fault {
        CallbackFault::NoCompany => FlowFailure::MissingCompany,
        CallbackFault::UnknownRegion => FlowFailure::UnknownRegion,
        CallbackFault::WrongIssuer => FlowFailure::WrongIssuer,
    }
}
