//! Gets the next page of a run from its platform: within the platform's limits, with a token that is valid.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::{Connection, Standing};
use crate::model::probe::Probe;
use crate::model::sync::{SyncFailure, SyncRun};
use crate::port::accounting::{Accounting, Ask, Page, ReadFailure};
use crate::{App, Error};

use crate::service::vault::read::{Token, force_refresh, read_token};
use crate::service::vault::refresh::of_its_client;

/// How long a page may take. A platform may need half a minute for a thousand records.
const PAGE_TIME_MOST: Duration = Duration::from_secs(30);
/// No page is asked for that must come sooner.
const PAGE_TIME_LEAST: Duration = Duration::from_secs(5);
/// What is left of a worker's time when a page has come: its records are compared and stored.
const STORING_TIME: Duration = Duration::from_secs(4);
/// No platform gives as many entries on one page. More would not fit into the item of a page.
const ENTRIES_MOST: usize = 5_000;
/// How long to wait after a failure that says nothing of it, at first.
const PAUSE: Duration = Duration::from_secs(1);

/// What came of asking.
pub(crate) enum Got {
    /// A page, and when it was asked for.
    Page(Page, Timestamp),
    /// None; another try may bring one.
    Nothing(Pause),
    /// The run can read nothing more.
    Failure(SyncFailure),
    /// The worker's time is over.
    Late,
}

/// When another try may help.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pause {
    /// After how long at least.
    pub(crate) time: Duration,
    /// Why.
    pub(crate) cause: Cause,
}

/// Why there is a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A limit of the platform is reached, by our own count of requests or by the platform's: no failure.
    Limit,
    /// The platform said that its daily limit is reached.
    DailyLimit,
    /// Anything else.
    Failure,
}

/// Asks for the next page, and counts its requests. A refused token is refreshed once.
///
/// # Errors
/// Those of the table.
pub(crate) async fn next_page(app: &Arc<App>, sync: &mut SyncRun, ends_at: Duration) -> Result<Got, Error> {
    let connection = match connection_of(app, sync).await? {
        Ok(connection) => connection,
        Err(failure) => return Ok(Got::Failure(failure)),
    };
    let platform = match of_its_client(app, &connection.company).await {
        Ok(platform) => platform,
        Err(error) => return Ok(failed(sync, &error)),
    };
    let accounting = platform.accounting().ok_or_else(|| Error::Internal("a run of a platform without books".to_owned()))?;
    let token = match read_token(app, connection, None, ends_at).await {
        Ok(token) => token,
        Err(error) => return no_token(app, sync, &error).await,
    };
    match ask(app, accounting, sync, &token, ends_at).await? {
        Answer::Refused => {}
        Answer::Got(got) => return Ok(got),
    }
    let token = match force_refresh(app, token.connection, ends_at).await {
        Ok(token) => token,
        Err(error) => return no_token(app, sync, &error).await,
    };
    match ask(app, accounting, sync, &token, ends_at).await? {
        Answer::Refused => {
            let now = app.now();
            app.probes.suspect(&Probe::suspected(sync.connection.clone(), 1, now), now).await?;
            Ok(Got::Failure(SyncFailure::ReauthorizationRequired))
        }
        Answer::Got(got) => Ok(got),
    }
}

/// What came of one request.
enum Answer {
    /// The platform does not take the token.
    Refused,
    Got(Got),
}

async fn ask(
    app: &App,
    accounting: &dyn Accounting,
    sync: &mut SyncRun,
    token: &Token,
    ends_at: Duration,
) -> Result<Answer, Error> {
    if !is_company_of(&token.connection, sync) {
        return Ok(Answer::Got(Got::Failure(SyncFailure::Disconnected)));
    }
    let Some(time) = time_for_a_page(app, ends_at) else { return Ok(Answer::Got(Got::Late)) };
    if let Some(time) = app.syncs.reserve(&sync.company, accounting.limits(), 1, app.now()).await? {
        return Ok(Answer::Got(Got::Nothing(Pause { time, cause: Cause::Limit })));
    }
    let cursor = sync.cursor.clone().unwrap_or_else(|| accounting.first(&sync.scope));
    let asked_at = app.now();
    sync.requests = sync.requests.saturating_add(1);
    let ask = Ask { access_token: &token.access_token, company: &sync.company, scope: &sync.scope, cursor: &cursor, time };
    let page = match accounting.page(ask).await {
        Ok(page) => page,
        Err(ReadFailure::Unauthorized) => return Ok(Answer::Refused),
        Err(failure) => return Ok(Answer::Got(no_page(sync, failure))),
    };
    let more = page.requests.saturating_sub(1);
    if more > 0 {
        sync.requests = sync.requests.saturating_add(more);
        // They are made: beyond the limit the next request waits.
        app.syncs.reserve(&sync.company, accounting.limits(), more, app.now()).await?;
    }
    if page.next.as_ref() == Some(&cursor) || page.entries.len() > ENTRIES_MOST {
        let entries = page.entries.len();
        tracing::error!(sync = sync.id.as_str(), entries, fault = "internal", "a page leads to itself, or is too long");
        return Ok(Answer::Got(no_page(sync, ReadFailure::Unavailable { retry_after: None })));
    }
    Ok(Answer::Got(Got::Page(page, asked_at)))
}

fn no_page(sync: &SyncRun, failure: ReadFailure) -> Got {
    let nothing = |time, cause| Got::Nothing(Pause { time, cause });
    match failure {
        ReadFailure::Unauthorized => Got::Failure(SyncFailure::ReauthorizationRequired),
        ReadFailure::CompanyGone => Got::Failure(SyncFailure::CompanyGone),
        ReadFailure::AccessDenied => Got::Failure(SyncFailure::AccessDenied),
        ReadFailure::Limited { retry_after, is_daily: true } => nothing(retry_after, Cause::DailyLimit),
        ReadFailure::Limited { retry_after, is_daily: false } => nothing(retry_after.max(PAUSE), Cause::Failure),
        ReadFailure::Unavailable { retry_after } => nothing(retry_after.unwrap_or(PAUSE), Cause::Failure),
        ReadFailure::Rejected { code } => {
            tracing::error!(sync = sync.id.as_str(), code, fault = "internal", "a platform rejected the request for a page");
            Got::Failure(SyncFailure::PlatformUnavailable)
        }
    }
}

/// The connection, if it still reads this company.
async fn connection_of(app: &App, sync: &SyncRun) -> Result<Result<Connection, SyncFailure>, Error> {
    let Some(connection) = app.connections.read(&sync.connection).await? else {
        return Ok(Err(SyncFailure::Disconnected));
    };
    let is_same = is_company_of(&connection, sync);
    Ok(match connection.standing {
        Standing::Active(_) if is_same => Ok(connection),
        Standing::NeedsReauthorization { .. } if is_same => Err(SyncFailure::ReauthorizationRequired),
        _ => Err(SyncFailure::Disconnected),
    })
}

fn is_company_of(connection: &Connection, sync: &SyncRun) -> bool {
    let (now, then) = (&connection.company, &sync.company);
    now.platform == then.platform && now.environment == then.environment && now.company_id == then.company_id
}

/// What it means that there is no token: the connection says whether its grant has ended.
async fn no_token(app: &App, sync: &SyncRun, error: &Error) -> Result<Got, Error> {
    Ok(match connection_of(app, sync).await? {
        Ok(_) => failed(sync, error),
        Err(failure) => Got::Failure(failure),
    })
}

fn failed(sync: &SyncRun, error: &Error) -> Got {
    tracing::warn!(sync = sync.id.as_str(), code = error.code(), fault = error.fault(), %error, "a run has no token");
    Got::Nothing(Pause { time: PAUSE, cause: Cause::Failure })
}

fn time_for_a_page(app: &App, ends_at: Duration) -> Option<Duration> {
    let left = ends_at.saturating_sub(app.clock.elapsed()).saturating_sub(STORING_TIME);
    (left >= PAGE_TIME_LEAST).then(|| left.min(PAGE_TIME_MOST))
}
