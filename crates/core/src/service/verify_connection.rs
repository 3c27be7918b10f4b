//! Asks the platform whether a connection still reaches its company, with its live token (T-7). What a link or a person says of
//! it is believed only as far as this shows.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;

use crate::model::connection::{Company, Connection, ConnectionId, DeathCause};
use crate::model::platform::{Environment, PlatformName};
use crate::model::time::earlier;
use crate::port::platform::{ConfirmFailure, Inquiry};
use crate::port::store::Written;
use crate::{App, Error};

use super::read_token::{Token, force_refresh_by, how_to_reconnect, read_token_by};
use super::refresh::step::in_words;
use super::refresh::{end_of, of_its_client};

/// A connection that reaches its company.
pub struct Verified {
    /// The connection, as it is now.
    pub connection: Connection,
    /// What the platform calls the company.
    pub company_name: String,
}

/// Asks the platform. Where it takes the token for that company no more, and not one refreshed just now either, the grant is
/// ended.
///
/// # Errors
/// `NotFound`; `Conflict` where a consent is needed, by what came of this or before; `PlatformFailed` and `TryLater` where nobody
/// knows: then nothing was changed.
pub async fn verify_connection(app: &Arc<App>, id: &ConnectionId, found: Option<Connection>) -> Result<Verified, Error> {
    let ends_at = app.clock.elapsed() + app.settings.function_time.saturating_sub(app.settings.store_timeout);
    verify_by(app, id, found, ends_at).await
}

async fn verify_by(app: &Arc<App>, id: &ConnectionId, found: Option<Connection>, ends_at: Duration) -> Result<Verified, Error> {
    // Reading may refresh, and no refresh is begun that could not end.
    in_time(app, app.settings.refresh_time(), ends_at)?;
    let token = read_token_by(app, id, found, None, ends_at).await.map_err(as_conflict)?;
    if let Some(company_name) = asked_in_time(app, &token, ends_at).await? {
        return Ok(Verified { connection: token.connection, company_name });
    }
    in_time(app, app.settings.refresh_time(), ends_at)?;
    let token = force_refresh_by(app, id, Some(token.connection), ends_at).await.map_err(as_conflict)?;
    match asked_in_time(app, &token, ends_at).await? {
        Some(company_name) => Ok(Verified { connection: token.connection, company_name }),
        None => Err(withdrawn(app, &token.connection).await?),
    }
}

/// The company's name; `None` where the platform does not take the token for it.
async fn asked_in_time(app: &App, token: &Token, ends_at: Duration) -> Result<Option<String>, Error> {
    in_time(app, app.settings.platform_timeout + app.settings.store_timeout, ends_at)?;
    let Token { connection, access_token } = token;
    let company_id = &connection.company.company_id;
    let region = connection.grant().and_then(|grant| grant.region.as_deref());
    let inquiry = Inquiry { access_token, region, claim: Some(company_id) };
    match of_its_client(app, &connection.company).await?.companies(inquiry).await {
        Ok(reach) => match reach.companies.into_iter().find(|it| it.company_id == *company_id) {
            None if !reach.is_complete => Err(not_asked()),
            found => Ok(found.map(|company| company.name)),
        },
        Err(ConfirmFailure::Unauthorized) => Ok(None),
        Err(ConfirmFailure::Denied | ConfirmFailure::Unavailable) => Err(not_asked()),
    }
}

/// The platform did not say what it would have to say for this to mean something.
fn not_asked() -> Error {
    Error::PlatformFailed {
        code: "platform_unavailable",
        message: "The platform could not be asked for the company just now. Nothing was changed.".to_owned(),
        retry_after: Some(Duration::from_secs(5)),
    }
}

/// What would outlast the function is not begun; what was done so far counts for the next time.
fn in_time(app: &App, takes: Duration, ends_at: Duration) -> Result<(), Error> {
    if app.clock.elapsed() + takes <= ends_at {
        return Ok(());
    }
    let message = "The platform is too slow for one request just now; try again.".to_owned();
    Err(Error::TryLater { code: "verification_too_slow", message, retry_after: Duration::from_secs(1) })
}

/// Ends the grant of a connection that reaches its company no more.
async fn withdrawn(app: &App, connection: &Connection) -> Result<Error, Error> {
    let end = end_of(app, connection, DeathCause::AccessWithdrawn);
    match app.grants.end_grant(&end).await? {
        Written::Stored => Ok(reauthorization_required(&format!(
            "{} {}",
            in_words(DeathCause::AccessWithdrawn.as_str()),
            how_to_reconnect(connection)
        ))),
        Written::Overtaken => Err(Error::TryLater {
            code: "connection_changed",
            message: "The connection was changed meanwhile; try again.".to_owned(),
            retry_after: Duration::from_secs(1),
        }),
    }
}

/// A grant that the platform refused just now: the vault has marked it as ended.
fn as_conflict(error: Error) -> Error {
    match error {
        Error::PlatformFailed { code: "grant_refused", message, .. } => reauthorization_required(&message),
        error => error,
    }
}

fn reauthorization_required(message: &str) -> Error {
    Error::conflict("reauthorization_required", message)
}

/// Least time between two probes of one connection that only a hint asked for.
const PROBED_EVERY: Duration = Duration::from_secs(60);
/// How many connections to a company are read at once.
const PER_PAGE: u32 = 100;
/// How many connections are probed at once.
const PROBED_AT_ONCE: usize = 20;

/// Probes the connections to a company that somebody says was disconnected at its platform. Anyone can say so: hence what comes
/// of it is told to nobody, and a connection is probed once a minute at most.
pub async fn heed_hint(app: &Arc<App>, platform: PlatformName, company_id: &str) {
    let ends_at = app.clock.elapsed() + app.settings.function_time;
    let mut hinted = Vec::new();
    for environment in [Environment::Production, Environment::Sandbox] {
        match connected(app, platform, environment, company_id, ends_at).await {
            Ok(connections) => hinted.extend(connections),
            Err(error) => tracing::warn!(%platform, environment = environment.as_str(), %error, "a hint was not followed"),
        }
    }
    stream::iter(hinted).for_each_concurrent(PROBED_AT_ONCE, async |id| probe(app, id, ends_at).await).await;
}

async fn connected(
    app: &App,
    platform: PlatformName,
    environment: Environment,
    company_id: &str,
    ends_at: Duration,
) -> Result<Vec<ConnectionId>, Error> {
    let client_id = app.platforms.get(platform, environment).await?.client_id().to_owned();
    let company_id = company_id.to_owned();
    let company = Company { platform, environment, client_id, company_id, api_base_url: String::new() };
    let mut connected = Vec::new();
    let mut after = None;
    loop {
        let page = app.connections.holders(&company, after.as_deref(), PER_PAGE).await?;
        connected.extend(page.connections.into_iter().map(|connection| connection.id));
        after = page.next;
        if after.is_none() || app.clock.elapsed() >= ends_at {
            return Ok(connected);
        }
    }
}

async fn probe(app: &Arc<App>, id: ConnectionId, ends_at: Duration) {
    let now = app.now();
    let probed = match app.connections.note_probe(&id, now, earlier(now, PROBED_EVERY)).await {
        Ok(Written::Overtaken) => return,
        Ok(Written::Stored) => probe_now(app, &id, ends_at).await,
        Err(error) => Err(error.into()),
    };
    match probed {
        Ok(()) => tracing::info!(connection = %id, "a hint was wrong: the connection works"),
        Err(error) => tracing::info!(connection = %id, %error, "a hint was followed"),
    }
}

async fn probe_now(app: &Arc<App>, id: &ConnectionId, ends_at: Duration) -> Result<(), Error> {
    let found = app.connections.read(id).await?;
    verify_by(app, id, found, ends_at).await.map(drop)
}
