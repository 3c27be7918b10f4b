//! The state and the outcome of a consent.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::{ConfirmedCompany, Connection, DeathCause, GrantState};
use crate::model::flow::failure::FlowFailure;
use crate::model::flow::{Authority, BrowserIds, Flow, FlowId, Stage, StartParams};
use crate::model::grant::StoredGrant;
use crate::model::revocation::{GrantId, Revocation, RevocationId};
use crate::model::time::until;
use crate::port::platform::Platform;
use crate::port::store::vault::CodeExchange;
use crate::service::consent::end::end;
use crate::service::consent::unused_grant::company_of;
use crate::{App, Error};

/// The state of a consent.
pub enum ConsentOutcome {
    /// The connection is written and active.
    Connected(Box<Connection>),
    /// The customer has not returned from the platform.
    Pending,
    /// Another request is processing the callback.
    InProgress,
    /// The platform throttled the exchange. The code is kept for another try.
    Postponed,
    /// The grant is stored, and the platform has not confirmed its company yet.
    Unconfirmed,
    /// The customer must choose one of the flow's companies.
    ChoiceNeeded,
    /// The company is confirmed; the partner must exchange our code.
    ExchangeNeeded,
    /// The consent failed.
    Failed(FlowFailure),
}

impl ConsentOutcome {
    /// Whether the consent needs nothing more from the browser: it is connected, waits for the partner's exchange, or has failed.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Connected(_) | Self::ExchangeNeeded | Self::Failed(_))
    }
}

/// A connection whose consent gave no refresh token is a failed consent.
impl From<Connection> for ConsentOutcome {
    fn from(connection: Connection) -> Self {
        match connection.grant_state {
            GrantState::NeedsReauthorization { cause: DeathCause::NoRefreshToken, .. } => {
                Self::Failed(FlowFailure::NoRefreshToken)
            }
            _ => Self::Connected(Box::new(connection)),
        }
    }
}

/// The result of an attempt to finish a flow, or to look at it.
pub enum Ending {
    /// The caller may see the flow.
    Shown {
        /// The flow.
        flow: Box<Flow>,
        /// The state of the consent, or the error that stopped the request.
        result: Result<ConsentOutcome, Error>,
    },
    /// The caller may not see the flow.
    Hidden {
        /// The reason.
        why: NoFlow,
        /// The parameters to start the consent again.
        restart: Option<StartParams>,
    },
}

impl Ending {
    pub(crate) fn of(flow: Flow, result: Result<ConsentOutcome, Error>) -> Self {
        Self::Shown { flow: Box::new(flow), result }
    }
}

impl From<NoFlow> for Ending {
    fn from(why: NoFlow) -> Self {
        Self::Hidden { why, restart: None }
    }
}

/// Why a caller may not see a flow.
#[derive(Debug)]
pub enum NoFlow {
    /// The callback has no state.
    NoState,
    /// The state, or the flow's id, is unknown or older than ten minutes.
    Unknown,
    /// Another browser started it.
    OtherBrowser,
    /// The request or the table failed.
    Fault(Error),
}

impl<E: Into<Error>> From<E> for NoFlow {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

/// Why processing of a flow stops: a failure to record on it, or an error.
pub(crate) enum Stop {
    Failed(FlowFailure),
    Fault(Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

/// The present state of a flow, for a caller who may see it.
pub(crate) async fn see(app: &App, flow: Flow) -> Ending {
    let result = match &flow.stage {
        Stage::Offered | Stage::Pending => Ok(ConsentOutcome::Pending),
        _ => outcome_of(app, &flow).await,
    };
    Ending::of(flow, result)
}

/// The flow with this id, if it has not expired and this browser may finish it.
pub(crate) async fn find_by_id(app: &App, id: &FlowId, browser: &BrowserIds) -> Result<Flow, NoFlow> {
    let flow = lasting(app, id).await?;
    if flow.is_bound_to(browser) { Ok(flow) } else { Err(NoFlow::OtherBrowser) }
}

pub(crate) async fn lasting(app: &App, id: &FlowId) -> Result<Flow, NoFlow> {
    app.flows.flow(id).await?.filter(|flow| flow.expires_at > app.now()).ok_or(NoFlow::Unknown)
}

/// The connection that the start named, as it is stored now.
pub(crate) async fn named(app: &App, flow: &Flow) -> Result<Option<Connection>, Error> {
    match flow.named_connection() {
        Some(id) => Ok(app.connections.read(&id).await?),
        None => Ok(None),
    }
}

/// The state of a flow. It ends a flow whose process died or whose kept code has expired.
pub(crate) async fn outcome_of(app: &App, flow: &Flow) -> Result<ConsentOutcome, Error> {
    match &flow.stage {
        Stage::Postponed(kept) if kept.until <= app.now() => end(app, flow, FlowFailure::ExchangeFailed).await,
        Stage::Consumed { at } if until(*at, app.now()) > INTERRUPTED_AFTER => end(app, flow, FlowFailure::Interrupted).await,
        _ => outcome_of_stage(app, flow).await,
    }
}

/// Time after which the process that consumed the state has certainly ended: longer than a function may run.
const INTERRUPTED_AFTER: Duration = Duration::from_secs(60);

/// The state of a flow, read again because another request changed it.
pub(crate) async fn current_outcome(app: &App, id: &FlowId) -> Result<ConsentOutcome, Error> {
    match app.flows.flow(id).await? {
        Some(flow) => outcome_of_stage(app, &flow).await,
        None => Ok(ConsentOutcome::Failed(FlowFailure::Gone)),
    }
}

async fn outcome_of_stage(app: &App, flow: &Flow) -> Result<ConsentOutcome, Error> {
    Ok(match &flow.stage {
        // Later changes of the connection are not part of this flow's outcome.
        Stage::Done { connection, company_id } => {
            let is_it = |found: &Connection| {
                found.company.company_id == *company_id && found.company.platform == flow.platform && found.grant().is_some()
            };
            let found = app.connections.read(connection).await?.filter(is_it);
            found.map_or(ConsentOutcome::Failed(FlowFailure::Gone), ConsentOutcome::from)
        }
        Stage::Failed(failure) => ConsentOutcome::Failed(*failure),
        Stage::Exchanged { .. } => ConsentOutcome::Unconfirmed,
        Stage::Choosing { .. } => ConsentOutcome::ChoiceNeeded,
        Stage::Confirmed { .. } => ConsentOutcome::ExchangeNeeded,
        Stage::Postponed(_) => ConsentOutcome::Postponed,
        Stage::Consumed { .. } | Stage::Offered | Stage::Pending => ConsentOutcome::InProgress,
    })
}

/// A consent whose company is confirmed.
pub(crate) struct Confirmed<'a> {
    pub(crate) flow: &'a Flow,
    /// The grant, sealed to the flow.
    pub(crate) grant: &'a StoredGrant,
    pub(crate) company: ConfirmedCompany,
    /// The ids of the other companies for which revoking the grant would end it too.
    pub(crate) others: Vec<String>,
    pub(crate) platform: &'a dyn Platform,
    /// The exchange of our code, if the connection is written by that.
    pub(crate) exchange: Option<CodeExchange>,
}

/// The revocation of a grant that makes no connection.
pub(crate) fn unused_grant(confirmed: &Confirmed<'_>, now: Timestamp, due_at: Timestamp) -> Revocation {
    let Confirmed { flow, grant, company, others, platform, .. } = confirmed;
    let id = RevocationId { connection: flow.connection_to(&company.company_id), grant: GrantId::Consent(flow.id.clone()) };
    let company = company_of(flow, company, *platform);
    let by_key = matches!(flow.authority, Authority::Key(_));
    Revocation { others: others.clone(), by_key, due_at, ..Revocation::new(id, company, (*grant).clone(), now) }
}
