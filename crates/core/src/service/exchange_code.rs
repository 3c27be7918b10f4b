//! Exchanges a code of ours, or a handle, for an access token: what the partner's server does after a consent.

use std::sync::Arc;

use crate::model::api_key::ApiKey;
use crate::model::audit::{Action, Actor};
use crate::model::connection::{Connection, ConnectionId, Status};
use crate::model::handover::{CODE_LIFE, Code, PresentedHandle, handle};
use crate::model::platform::PlatformName;
use crate::model::secret::Secret;
use crate::model::time::later;
use crate::{App, Error};

use super::read_token::{Token, read_token};

/// Makes a code for a connection that was consented to just now.
///
/// # Errors
/// What the table says.
pub async fn issue_code(app: &App, connection: &Connection, redirect_uri: &str) -> Result<Secret, Error> {
    let code = Secret::new(format!("cf_code_{}", app.new_secret().expose()));
    let stored = Code {
        hash: code.fingerprint(),
        connection: connection.id.clone(),
        platform: connection.company.platform,
        company_id: connection.company.company_id.clone(),
        redirect_uri: redirect_uri.to_owned(),
        expires_at: later(app.now(), CODE_LIFE),
        spent: false,
    };
    app.handovers.put_code(&stored).await?;
    Ok(code)
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

/// Exchanges a code, once, for a token and a handle. What was issued before for that connection is dead from then on.
///
/// # Errors
/// `Invalid` for a code that is unknown, spent, over, or not this caller's: the four are not told apart. A code is spent by
/// nobody but its partner.
pub async fn exchange_code(app: &Arc<App>, key: &ApiKey, presented: &Presented) -> Result<Exchanged, Error> {
    let hash = presented.code.fingerprint();
    let code = app.handovers.code(&hash).await?.ok_or_else(no_such_code)?;
    let is_theirs = code.connection.partner == key.partner
        && code.platform == presented.platform
        && presented.redirect_uri.as_ref().is_none_or(|uri| *uri == code.redirect_uri);
    if !is_theirs || code.spent || code.expires_at <= app.now() {
        return Err(refuse(app, key, &code).await?);
    }
    // First the token: a platform that fails in passing must not cost the code.
    let found = app.connections.read(&code.connection).await?;
    let is_of = |connection: &Connection| {
        (connection.company.platform, &connection.company.company_id) == (code.platform, &code.company_id)
    };
    if !found.as_ref().is_some_and(is_of) {
        return Err(refuse(app, key, &code).await?);
    }
    let token = read_token(app, &code.connection, found, None).await?;
    if !app.handovers.consume_code(&hash, &app.new_id("exchange_"), app.now()).await? {
        return Err(refuse(app, key, &code).await?);
    }
    let handle = handle(&code.connection.company_key, &app.new_secret());
    put_handle(app, &code.connection, &handle).await?;
    Ok(Exchanged { token, handle })
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
) -> Result<Exchanged, Error> {
    let presented = PresentedHandle::parse(&handle).ok_or_else(no_such_handle)?;
    let id = ConnectionId { partner: key.partner.clone(), company_key: presented.company_key };
    let (live, connection) = app.handovers.handle_and_connection(&id).await?;
    let connection = connection.filter(|connection| {
        connection.status() != Status::Disconnected && platform.is_none_or(|platform| platform == connection.company.platform)
    });
    if connection.is_none() || !live.is_some_and(|live| live.matches(&presented.hash)) {
        return Err(no_such_handle());
    }
    let token = read_token(app, &id, connection, None).await?;
    Ok(Exchanged { token, handle })
}

/// Writes down that a code came which should not have.
async fn refuse(app: &App, key: &ApiKey, code: &Code) -> Result<Error, Error> {
    let detail = [("partner", key.partner.to_string())];
    let audit = app.audit(&code.connection, Action::CodeRefused, Actor::Key(key.id.clone()), detail);
    app.audit_log.note(&audit).await?;
    Ok(no_such_code())
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
