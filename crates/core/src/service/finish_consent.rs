//! Finishes a flow: consumes the state once, exchanges the code, and goes on to the company (`confirm_company`).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tracing::Instrument as _;

use crate::model::audit::{Action, Actor};
use crate::model::connection::{ConfirmedCompany, Connection, DeathCause, Standing, Status};
use crate::model::flow::{Anew, Authority, BrowserIds, Flow, FlowFailure, FlowId, KeptCode, Stage};
use crate::model::grant::Grant;
use crate::model::kept_answer::AnswerOf;
use crate::model::platform::PlatformName;
use crate::model::reference::Reference;
use crate::model::revocation::RevocationId;
use crate::model::secret::Secret;
use crate::model::time::{later, until};
use crate::port::platform::{CallbackFault, CallbackRead, CallbackSaid, Exchange, NotExchanged, Platform, TokenFailure};
use crate::port::store::{Claim, FlowEnd, KeptGrant, Written};
use crate::{App, Error};

use super::confirm_company::{CHOICE_REQUIRED, choice_needed, confirm, unconfirmed};
use super::in_hand::{Unstored, store_or_keep};
use super::keep_answer::keep_answer;
use super::refusal::{Refused, count};
use super::start_consent::VERIFIER;
use super::unused_grant::{Unused, held_by_claim, unused};
use super::write_consent::{Confirmed, EXCHANGE_REQUIRED, exchange_needed, unused_grant};

/// What came back from the platform through the browser: untrusted, all of it.
#[derive(Clone)]
pub struct Callback {
    /// The platform whose path it came to.
    pub platform: PlatformName,
    /// The state.
    pub state: Option<Secret>,
    /// The code.
    pub code: Option<Secret>,
    /// The platform's error.
    pub error: Option<String>,
    /// Every other parameter: each is for the platform to judge.
    pub parameters: BTreeMap<String, String>,
    /// Whether a parameter came more than once.
    pub ambiguous: bool,
    /// The browser ids that were brought.
    pub browser: BrowserIds,
}

/// How a flow stands after the attempt to finish it.
pub struct Ending {
    /// The flow, where the caller may see it.
    pub flow: Option<Flow>,
    /// The connection, or why there is none (yet).
    pub result: Result<Connection, Error>,
    /// How a caller who may not see the flow may begin it anew.
    pub anew: Option<Anew>,
}

impl Ending {
    /// A connection whose consent brought no refresh token is there, and does not work: whoever consented is told that.
    pub(super) fn of(flow: Flow, result: Result<Connection, Error>) -> Self {
        let result = result.and_then(|connection| match connection.standing {
            Standing::NeedsReauthorization { cause: DeathCause::NoRefreshToken, .. } => {
                Err(error_of(FlowFailure::NoRefreshToken))
            }
            _ => Ok(connection),
        });
        Self { flow: Some(flow), result, anew: None }
    }

    /// One whose flow the caller may not see.
    pub fn refused(error: Error) -> Self {
        Self { flow: None, result: Err(error), anew: None }
    }
}

/// Finishes the flow that a callback belongs to. Of any number of equal callbacks one exchanges the code; the others see
/// the same result (O-5).
pub async fn finish_consent(app: &Arc<App>, callback: Callback) -> Ending {
    finish_consent_by(app, callback, app.clock.elapsed() + app.settings.refresh_time()).await
}

/// The same, and all of it is over at that time.
pub async fn finish_consent_by(app: &Arc<App>, callback: Callback, ends_at: Duration) -> Ending {
    let flow = match find(app, &callback).await {
        Ok(flow) => flow,
        Err(ending) => return ending,
    };
    // A task of its own: a browser that goes away must not leave an exchanged grant unstored.
    let task = tokio::spawn(finish(Arc::clone(app), flow.clone(), callback, ends_at).in_current_span());
    let result = task.await.unwrap_or_else(|panic| Err(Error::Internal(format!("the consent ended early: {panic}"))));
    match result {
        // What is chosen from, or exchanged, is in the flow as it is now.
        Err(error) if [CHOICE_REQUIRED, EXCHANGE_REQUIRED].contains(&error.code()) => match lasting(app, &flow.id).await {
            Ok(flow) => Ending::of(flow, Err(error)),
            Err(error) => Ending::of(flow, Err(error)),
        },
        result => Ending::of(flow, result),
    }
}

/// Tries again what failed in passing: the exchange of a code that the platform did not look at, or the confirmation of the
/// company of an exchanged grant (O-18).
pub async fn retry_consent(app: &Arc<App>, id: &FlowId, browser: &BrowserIds) -> Ending {
    retry_consent_by(app, id, browser, app.clock.elapsed() + app.settings.refresh_time()).await
}

/// The same, and all of it is over at that time.
pub async fn retry_consent_by(app: &Arc<App>, id: &FlowId, browser: &BrowserIds, ends_at: Duration) -> Ending {
    match find_by_id(app, id, browser).await {
        Err(error) => Ending::refused(error),
        Ok(flow) if matches!(flow.stage, Stage::Exchanged { .. }) => {
            let result = confirm_alone(app, &flow).await;
            Ending::of(flow, result)
        }
        Ok(flow) if matches!(&flow.stage, Stage::Postponed(kept) if kept.until > app.now()) => {
            // A task of its own, as the callback's.
            let task = tokio::spawn(exchange_again(Arc::clone(app), flow.clone(), ends_at).in_current_span());
            let result = task.await.unwrap_or_else(|panic| Err(Error::Internal(format!("the consent ended early: {panic}"))));
            Ending::of(flow, result)
        }
        Ok(flow) => see(app, flow).await,
    }
}

/// How a flow stands, changing nothing.
pub async fn see_consent(app: &Arc<App>, id: &FlowId, browser: &BrowserIds) -> Ending {
    match find_by_id(app, id, browser).await {
        Err(error) => Ending::refused(error),
        Ok(flow) => see(app, flow).await,
    }
}

/// A flow with what came of it so far.
pub(super) async fn see(app: &App, flow: Flow) -> Ending {
    let result = match &flow.stage {
        Stage::Exchanged { .. } => Err(unconfirmed()),
        Stage::Choosing { .. } => Err(choice_needed()),
        Stage::Confirmed { .. } => Err(exchange_needed()),
        Stage::Offered | Stage::Pending => Err(Error::invalid("consent_pending", "The platform has not come back yet.")),
        Stage::Consumed { .. } | Stage::Postponed(_) | Stage::Done { .. } | Stage::Failed(_) => outcome_of(app, &flow).await,
    };
    Ending::of(flow, result)
}

async fn find(app: &App, callback: &Callback) -> Result<Flow, Ending> {
    let missing = || Error::invalid("missing_state", "The callback has no state.");
    let state = callback.state.as_ref().ok_or_else(|| Ending::refused(missing()))?;
    let found = app.flows.flow(&FlowId::of(state)).await.map_err(|error| Ending::refused(error.into()))?;
    let flow = found.ok_or_else(|| Ending::refused(invalid_state()))?;
    let anew = flow.anew();
    if flow.expires_at <= app.now() {
        return Err(Ending { anew, ..Ending::refused(invalid_state()) });
    }
    if !flow.is_bound_to(&callback.browser) {
        refuse_browser(app, &flow, callback.platform).await.map_err(Ending::refused)?;
        return Err(Ending { anew, ..Ending::refused(wrong_browser()) });
    }
    Ok(flow)
}

/// Counted, but for a flow that a key began: then a row, once however often it is tried, since it is named by the flow.
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

/// The flow of that id, while it lasts and for whoever may finish it.
pub(super) async fn find_by_id(app: &App, id: &FlowId, browser: &BrowserIds) -> Result<Flow, Error> {
    let flow = lasting(app, id).await?;
    if flow.is_bound_to(browser) { Ok(flow) } else { Err(wrong_browser()) }
}

async fn lasting(app: &App, id: &FlowId) -> Result<Flow, Error> {
    app.flows.flow(id).await?.filter(|flow| flow.expires_at > app.now()).ok_or_else(invalid_state)
}

fn invalid_state() -> Error {
    Error::invalid("invalid_state", "The state is unknown or older than ten minutes. Start the consent again.")
}

fn wrong_browser() -> Error {
    let message = "This consent was begun in another browser, or the browser kept no cookie. Start it again in this one.";
    Error::invalid("wrong_browser", message)
}

async fn finish(app: Arc<App>, flow: Flow, callback: Callback, ends_at: Duration) -> Result<Connection, Error> {
    if flow.stage != Stage::Pending && !allows_after_all(&flow, &callback) {
        let elsewhere = flow.platform != callback.platform;
        return if elsewhere { Err(error_of(FlowFailure::WrongPlatform)) } else { wait_for_outcome(&app, &flow.id).await };
    }
    // What is missing on our side shows before the state is spent: the same callback works once it is there.
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

/// Whether the customer, who had refused, went back and allowed.
fn allows_after_all(flow: &Flow, callback: &Callback) -> bool {
    flow.awaits_consent() && flow.platform == callback.platform && read_code(callback).is_ok()
}

async fn stopped(app: &App, flow: &Flow, stop: Stop) -> Result<Connection, Error> {
    match stop {
        Stop::Failed(failure) => end(app, flow, failure).await,
        Stop::Fault(error) => end(app, flow, FlowFailure::Interrupted).await.map_err(|_| error),
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

/// A code, and what the callback said beside it.
struct Presented {
    code: Secret,
    claim: Option<String>,
    region: Option<String>,
    /// Until when the platform takes it.
    until: Timestamp,
}

/// What a callback brings to the exchange.
async fn read(app: &App, flow: &Flow, callback: &Callback, platform: &dyn Platform) -> Result<Presented, Stop> {
    if flow.platform != callback.platform {
        return Err(Stop::Failed(FlowFailure::WrongPlatform));
    }
    let code = read_code(callback).map_err(Stop::Failed)?;
    let existing = named(app, flow).await?;
    let partner = app.directory.partner(&flow.partner).await?;
    if partner.is_none() || (flow.renews_epoch.is_some() && existing.is_none()) {
        return Err(Stop::Failed(FlowFailure::Gone));
    }
    let renews = existing.as_ref().filter(|existing| existing.company.platform == flow.platform);
    let renews = renews.map(|existing| existing.company.company_id.as_str());
    let said = CallbackSaid { parameters: &callback.parameters, renews };
    let CallbackRead { claim, region } = platform.read_callback(said).map_err(|fault| Stop::Failed(callback_failure(fault)))?;
    // An anonymous flow cannot revive the connection, and so must not put off its revocation.
    if let Some(existing) = existing.as_ref().filter(|_| flow.authority != Authority::Anonymous) {
        hold_revocation(app, existing).await?;
    }
    Ok(Presented { code: code.clone(), claim, region, until: later(app.now(), platform.code_life()) })
}

async fn exchange(
    app: &App,
    flow: &Flow,
    presented: Presented,
    platform: &dyn Platform,
    ends_at: Duration,
) -> Result<Connection, Error> {
    let verifier = match &flow.verifier {
        Some(sealed) => match app.sealer.open(flow.id.as_str(), VERIFIER, sealed).await {
            Ok(verifier) => Some(verifier),
            Err(error) => return stopped(app, flow, Stop::Fault(error)).await,
        },
        None => None,
    };
    // A code may be presented once: with too little time to hear the answer and store it, it is kept for another try.
    let needed = app.settings.platform_timeout + app.settings.needed_from_answer();
    if app.clock.elapsed() + needed > ends_at {
        let not_sent = NotExchanged { failure: TokenFailure::NotSent, said: Reference::default() };
        return not_exchanged(app, flow, presented, not_sent, ends_at).await;
    }
    let Presented { code, region, .. } = &presented;
    let (redirect_uri, verifier, region) = (flow.redirect_uri.as_str(), verifier.as_ref(), region.as_deref());
    let listen = ends_at.saturating_sub(app.clock.elapsed() + app.settings.needed_from_answer());
    let exchange = Exchange { code, redirect_uri, verifier, region, sent_at: app.now(), listen };
    match platform.exchange(exchange).await {
        // From here on the flow is not ended by a fault: what was kept, though the answer was lost, can be confirmed.
        Ok(grant) => {
            let unread = grant.unread.clone();
            let Some(flow) = keep(app, flow, grant, presented.claim, platform, ends_at).await? else {
                return how_it_stands(app, &flow.id).await;
            };
            if let Some(unread) = unread {
                keep_answer(app, AnswerOf::Flow(flow.id.clone()), 0, flow.platform, &unread, ends_at).await;
            }
            let has_time = app.clock.elapsed() + app.settings.platform_timeout + app.settings.store_timeout <= ends_at;
            if has_time { confirm_alone(app, &flow).await } else { Err(unconfirmed()) }
        }
        Err(failed) => not_exchanged(app, flow, presented, failed, ends_at).await,
    }
}

/// A code that the platform did not look at is kept for as long as it is good. Any other outcome is final: a code may be used once.
async fn not_exchanged(
    app: &App,
    flow: &Flow,
    presented: Presented,
    failed: NotExchanged,
    ends_at: Duration,
) -> Result<Connection, Error> {
    let NotExchanged { failure, said } = failed;
    tracing::warn!(flow = flow.id.label(), ?failure, %said, "a code was not exchanged");
    if let TokenFailure::Unreadable { answer, .. } = &failure {
        keep_answer(app, AnswerOf::Flow(flow.id.clone()), 0, flow.platform, answer, ends_at).await;
    }
    let is_unread = matches!(failure, TokenFailure::NotSent | TokenFailure::Throttled { .. } | TokenFailure::Overloaded { .. });
    let Presented { code, claim, region, until } = presented;
    if !is_unread || until <= app.now() {
        return end_saying(app, flow, exchange_failure(&failure), &said).await;
    }
    let code = app.sealer.seal(flow.id.as_str(), CODE, &code).await?;
    app.flows.keep_code(&flow.id, &KeptCode { code, claim, region, until }).await?;
    Err(postponed())
}

/// Presents a kept code again. Of any number of tries at once one does; the others see what comes of it.
async fn exchange_again(app: Arc<App>, flow: Flow, ends_at: Duration) -> Result<Connection, Error> {
    let Stage::Postponed(kept) = &flow.stage else {
        return Err(Error::Internal("only a kept code can be presented again".to_owned()));
    };
    let platform = app.platforms.get(flow.platform, flow.environment).await?;
    let code = app.sealer.open(flow.id.as_str(), CODE, &kept.code).await?;
    if !app.flows.take_code(&flow.id, &app.new_id("attempt_"), app.now()).await? {
        return wait_for_outcome(&app, &flow.id).await;
    }
    let KeptCode { claim, region, until, .. } = kept.clone();
    exchange(&app, &flow, Presented { code, claim, region, until }, platform.as_ref(), ends_at).await
}

/// What a kept code is sealed for.
const CODE: &str = "code";

/// The code of a consent whose authorization code is kept.
pub const EXCHANGE_POSTPONED: &str = "exchange_postponed";

fn postponed() -> Error {
    Error::PlatformFailed {
        code: EXCHANGE_POSTPONED,
        message: "The platform takes no requests just now. Try again in a moment: what was allowed is good for a short while."
            .to_owned(),
        retry_after: Some(Duration::from_secs(5)),
    }
}

/// Asks the platform for the company, one at a time of whoever tries.
async fn confirm_alone(app: &App, flow: &Flow) -> Result<Connection, Error> {
    let now = app.now();
    // However often it asks and writes: no process is at one event for longer.
    let claim = Claim { id: app.new_id("attempt_"), at: now, until: later(now, app.settings.function_time) };
    if !app.flows.lease_flow(&flow.id, &claim).await? {
        return Err(in_progress());
    }
    let result = confirm(app, flow).await;
    if matches!(&result, Err(Error::PlatformFailed { .. } | Error::TryLater { .. })) {
        let now = app.now();
        if let Err(error) = app.flows.lease_flow(&flow.id, &Claim { at: now, until: now, ..claim }).await {
            tracing::warn!(flow = flow.id.label(), %error, "the lease of a flow was not given back, and runs out");
        }
    }
    result
}

/// From the exchange on the platform may have one grant for the company where there were two: what it is owed of a disconnect is
/// not told while this consent is under way.
async fn hold_revocation(app: &App, existing: &Connection) -> Result<(), Error> {
    if existing.status() != Status::Disconnected {
        return Ok(());
    }
    let id = RevocationId { connection: existing.id.clone(), grant: (existing.epoch.saturating_sub(1)).into() };
    Ok(app.revocations.hold(&id, later(app.now(), app.settings.flow_life * 2)).await?)
}

/// Keeps the grant in the flow, sealed to that: the code is spent, and the grant in our hands alone. `None` where the flow is over.
async fn keep(
    app: &App,
    flow: &Flow,
    grant: Grant,
    claim: Option<String>,
    platform: &dyn Platform,
    ends_at: Duration,
) -> Result<Option<Flow>, Error> {
    let grant = super::refresh::seal_grant(app, flow.id.as_str(), grant, platform.scopes(), None).await?;
    let expires_at = later(app.now(), app.settings.flow_life);
    let kept = KeptGrant {
        id: app.new_id("grant_"),
        flow: flow.id.clone(),
        grant: grant.clone(),
        claim: claim.clone(),
        holds: held_by_claim(flow, claim.as_deref(), platform),
        expires_at,
    };
    Ok(match store_or_keep(app, Unstored::Exchanged(Box::new(kept)), ends_at).await? {
        Written::Stored => Some(Flow { stage: Stage::Exchanged { grant, claim }, expires_at, ..flow.clone() }),
        Written::Overtaken => None,
    })
}

/// The connection that the start named, as it is now.
pub(super) async fn named(app: &App, flow: &Flow) -> Result<Option<Connection>, Error> {
    match flow.named_connection() {
        Some(id) => Ok(app.connections.read(&id).await?),
        None => Ok(None),
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

fn callback_failure(fault: CallbackFault) -> FlowFailure {
    match fault {
        CallbackFault::NoCompany => FlowFailure::MissingCompany,
        CallbackFault::UnknownRegion => FlowFailure::UnknownRegion,
        CallbackFault::WrongIssuer => FlowFailure::WrongIssuer,
    }
}

fn exchange_failure(failure: &TokenFailure) -> FlowFailure {
    match failure {
        TokenFailure::Refused => FlowFailure::ExchangeRefused,
        TokenFailure::ClientRefused => FlowFailure::ClientRefused,
        TokenFailure::Throttled { .. }
        | TokenFailure::Overloaded { .. }
        | TokenFailure::Broken { .. }
        | TokenFailure::Unreadable { .. }
        | TokenFailure::NoAnswer
        | TokenFailure::NotSent => FlowFailure::ExchangeFailed,
    }
}

/// How a flow ends without a connection.
pub(super) struct EndOf {
    pub(super) failure: FlowFailure,
    /// What the platform said of it.
    pub(super) said: Reference,
    /// What becomes of its grant, where it has one.
    pub(super) unused: Option<Unused>,
}

/// Ends the flow for good, before it had a grant.
pub(super) async fn end(app: &App, flow: &Flow, failure: FlowFailure) -> Result<Connection, Error> {
    end_saying(app, flow, failure, &Reference::default()).await
}

/// The same where the platform said something of it.
async fn end_saying(app: &App, flow: &Flow, failure: FlowFailure, said: &Reference) -> Result<Connection, Error> {
    conclude(app, flow, EndOf { failure, said: said.clone(), unused: None }).await
}

/// The same with a grant that reaches these companies, as far as the platform says: it is revoked, where that ends nobody else's.
pub(super) async fn end_unused(
    app: &App,
    flow: &Flow,
    platform: &dyn Platform,
    companies: &[ConfirmedCompany],
    failure: FlowFailure,
) -> Result<Connection, Error> {
    let unused = unused(flow, platform, companies, app.now());
    conclude(app, flow, EndOf { failure, said: Reference::default(), unused }).await
}

/// The same after the company was confirmed.
pub(super) async fn end_confirmed(app: &App, confirmed: &Confirmed<'_>, failure: FlowFailure) -> Result<Connection, Error> {
    let revocation = unused_grant(confirmed, app.now(), app.now());
    let unused = Unused { released: Some(revocation.company.clone()), revocation: Some(revocation) };
    conclude(app, confirmed.flow, EndOf { failure, said: Reference::default(), unused: Some(unused) }).await
}

async fn conclude(app: &App, flow: &Flow, end: EndOf) -> Result<Connection, Error> {
    let failure = end.failure;
    match end_flow(app, flow, end).await? {
        Written::Stored => Err(error_of(failure)),
        Written::Overtaken => how_it_stands(app, &flow.id).await,
    }
}

/// Ends a flow that is still at the stage where it was seen, and says so: in an audit row where a key began it, else in a count.
/// That a consent without a refresh token replaced no grant is said in both.
pub(super) async fn end_flow(app: &App, flow: &Flow, end: EndOf) -> Result<Written, Error> {
    let EndOf { failure, said, unused } = end;
    let (reason, platform, said) = (failure.as_str(), flow.platform.to_string(), said.to_text());
    let is_left = unused.as_ref().is_some_and(|unused| unused.revocation.is_none());
    let left = if is_left { "not revoked, since that could end another grant" } else { "" };
    let (revocation, released) = unused.map_or((None, None), |unused| (unused.revocation, unused.released));
    let by_key = matches!(flow.authority, Authority::Key(_));
    let audit = (by_key || failure == FlowFailure::NoRefreshToken).then(|| {
        let subject = revocation.as_ref().map_or_else(|| flow.subject(), |revocation| (&revocation.id.connection).into());
        let detail = [("reason", reason.to_owned()), ("platform", platform.clone())];
        let mut audit = app.audit(subject, Action::ConsentFailed, flow.authority.actor(), detail);
        audit.detail.extend(said.clone().map(|said| ("reference", said)));
        audit.detail.extend(is_left.then(|| ("grant", left.to_owned())));
        if by_key { audit } else { audit.once_a_day() }
    });
    let (seen, reference) = (flow.stage.clone(), said.clone());
    let ended = FlowEnd { flow: flow.id.clone(), seen, failure, reference, audit, revocation, released, at: app.now() };
    if app.flows.fail(&ended).await? == Written::Overtaken {
        return Ok(Written::Overtaken);
    }
    if !by_key {
        let (actor, said) = (flow.authority.actor().to_text(), said.unwrap_or_default());
        let detail = [("platform", platform), ("actor", actor), ("reference", said), ("grant", left.to_owned())];
        count(app, &flow.partner, Refused { action: Action::ConsentFailed, reason, detail }).await;
    }
    measure(flow, if failure.is_fault() { "failed" } else { "refused" }, Some(reason));
    Ok(Written::Stored)
}

/// Says how a consent ended, to be counted (`functions::metrics`).
pub(super) fn measure(flow: &Flow, outcome: &'static str, reason: Option<&'static str>) {
    tracing::info!(target: "counterfoil::consent", platform = flow.platform.as_str(), outcome, reason, "consent");
}

/// Waits for the callback that was quicker, up to a bound. A grant that still waits for its company then was left by a
/// confirmation that failed in passing: it is tried again.
async fn wait_for_outcome(app: &App, id: &FlowId) -> Result<Connection, Error> {
    let began = app.clock.elapsed();
    loop {
        let flow = app.flows.flow(id).await?.ok_or_else(|| error_of(FlowFailure::Gone))?;
        let time_is_up = app.clock.elapsed().saturating_sub(began) >= app.settings.wait;
        match &flow.stage {
            Stage::Exchanged { .. } if time_is_up => return confirm_alone(app, &flow).await,
            Stage::Exchanged { .. } => {}
            _ => match outcome_of(app, &flow).await {
                Err(Error::TryLater { .. }) if !time_is_up => {}
                result => return result,
            },
        }
        app.clock.sleep(app.settings.poll * 2).await;
    }
}

/// What came of a flow. One whose process died, or whose code was kept in vain, ends here.
async fn outcome_of(app: &App, flow: &Flow) -> Result<Connection, Error> {
    match &flow.stage {
        Stage::Postponed(kept) if kept.until <= app.now() => end(app, flow, FlowFailure::ExchangeFailed).await,
        Stage::Consumed { at } if until(*at, app.now()) > INTERRUPTED_AFTER => end(app, flow, FlowFailure::Interrupted).await,
        _ => standing(app, flow).await,
    }
}

/// What somebody else made of a flow, in another tab perhaps: that counts.
pub(super) async fn how_it_stands(app: &App, id: &FlowId) -> Result<Connection, Error> {
    let flow = app.flows.flow(id).await?.ok_or_else(|| error_of(FlowFailure::Gone))?;
    standing(app, &flow).await
}

async fn standing(app: &App, flow: &Flow) -> Result<Connection, Error> {
    match &flow.stage {
        // What became of it since is not this flow's to tell.
        Stage::Done { connection, company_id } => {
            let found = app.connections.read(connection).await?;
            let is_it = |found: &Connection| {
                found.company.company_id == *company_id && found.company.platform == flow.platform && found.grant().is_some()
            };
            found.filter(is_it).ok_or_else(|| error_of(FlowFailure::Gone))
        }
        Stage::Failed(failure) => Err(error_of(*failure)),
        Stage::Exchanged { .. } => Err(unconfirmed()),
        Stage::Choosing { .. } => Err(choice_needed()),
        Stage::Confirmed { .. } => Err(exchange_needed()),
        Stage::Postponed(_) => Err(postponed()),
        Stage::Consumed { .. } | Stage::Offered | Stage::Pending => Err(in_progress()),
    }
}

fn in_progress() -> Error {
    Error::TryLater {
        code: "consent_in_progress",
        message: "This consent is being finished. Look again in a moment.".to_owned(),
        retry_after: Duration::from_secs(2),
    }
}

/// Longer than a function may run: whoever consumed the state is dead by then.
const INTERRUPTED_AFTER: Duration = Duration::from_secs(60);

/// What a failed flow is to the caller.
pub fn error_of(failure: FlowFailure) -> Error {
    let (code, message) = (failure.as_str(), failure.in_words().to_owned());
    match failure {
        FlowFailure::AccessDenied
        | FlowFailure::PlatformError
        | FlowFailure::MissingCode
        | FlowFailure::AmbiguousCallback
        | FlowFailure::WrongPlatform
        | FlowFailure::MissingCompany
        | FlowFailure::UnknownRegion
        | FlowFailure::WrongIssuer
        | FlowFailure::CompanyNotConfirmed
        | FlowFailure::NoCompany
        | FlowFailure::Expired => Error::Invalid { code, message },
        FlowFailure::ExchangeRefused
        | FlowFailure::ExchangeFailed
        | FlowFailure::ClientRefused
        | FlowFailure::NoRefreshToken
        | FlowFailure::Interrupted => Error::PlatformFailed { code, message, retry_after: None },
        FlowFailure::OtherCompany
        | FlowFailure::Disconnected
        | FlowFailure::ReservedKey
        | FlowFailure::AuthorityRevoked
        | FlowFailure::LinkUsed
        | FlowFailure::TooManyConnections => Error::Conflict { code, message },
        FlowFailure::Gone => Error::NotFound(failure.in_words()),
    }
}
