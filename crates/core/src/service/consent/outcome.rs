//! How a consent stands and how it ends.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::{ConfirmedCompany, Connection, DeathCause, Standing};
use crate::model::flow::failure::FlowFailure;
use crate::model::flow::{Anew, Authority, BrowserIds, Flow, FlowId, Stage};
use crate::model::grant::StoredGrant;
use crate::model::revocation::{GrantId, Revocation, RevocationId};
use crate::model::time::until;
use crate::port::platform::Platform;
use crate::port::store::vault::CodeExchange;
use crate::service::consent::end::end;
use crate::service::unused_grant::company_of;
use crate::{App, Error};

/// How a consent stands.
pub enum ConsentOutcome {
    /// The connection is there and works.
    Connected(Box<Connection>),
    /// The customer has not returned from the platform.
    Pending,
    /// Another request works on it.
    InProgress,
    /// The platform accepted no requests: the code is kept, to be presented again.
    Postponed,
    /// The grant is kept; the platform has yet to confirm its company.
    Unconfirmed,
    /// Somebody must choose one of the flow's companies.
    ChoiceNeeded,
    /// The company is confirmed; the partner must exchange our code.
    ExchangeNeeded,
    /// It ended without a connection that works.
    Failed(FlowFailure),
}

impl ConsentOutcome {
    /// Whether the browser has nothing more to do here: it is connected, waits for the partner's exchange, or failed for good.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Connected(_) | Self::ExchangeNeeded | Self::Failed(_))
    }
}

/// A connection whose consent brought no refresh token is there, and does not work.
impl From<Connection> for ConsentOutcome {
    fn from(connection: Connection) -> Self {
        match connection.standing {
            Standing::NeedsReauthorization { cause: DeathCause::NoRefreshToken, .. } => Self::Failed(FlowFailure::NoRefreshToken),
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
        /// How it stands, or the error that stopped it.
        result: Result<ConsentOutcome, Error>,
    },
    /// The caller may see no flow.
    Hidden {
        /// Why.
        why: NoFlow,
        /// The parameters to start the consent again.
        anew: Option<Anew>,
    },
}

impl Ending {
    pub(crate) fn of(flow: Flow, result: Result<ConsentOutcome, Error>) -> Self {
        Self::Shown { flow: Box::new(flow), result }
    }
}

impl From<NoFlow> for Ending {
    fn from(why: NoFlow) -> Self {
        Self::Hidden { why, anew: None }
    }
}

/// Why a caller sees no flow.
#[derive(Debug)]
pub enum NoFlow {
    /// The callback has no state.
    NoState,
    /// The state, or the flow's id, is unknown or older than ten minutes.
    Unknown,
    /// Another browser began it.
    OtherBrowser,
    /// The request cannot be read, or the table cannot.
    Fault(Error),
}

impl<E: Into<Error>> From<E> for NoFlow {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

/// Why a flow goes no further: something to record on it, or a fault of ours.
pub(crate) enum Stop {
    Failed(FlowFailure),
    Fault(Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

/// A flow, and how it stands.
pub(crate) async fn see(app: &App, flow: Flow) -> Ending {
    let result = match &flow.stage {
        Stage::Offered | Stage::Pending => Ok(ConsentOutcome::Pending),
        _ => outcome_of(app, &flow).await,
    };
    Ending::of(flow, result)
}

/// The flow of that id, if it has not expired and this browser may finish it.
pub(crate) async fn find_by_id(app: &App, id: &FlowId, browser: &BrowserIds) -> Result<Flow, NoFlow> {
    let flow = lasting(app, id).await?;
    if flow.is_bound_to(browser) { Ok(flow) } else { Err(NoFlow::OtherBrowser) }
}

pub(crate) async fn lasting(app: &App, id: &FlowId) -> Result<Flow, NoFlow> {
    app.flows.flow(id).await?.filter(|flow| flow.expires_at > app.now()).ok_or(NoFlow::Unknown)
}

/// The connection that the start named, as it is now.
pub(crate) async fn named(app: &App, flow: &Flow) -> Result<Option<Connection>, Error> {
    match flow.named_connection() {
        Some(id) => Ok(app.connections.read(&id).await?),
        None => Ok(None),
    }
}

/// How a flow stands. A flow whose process died, or whose kept code has expired, is ended here.
pub(crate) async fn outcome_of(app: &App, flow: &Flow) -> Result<ConsentOutcome, Error> {
    match &flow.stage {
        Stage::Postponed(kept) if kept.until <= app.now() => end(app, flow, FlowFailure::ExchangeFailed).await,
        Stage::Consumed { at } if until(*at, app.now()) > INTERRUPTED_AFTER => end(app, flow, FlowFailure::Interrupted).await,
        _ => standing(app, flow).await,
    }
}

/// Longer than a function may run: the process that consumed the state has ended by then.
const INTERRUPTED_AFTER: Duration = Duration::from_secs(60);

/// How a flow stands after another request changed it.
pub(crate) async fn how_it_stands(app: &App, id: &FlowId) -> Result<ConsentOutcome, Error> {
    match app.flows.flow(id).await? {
        Some(flow) => standing(app, &flow).await,
        None => Ok(ConsentOutcome::Failed(FlowFailure::Gone)),
    }
}

async fn standing(app: &App, flow: &Flow) -> Result<ConsentOutcome, Error> {
    Ok(match &flow.stage {
        // What became of it since is not this flow's to tell.
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

/// A confirmed consent on its way to a connection.
pub(crate) struct Confirmed<'a> {
    pub(crate) flow: &'a Flow,
    /// Sealed to the flow.
    pub(crate) grant: &'a StoredGrant,
    pub(crate) company: ConfirmedCompany,
    /// The ids of others that revoking the grant would end too.
    pub(crate) others: Vec<String>,
    pub(crate) platform: &'a dyn Platform,
    /// The exchange of our code, where that is what writes it.
    pub(crate) exchange: Option<CodeExchange>,
}

/// The revocation of a grant that becomes no connection.
pub(crate) fn unused_grant(confirmed: &Confirmed<'_>, now: Timestamp, due_at: Timestamp) -> Revocation {
    let Confirmed { flow, grant, company, others, platform, .. } = confirmed;
    let id = RevocationId { connection: flow.connection_to(&company.company_id), grant: GrantId::Consent(flow.id.clone()) };
    let company = company_of(flow, company, *platform);
    let by_key = matches!(flow.authority, Authority::Key(_));
    Revocation { others: others.clone(), by_key, due_at, ..Revocation::new(id, company, (*grant).clone(), now) }
}
