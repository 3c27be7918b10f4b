//! Checks whether one connection is ready: it has valid tokens, its company is confirmed, its imports run and its webhooks arrive.

mod ask;
mod check;
mod company;
mod imports;
mod set_up;
#[cfg(test)]
mod tests;
mod tokens;
mod webhooks;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join;
use jiff::Timestamp;

use crate::model::connection::{Company, Connection, GrantState};
use crate::model::desktop::connection::DesktopConnection;
use crate::model::desktop::end_user::EndUserName;
use crate::model::probe::AccessAnswer;
use crate::port::store::syncs::SyncState;
use crate::{App, Error};

use crate::service::vault::refresh::of_its_client;
use crate::service::webhook::endpoints::{EndpointView, list_endpoints};

pub use check::{Advice, CheckResult, ReadinessCheck};

/// The result of all checks of a connection.
pub struct Readiness {
    /// The connection, as it is now.
    pub connection: Connection,
    /// When it was checked.
    pub checked_at: Timestamp,
    /// The checks, always the same ones in the same order.
    pub checks: [ReadinessCheck; 7],
}

impl Readiness {
    /// Whether no check fails.
    pub fn is_ready(&self) -> bool {
        self.checks.iter().all(|check| check.status != CheckResult::Fail)
    }
}

/// Checks a connection that the caller has just read. Given the monotonic time `asks_until`, it first asks the platform for the company,
/// at most once in ten seconds for each connection, and ends by that time. It makes at most four requests to the table, with the
/// platform six, and those of a refresh if the token needs one.
///
/// # Errors
/// `NotFound` if the connection is gone, and the table's errors. A failed check is no error.
pub async fn check_connection(app: &Arc<App>, connection: Connection, asks_until: Option<Duration>) -> Result<Readiness, Error> {
    let id = connection.id.clone();
    let state = async { Ok(app.syncs.state(&id).await?) };
    let (syncs, endpoints) = try_join(state, list_endpoints(app, &id.partner)).await?;
    let (connection, answer) = match asks_until {
        Some(ends_at) if matches!(connection.grant_state, GrantState::Active(_)) => {
            let answer = ask::ask(app, connection, ends_at).await?;
            (app.connections.read(&id).await?.ok_or(Error::NO_CONNECTION)?, answer)
        }
        _ => (connection, None),
    };
    let seen = Seen {
        client: client(app, &connection.company).await,
        web_connector: web_connector(app, &connection).await?,
        redirect_uri: app.redirect_uri(connection.company.platform),
        answer,
        syncs: &syncs,
        endpoints: &endpoints,
        now: app.now(),
        connection: &connection,
    };
    let (checked_at, checks) = (seen.now, decide(&seen));
    Ok(Readiness { connection, checked_at, checks })
}

/// The OAuth client of a company. A platform without OAuth has none, and no check of it.
async fn client(app: &App, company: &Company) -> Result<Client, Error> {
    if !company.platform.has_oauth() {
        return Ok(Client { needs_refresh_token: false });
    }
    of_its_client(app, company).await.map(|platform| Client { needs_refresh_token: platform.needs_refresh_token() })
}

async fn web_connector(app: &App, connection: &Connection) -> Result<Option<DesktopConnection>, Error> {
    let name = EndUserName::of_connection(&connection.id).filter(|_| !connection.company.platform.has_oauth());
    let Some(name) = name else { return Ok(None) };
    Ok(app.end_users.end_user(&name).await?.and_then(|(_, desktop)| desktop))
}

/// What the checks depend on.
struct Seen<'a> {
    connection: &'a Connection,
    /// The OAuth client of the connection's grant, if its credentials are there.
    client: Result<Client, Error>,
    redirect_uri: Result<String, Error>,
    /// The Web Connector of a connection to QuickBooks Desktop.
    web_connector: Option<DesktopConnection>,
    /// The platform's answer to the last request for the company; `None` if there was none lately.
    answer: Option<AccessAnswer>,
    syncs: &'a SyncState,
    /// The webhook endpoints of the partner.
    endpoints: &'a [EndpointView],
    now: Timestamp,
}

/// What the checks need to know of an OAuth client.
struct Client {
    /// Whether a grant without a refresh token is useless.
    needs_refresh_token: bool,
}

/// All checks, in the order of the API.
fn decide(seen: &Seen<'_>) -> [ReadinessCheck; 7] {
    [
        set_up::oauth_configuration(seen),
        set_up::callback_redirect(seen),
        tokens::access_token(seen),
        tokens::refresh_token(seen),
        company::company(seen),
        imports::sync(seen),
        webhooks::webhooks(seen),
    ]
}
