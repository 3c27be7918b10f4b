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
    pub(crate) fn of(flow: Flow, result: Result<Connection, Error>) -> Self {
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

/// A flow with what came of it so far.
pub(crate) async fn see(app: &App, flow: Flow) -> Ending {
    let result = match &flow.stage {
        Stage::Exchanged { .. } => Err(unconfirmed()),
        Stage::Choosing { .. } => Err(choice_needed()),
        Stage::Confirmed { .. } => Err(exchange_needed()),
        Stage::Offered | Stage::Pending => {
            Err(Error::invalid("consent_pending", "The customer has not returned from the platform yet."))
        }
        Stage::Consumed { .. } | Stage::Postponed(_) | Stage::Done { .. } | Stage::Failed(_) => outcome_of(app, &flow).await,
    };
    Ending::of(flow, result)
}

/// The flow of that id, while it lasts and for whoever may finish it.
pub(crate) async fn find_by_id(app: &App, id: &FlowId, browser: &BrowserIds) -> Result<Flow, Error> {
    let flow = lasting(app, id).await?;
    if flow.is_bound_to(browser) { Ok(flow) } else { Err(wrong_browser()) }
}

pub(crate) async fn lasting(app: &App, id: &FlowId) -> Result<Flow, Error> {
    app.flows.flow(id).await?.filter(|flow| flow.expires_at > app.now()).ok_or_else(invalid_state)
}

pub(crate) fn invalid_state() -> Error {
    Error::invalid("invalid_state", "The state is unknown or older than ten minutes. Start the consent again.")
}

pub(crate) fn wrong_browser() -> Error {
    let message =
        "This consent was started in another browser, or the browser does not store cookies. Start it again in this browser.";
    Error::invalid("wrong_browser", message)
}

/// The connection that the start named, as it is now.
pub(crate) async fn named(app: &App, flow: &Flow) -> Result<Option<Connection>, Error> {
    match flow.named_connection() {
        Some(id) => Ok(app.connections.read(&id).await?),
        None => Ok(None),
    }
}

/// What came of a flow. One whose process died, or whose code was kept in vain, ends here.
pub(crate) async fn outcome_of(app: &App, flow: &Flow) -> Result<Connection, Error> {
    match &flow.stage {
        Stage::Postponed(kept) if kept.until <= app.now() => end(app, flow, FlowFailure::ExchangeFailed).await,
        Stage::Consumed { at } if until(*at, app.now()) > INTERRUPTED_AFTER => end(app, flow, FlowFailure::Interrupted).await,
        _ => standing(app, flow).await,
    }
}

/// What somebody else made of a flow, in another tab perhaps: that counts.
pub(crate) async fn how_it_stands(app: &App, id: &FlowId) -> Result<Connection, Error> {
    let flow = app.flows.flow(id).await?.ok_or_else(|| error_of(FlowFailure::Gone))?;
    standing(app, &flow).await
}

pub(crate) async fn standing(app: &App, flow: &Flow) -> Result<Connection, Error> {
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

pub(crate) fn in_progress() -> Error {
    Error::TryLater {
        code: "consent_in_progress",
        message: "This consent is being processed. Try again in a moment.".to_owned(),
        retry_after: Duration::from_secs(2),
    }
}

/// Longer than a function may run: whoever consumed the state is dead by then.
pub(crate) const INTERRUPTED_AFTER: Duration = Duration::from_secs(60);

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

/// The code of a consent whose authorization code is kept.
pub const EXCHANGE_POSTPONED: &str = "exchange_postponed";

pub(crate) fn postponed() -> Error {
    Error::PlatformFailed {
        code: EXCHANGE_POSTPONED,
        message: "The platform accepts no requests at the moment. Try again soon: the consent is valid for a few minutes."
            .to_owned(),
        retry_after: Some(Duration::from_secs(5)),
    }
}

/// The code of a consent that waits for somebody to choose.
pub const CHOICE_REQUIRED: &str = "company_choice_required";

/// What whoever asks is told while a choice is open; the companies are in the flow. A browser sees a page to choose on instead.
pub(crate) fn choice_needed() -> Error {
    Error::conflict(
        CHOICE_REQUIRED,
        "Choose the company by a POST of its company_id to /oauth/result/{id}/choose, within ten minutes.",
    )
}

/// The code of a consent whose company the platform has yet to confirm.
pub(crate) const COMPANY_UNCONFIRMED: &str = "company_unconfirmed";

/// The platform could not be asked; the grant is kept.
pub(crate) fn unconfirmed() -> Error {
    Error::PlatformFailed {
        code: COMPANY_UNCONFIRMED,
        message: "Access was granted, but the request for the company to the platform failed. Try again within ten minutes; until then nothing is lost.".to_owned(),
        retry_after: Some(Duration::from_secs(5)),
    }
}

/// The code of a consent that waits for the partner to exchange our code.
pub const EXCHANGE_REQUIRED: &str = "exchange_required";

/// What whoever asks is told while our code has not been exchanged.
pub(crate) fn exchange_needed() -> Error {
    Error::conflict(
        EXCHANGE_REQUIRED,
        "The company is confirmed. The connection is created when the partner exchanges the code that its page received, within ten minutes.",
    )
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

pub(crate) const INVALID_CODE: &str = "invalid_code";

pub(crate) fn no_such_code() -> Error {
    Error::invalid(
        INVALID_CODE,
        "The code is unknown, was exchanged already, is older than five minutes, or was not issued for this.",
    )
}
