//! Exchanges our code, or a handle, for an access token. The partner's server calls this after a consent.

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
use crate::service::consent::write::{WriteResult, write_consent};
use crate::service::optimistic::Tries;
use crate::service::vault::read::{Token, serve_token};
use crate::{App, Error};

/// Issues a code for a consent that has written its connection, or that waits for the exchange of a code. The previous code becomes
/// invalid. `None` if a code was exchanged already, or the consent failed.
///
/// # Errors
/// The table's errors.
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

/// A code that a partner presents.
pub struct PresentedCode {
    /// The code.
    pub code: Secret,
    /// The platform in the request.
    pub platform: PlatformName,
    /// The redirect URI in the request, if there is one.
    pub redirect_uri: Option<String>,
}

/// A token, and a handle to get the next one.
pub struct Exchanged {
    /// The token and its connection.
    pub token: Token,
    /// The only valid handle of that connection.
    pub handle: Secret,
}

/// Exchanges a code, once, for a token and a handle. The connection's previous handle becomes invalid. If the token needs a refresh, it
/// ends by the monotonic time `ends_at`.
///
/// # Errors
/// `Invalid` if the code is unknown, exchanged, expired, or not this partner's. All four get the same answer. Only the code's own
/// partner can spend it.
pub async fn exchange_code(
    app: &Arc<App>,
    key: &ApiKey,
    presented: &PresentedCode,
    ends_at: Duration,
) -> Result<Exchanged, Error> {
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
    // The token first: a temporary failure of the platform must not spend the code.
    let found = app.connections.read(&code.connection).await?;
    let is_of = |connection: &Connection| {
        (connection.company.platform, &connection.company.company_id) == (code.platform, &code.company_id)
    };
    let Some(connection) = found.filter(is_of) else { return Err(refuse(app, key, &code).await) };
    let token = serve_token(app, connection, None, ends_at).await?;
    if !app.handovers.consume_code(&hash, &app.new_id("exchange_"), app.now()).await? {
        return Err(refuse(app, key, &code).await);
    }
    let handle = handle(&code.connection.company_key, &app.new_secret());
    put_handle(app, &code.connection, &handle).await?;
    Ok(Exchanged { token, handle })
}

/// Spends the code and writes the connection, in one write. It checks again what the consent may do.
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
    match write_connection(app, &confirmed, &code.connection).await {
        // The grant is minutes old, so its token is valid without a request to the platform.
        Ok(WriteResult::Connection(connection)) => {
            let token = serve_token(app, *connection, None, ends_at).await?;
            Ok(Exchanged { token, handle })
        }
        Ok(WriteResult::Waits | WriteResult::FlowIsOver) => Err(refuse(app, key, code).await),
        Err(Stop::Failed(failure)) => Err(match end_confirmed(app, &confirmed, failure).await? {
            ConsentOutcome::Failed(failure) => failure.into(),
            _ => no_such_code(),
        }),
        Err(Stop::Fault(error)) => Err(error),
    }
}

/// Checks the authority of the consent again, and writes it.
async fn write_connection(app: &App, confirmed: &Confirmed<'_>, id: &ConnectionId) -> Result<WriteResult, Stop> {
    let authorized = still_authorized(app, confirmed.flow).await?;
    let previous = app.connections.read(id).await?;
    write_consent(app, confirmed, previous, &authorized).await
}

/// Stores the handle of a connection. A disconnect deletes the handle that it finds. So after the write the connection is read, and a
/// handle that was stored after a disconnect is deleted: it must not become valid when the customer reconnects.
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

/// A valid access token for a handle. A handle can be used any number of times.
///
/// # Errors
/// `Invalid` if the handle is unknown, replaced, another partner's, or of a disconnected connection; otherwise the errors of reading a
/// token.
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
    let token = serve_token(app, connection.ok_or_else(no_such_handle)?, None, ends_at).await?;
    Ok(Exchanged { token, handle })
}

/// Records that an invalid code was presented, and returns the error.
async fn refuse(app: &App, key: &ApiKey, code: &Code) -> Error {
    let detail = [("partner", key.partner.to_string())];
    let mut audit = app.audit(&code.connection, Action::CodeRefused, Actor::Key(key.id.clone()), detail);
    // One row for a code, however often it is presented: the row's id is the code's.
    audit.id = format!("{:012x}{}", code.expires_at.as_millisecond(), code.hash.short());
    app.audit_log.note(&audit).await.map_or_else(Error::from, |()| no_such_code())
}

fn no_such_code() -> Error {
    Error::invalid(
        "invalid_code",
        "The code is unknown, was exchanged already, is older than five minutes, or was not issued for this partner, platform and redirect URI.",
    )
}

fn no_such_handle() -> Error {
    Error::invalid(
        "invalid_refresh_token",
        "The refresh token is unknown, was replaced by a newer one, or belongs to a disconnected connection.",
    )
}
