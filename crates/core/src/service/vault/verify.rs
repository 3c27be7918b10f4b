//! Asks the platform whether a connection still has access to its company (T-7).

use std::sync::Arc;
use std::time::Duration;

use crate::model::connection::{Connection, ConnectionId, DeathCause};
use crate::model::failure_code::FailureCode;
use crate::model::probe::{CONFIRMED_AFTER, Probe};
use crate::model::time::later;
use crate::port::platform::{CompaniesRequest, ConfirmFailure};
use crate::port::store::Written;
use crate::{App, Ended, Error};

use crate::service::vault::read::{Token, force_refresh, read_token};
use crate::service::vault::refresh::{end_of, of_its_client};

/// A connection that has access to its company.
pub struct Verified {
    /// The connection, as it is now.
    pub connection: Connection,
    /// The platform's name of the company.
    pub company_name: String,
}

/// Asks the platform for the connection's company, and ends by the monotonic time `ends_at`. The grant ends if the platform accepts
/// neither the stored token nor a fresh one, or does not list the company. A 403 does not end the grant: the platform is asked again in
/// ten minutes.
///
/// # Errors
/// `ConsentNeeded`; `PlatformFailed` and `TryLater` if the platform gave no clear answer. Then nothing was changed.
pub async fn verify_connection(app: &Arc<App>, connection: Connection, ends_at: Duration) -> Result<Verified, Error> {
    let id = connection.id.clone();
    match access_of(app, connection, ends_at).await? {
        Access::Given { connection, company_name } => Ok(Verified { connection, company_name }),
        Access::Forbidden => {
            ask_again(app, id).await?;
            Err(forbidden())
        }
        Access::Withdrawn(connection) => Err(end_withdrawn(app, &connection).await),
    }
}

/// Schedules the probe that the refresher makes in ten minutes, because the platform refused this request.
///
/// # Errors
/// The table's errors.
pub(crate) async fn ask_again(app: &App, id: ConnectionId) -> Result<(), Error> {
    let now = app.now();
    let probe = Probe::suspected(id, 1, later(now, CONFIRMED_AFTER));
    app.probes.suspect(&probe, now).await?;
    Ok(())
}

/// A connection's access to its company, as the platform answers.
pub(crate) enum Access {
    /// The connection has access.
    Given {
        /// The connection, as it is now.
        connection: Connection,
        /// The platform's name of the company.
        company_name: String,
    },
    /// The platform accepts the token and refuses the request (403).
    Forbidden,
    /// The platform refuses the token for the company, and also a fresh one.
    Withdrawn(Connection),
}

/// Asks with the stored token and, if that is refused, with a fresh one.
///
/// # Errors
/// As [`verify_connection`].
pub(crate) async fn access_of(app: &Arc<App>, connection: Connection, ends_at: Duration) -> Result<Access, Error> {
    // The read may refresh the token, and a refresh must be able to end in time.
    in_time(app, app.settings.refresh_time(), ends_at)?;
    let token = read_token(app, connection, None, ends_at).await.map_err(as_before)?;
    match asked_in_time(app, &token, ends_at).await? {
        CompanyAnswer::Company(company_name) => return Ok(Access::Given { connection: token.connection, company_name }),
        CompanyAnswer::Forbidden => return Ok(Access::Forbidden),
        CompanyAnswer::NotTaken => {}
    }
    in_time(app, app.settings.refresh_time(), ends_at)?;
    let token = force_refresh(app, token.connection, ends_at).await.map_err(as_before)?;
    Ok(match asked_in_time(app, &token, ends_at).await? {
        CompanyAnswer::Company(company_name) => Access::Given { connection: token.connection, company_name },
        CompanyAnswer::Forbidden => Access::Forbidden,
        CompanyAnswer::NotTaken => Access::Withdrawn(token.connection),
    })
}

/// A platform's clear answer to a request for a company.
pub(crate) enum CompanyAnswer {
    /// The company's name.
    Company(String),
    /// The platform refuses the token, or the company is not among those of the grant.
    NotTaken,
    /// The platform accepts the token and refuses the request (403).
    Forbidden,
}

async fn asked_in_time(app: &App, token: &Token, ends_at: Duration) -> Result<CompanyAnswer, Error> {
    in_time(app, app.settings.platform_timeout + app.settings.store_timeout, ends_at)?;
    ask(app, token).await
}

/// Requests the company of a connection with its access token.
///
/// # Errors
/// `PlatformFailed` if there is no clear answer.
pub(crate) async fn ask(app: &App, token: &Token) -> Result<CompanyAnswer, Error> {
    let Token { connection, access_token } = token;
    let company_id = &connection.company.company_id;
    let region = connection.grant().and_then(|grant| grant.region.as_deref());
    let request = CompaniesRequest { access_token, region, claim: Some(company_id) };
    match of_its_client(app, &connection.company).await?.companies(request).await {
        Ok(found) => match found.companies.into_iter().find(|it| it.company_id == *company_id) {
            Some(company) => Ok(CompanyAnswer::Company(company.name)),
            None if found.is_complete => Ok(CompanyAnswer::NotTaken),
            None => Err(not_asked()),
        },
        Err(ConfirmFailure::Unauthorized) => Ok(CompanyAnswer::NotTaken),
        Err(ConfirmFailure::Forbidden) => Ok(CompanyAnswer::Forbidden),
        Err(ConfirmFailure::Denied | ConfirmFailure::Unavailable) => Err(not_asked()),
    }
}

/// The error of a request without a clear answer.
fn not_asked() -> Error {
    Error::PlatformFailed {
        code: "platform_unavailable",
        message: "The request for the company to the platform failed. Nothing was changed.".to_owned(),
        retry_after: Some(Duration::from_secs(5)),
    }
}

fn forbidden() -> Error {
    Error::PlatformFailed {
        code: "company_forbidden",
        message:
            "The platform refused the request for the company (403). Nothing was changed. The request is repeated in ten minutes."
                .to_owned(),
        retry_after: Some(CONFIRMED_AFTER),
    }
}

/// Refuses a step that could not end in time. The next request continues from what is stored by then.
fn in_time(app: &App, takes: Duration, ends_at: Duration) -> Result<(), Error> {
    if app.clock.elapsed() + takes <= ends_at {
        return Ok(());
    }
    let message = "The platform took too long. Try again.".to_owned();
    Err(Error::TryLater { code: "verification_too_slow", message, retry_after: Duration::from_secs(1) })
}

/// Ends the grant of a connection that has no access to its company any more, and returns the error for the caller.
async fn end_withdrawn(app: &App, connection: &Connection) -> Error {
    let end = end_of(app, connection, DeathCause::AccessWithdrawn);
    match app.grants.end_grant(&end).await {
        Ok(Written::Stored) => consent_needed(FailureCode::AccessWithdrawn.in_words()),
        Ok(Written::Overtaken) => Error::TryLater {
            code: "connection_changed",
            message: "The connection was changed meanwhile. Try again.".to_owned(),
            retry_after: Duration::from_secs(1),
        },
        Err(error) => error.into(),
    }
}

/// Gives a verification the same error whether the grant ended during it or before.
fn as_before(error: Error) -> Error {
    match error {
        Error::ConsentNeeded { found: Ended::JustNow, why } => consent_needed(why),
        error => error,
    }
}

fn consent_needed(why: &'static str) -> Error {
    Error::ConsentNeeded { found: Ended::Before, why }
}
