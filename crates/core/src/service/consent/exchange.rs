//! Exchanges a code of ours, or a handle, for an access token: what the partner's server does after a consent.

use std::sync::Arc;
use std::time::Duration;

use crate::model::api_key::ApiKey;
use crate::model::audit::{Action, Actor};
use crate::model::connection::{Connection, ConnectionId, Status};
use crate::model::flow::{Destination, Flow, FlowId, Stage};
use crate::model::handover::{CODE_LIFE, Code, PresentedHandle, handle};
use crate::model::platform::PlatformName;
use crate::model::revocation::{GrantId, RevocationId};
use crate::model::secret::Secret;
use crate::model::time::later;
use crate::port::store::consents::Issued;
use crate::port::store::vault::CodeExchange;
use crate::service::consent::authority::still_authorized;
use crate::service::consent::end::end_confirmed;
use crate::service::consent::outcome::{Confirmed, ConsentOutcome, Stop};
use crate::service::consent::write::{Wrote, write_consent};
use crate::service::optimistic::Tries;
use crate::service::vault::read::{Token, read_token};
use crate::{App, Error};

/// Makes the one live code of a consent that came to a connection, or waits for the exchange to become one; the code before is
/// dead. `None` where one was exchanged already, and where the consent came to nothing.
///
/// # Errors
/// What the table says.
pub async fn issue_code(app: &App, flow: &FlowId) -> Result<Option<Secret>, Error> {
    let mut tries = Tries::new(app, "a code could not be issued");
    loop {
        tries.next().await?;
        let Some(flow) = app.flows.flow(flow).await? else { return Ok(None) };
        let Destination::Handover { redirect_uri, .. } = &flow.destination else { return Ok(None) };
        let (connection, company_id) = match &flow.stage {
            Stage::Done { connection, company_id } => (connection.clone(), company_id.clone()),
            Stage::Confirmed { company } => (flow.connection_to(&company.company_id), company.company_id.clone()),
            _ => return Ok(None),
        };
        let code = Secret::new(format!("cf_code_{}", app.new_secret().expose()));
        let stored = Code {
            hash: code.fingerprint(),
            connection,
            flow: Some(flow.id.clone()),
            platform: flow.platform,
            company_id,
            redirect_uri: redirect_uri.clone(),
            expires_at: later(app.now(), CODE_LIFE).min(flow.expires_at),
            spent: false,
        };
        match app.handovers.issue_code(&flow.id, &stored, flow.code.as_ref()).await? {
            Issued::Stored => return Ok(Some(code)),
            Issued::Spent => return Ok(None),
            Issued::Overtaken => {}
        }
    }
}

/// What is presented with a code.
pub struct Presented {
    /// The code.
    pub code: Secret,
    /// The platform that it is said to be of.
    pub platform: PlatformName,
    /// Where it was sent to, if the caller says so.
    pub redirect_uri: Option<String>,
}

/// A token, and the handle that gets the next one.
pub struct Exchanged {
    /// The token and its connection.
    pub token: Token,
    /// The one live handle of that connection.
    pub handle: Secret,
}

/// Exchanges a code, once, for a token and a handle. What was issued before for that connection is dead from then on. A refresh
/// that the token needs is over when the clock has counted to `ends_at`.
///
/// # Errors
/// `Invalid` for a code that is unknown, spent, over, or not this caller's: the four are not told apart. A code is spent by
/// nobody but its partner.
pub async fn exchange_code(app: &Arc<App>, key: &ApiKey, presented: &Presented, ends_at: Duration) -> Result<Exchanged, Error> {
    let hash = presented.code.fingerprint();
    let code = app.handovers.code(&hash).await?.ok_or_else(no_such_code)?;
    let is_theirs = code.connection.partner == key.partner
        && code.platform == presented.platform
        && presented.redirect_uri.as_ref().is_none_or(|uri| *uri == code.redirect_uri);
    if !is_theirs || code.spent || code.expires_at <= app.now() {
        return Err(refuse(app, key, &code).await);
    }
    if let Some(flow) = &code.flow {
        match app.flows.flow(flow).await? {
            Some(flow) if matches!(flow.stage, Stage::Confirmed { .. }) => {
                return make_connection(app, key, &code, &flow, ends_at).await;
            }
            Some(flow) if matches!(flow.stage, Stage::Done { .. }) => {}
            _ => return Err(refuse(app, key, &code).await),
        }
    }
    // First the token: a platform that fails in passing must not cost the code.
    let found = app.connections.read(&code.connection).await?;
    let is_of = |connection: &Connection| {
        (connection.company.platform, &connection.company.company_id) == (code.platform, &code.company_id)
    };
    let Some(connection) = found.filter(is_of) else { return Err(refuse(app, key, &code).await) };
    let token = read_token(app, connection, None, ends_at).await?;
    if !app.handovers.consume_code(&hash, &app.new_id("exchange_"), app.now()).await? {
        return Err(refuse(app, key, &code).await);
    }
    let handle = handle(&code.connection.company_key, &app.new_secret());
    put_handle(app, &code.connection, &handle).await?;
    Ok(Exchanged { token, handle })
}

/// Spends the code and makes the connection, in one write. Whether the consent may still do what it waits to do is asked anew.
async fn make_connection(app: &Arc<App>, key: &ApiKey, code: &Code, flow: &Flow, ends_at: Duration) -> Result<Exchanged, Error> {
    let Stage::Confirmed { company } = &flow.stage else {
        return Err(Error::Internal("only a confirmed consent waits for its exchange".to_owned()));
    };
    let id = RevocationId { connection: code.connection.clone(), grant: GrantId::Consent(flow.id.clone()) };
    let waiting = match app.revocations.waiting(&id).await? {
        Some(waiting) if flow.expires_at > app.now() => waiting,
        _ => return Err(refuse(app, key, code).await),
    };
    let platform = app.platforms.get(flow.platform, flow.environment).await?;
    let handle = handle(&code.connection.company_key, &app.new_secret());
    let confirmed = Confirmed {
        flow,
        grant: &waiting.grant,
        company: company.clone(),
        others: waiting.others.clone(),
        platform: platform.as_ref(),
        exchange: Some(CodeExchange { code: code.hash.clone(), handle: handle.fingerprint() }),
    };
    match write_anew(app, &confirmed, &code.connection).await {
        // The grant is minutes old: its token is good without a word to the platform.
        Ok(Wrote::Connection(connection)) => {
            let token = read_token(app, *connection, None, ends_at).await?;
            Ok(Exchanged { token, handle })
        }
        Ok(Wrote::Waits | Wrote::FlowIsOver) => Err(refuse(app, key, code).await),
        Err(Stop::Failed(failure)) => Err(match end_confirmed(app, &confirmed, failure).await? {
            ConsentOutcome::Failed(failure) => failure.into(),
            _ => no_such_code(),
        }),
        Err(Stop::Fault(error)) => Err(error),
    }
}

/// Asks anew who may do what, as at the callback, and writes it.
async fn write_anew(app: &App, confirmed: &Confirmed<'_>, id: &ConnectionId) -> Result<Wrote, Stop> {
    let authorized = still_authorized(app, confirmed.flow).await?;
    let previous = app.connections.read(id).await?;
    write_consent(app, confirmed, previous, &authorized).await
}

/// Makes a handle the live one. A disconnect kills the handle that it finds: one that came behind it must not live again when
/// the customer reconnects, and is looked for here.
async fn put_handle(app: &App, id: &ConnectionId, handle: &Secret) -> Result<(), Error> {
    let hash = handle.fingerprint();
    app.handovers.put_handle(id, &hash).await?;
    let connection = app.connections.read(id).await?;
    if connection.is_none_or(|connection| connection.status() == Status::Disconnected) {
        app.handovers.void_handle(id, &hash).await?;
        return Err(no_such_code());
    }
    Ok(())
}

/// A valid access token for a handle, again and again.
///
/// # Errors
/// `Invalid` for a handle that is unknown, replaced by a newer one, another partner's, or of a connection that was
/// disconnected; else as reading a token.
pub async fn redeem_handle(
    app: &Arc<App>,
    key: &ApiKey,
    handle: Secret,
    platform: Option<PlatformName>,
    ends_at: Duration,
) -> Result<Exchanged, Error> {
    let presented = PresentedHandle::parse(&handle).ok_or_else(no_such_handle)?;
    let id = ConnectionId { partner: key.partner.clone(), company_key: presented.company_key };
    let (live, connection) = app.handovers.handle_and_connection(&id).await?;
    let is_live = live.is_some_and(|live| live.matches(&presented.hash));
    let connection = connection.filter(|connection| {
        let is_of_platform = platform.is_none_or(|platform| platform == connection.company.platform);
        is_live && is_of_platform && connection.status() != Status::Disconnected
    });
    let token = read_token(app, connection.ok_or_else(no_such_handle)?, None, ends_at).await?;
    Ok(Exchanged { token, handle })
}

/// Writes down that a code came which should not have, and says so.
async fn refuse(app: &App, key: &ApiKey, code: &Code) -> Error {
    let detail = [("partner", key.partner.to_string())];
    let mut audit = app.audit(&code.connection, Action::CodeRefused, Actor::Key(key.id.clone()), detail);
    // One row, however often it is presented: it is named by the code.
    audit.id = format!("{:012x}{}", code.expires_at.as_millisecond(), code.hash.short());
    app.audit_log.note(&audit).await.map_or_else(Error::from, |()| no_such_code())
}

fn no_such_code() -> Error {
    Error::invalid(
        "invalid_code",
        "The code is unknown, was exchanged already, is older than five minutes, or was not issued for this.",
    )
}

fn no_such_handle() -> Error {
    Error::invalid(
        "invalid_refresh_token",
        "The refresh token is unknown here, was replaced by a newer one, or belongs to a connection that was disconnected.",
    )
}
