//! Reads the next page of a run from its platform, within the platform's limits and with a valid token.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::{Company, Connection, GrantState};
use crate::model::probe::Probe;
use crate::model::secret::Secret;
use crate::model::sync::{SyncFailure, SyncRun};
use crate::model::time::later;
use crate::port::accounting::{Accounting, Limit, Page, PageRequest, ReadFailure};
use crate::port::store::syncs::Held;
use crate::{App, Error};

use crate::service::health::figures::count_throttled;
use crate::service::sync::admission::{Admission, Admitted};
use crate::service::sync::books::Books;
use crate::service::vault::read::{Token, force_refresh, read_token};

/// The longest time for one page. A platform may need half a minute for a thousand records.
const PAGE_TIME_MOST: Duration = Duration::from_secs(30);
/// No page is requested if less time than this is left for it.
const PAGE_TIME_LEAST: Duration = Duration::from_secs(5);
/// The time that is kept for comparing and storing a page's records.
const STORING_TIME: Duration = Duration::from_secs(4);
/// The most entries of a page, more than any platform gives. The ids of more would not fit into one item.
const ENTRIES_MOST: usize = 5_000;
/// The first pause after a failure for which the platform names no time.
const PAUSE: Duration = Duration::from_secs(1);
/// The pause before a refused token that was just refreshed is refreshed again: longer than the vault's least time between two forced
/// refreshes (T-4).
const PAUSE_AFTER_A_REFRESH: Duration = Duration::from_secs(11);
/// The longest pause while the Web Connector is not active. Its next sign-in ends the pause.
const PAUSE_WITHOUT_A_SIGN_IN: Duration = Duration::from_secs(900);

/// The result of reading a page.
pub(crate) enum Fetched {
    /// The page, and when it was requested.
    Page(Page, Timestamp),
    /// There is no page now. Another try after the pause may succeed.
    Retry(Pause),
    /// The run can read no more pages.
    Failure(SyncFailure),
    /// Too little time is left for a page.
    OutOfTime,
}

/// A pause before the next try.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pause {
    /// Its least length.
    pub(crate) time: Duration,
    /// The reason for it.
    pub(crate) cause: Cause,
}

/// The reason for a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A limit on requests is reached, by our count or by the platform's. This is not a failure.
    Limit,
    /// The platform answered that its daily limit is reached.
    DailyLimit,
    /// The Web Connector is not active.
    NotActive,
    /// Any other reason.
    Failure,
}

/// Reads the next page of a run, by the monotonic time `ends_at`, and counts the requests. If the platform refuses the token, the
/// token is refreshed once.
///
/// # Errors
/// The table's errors.
pub(crate) async fn next_page(app: &Arc<App>, sync: &mut SyncRun, ends_at: Duration) -> Result<Fetched, Error> {
    let connection = match connection_of(app, sync).await? {
        Ok(connection) => connection,
        Err(failure) => return Ok(Fetched::Failure(failure)),
    };
    let books = match Books::of(app, &connection.id, &connection.company).await {
        Ok(books) => books,
        Err(error) => return Ok(failed(sync, &error)),
    };
    let accounting = books.accounting().ok_or_else(|| Error::Internal("a run of a platform without books".to_owned()))?;
    let token = match token_of(app, connection, ends_at).await {
        Ok(token) => token,
        Err(error) => return no_token(app, sync, &error).await,
    };
    match request(app, accounting, sync, &token, ends_at).await? {
        Answer::Refused => {}
        Answer::Fetched(fetched) => return Ok(fetched),
    }
    let refused = token.connection.epoch;
    let token = match force_refresh(app, token.connection, ends_at).await {
        Ok(token) if token.connection.epoch == refused => {
            // It was refreshed a moment ago, and is not refreshed again so soon.
            return Ok(Fetched::Retry(Pause { time: PAUSE_AFTER_A_REFRESH, cause: Cause::Failure }));
        }
        Ok(token) => token,
        Err(error) => return no_token(app, sync, &error).await,
    };
    match request(app, accounting, sync, &token, ends_at).await? {
        Answer::Refused => {
            let now = app.now();
            app.probes.suspect(&Probe::suspected(sync.connection.clone(), 1, now), now).await?;
            Ok(Fetched::Failure(SyncFailure::ReauthorizationRequired))
        }
        Answer::Fetched(fetched) => Ok(fetched),
    }
}

/// A valid token; an empty one for a platform without tokens.
async fn token_of(app: &Arc<App>, connection: Connection, ends_at: Duration) -> Result<Token, Error> {
    if connection.grant_state == GrantState::WithoutGrant {
        return Ok(Token { connection, access_token: Secret::new("") });
    }
    read_token(app, connection, None, ends_at).await
}

/// The answer to one request.
enum Answer {
    /// The platform refused the token.
    Refused,
    Fetched(Fetched),
}

async fn request(
    app: &App,
    accounting: &dyn Accounting,
    sync: &mut SyncRun,
    token: &Token,
    ends_at: Duration,
) -> Result<Answer, Error> {
    if !is_company_of(&token.connection, sync) {
        return Ok(Answer::Fetched(Fetched::Failure(SyncFailure::Disconnected)));
    }
    let Some(time) = time_for_a_page(app, ends_at) else { return Ok(Answer::Fetched(Fetched::OutOfTime)) };
    let cursor = sync.cursor.clone().unwrap_or_else(|| accounting.first(&sync.options));
    let asked_at = app.now();
    let admission = Admission::new(app, &sync.connection, &sync.company, accounting.limits());
    let (access_token, company, options) = (&token.access_token, &sync.company, &sync.options);
    let page = accounting.page(PageRequest { access_token, company, options, cursor: &cursor, time, admit: &admission }).await;
    let Admitted { requests, held } = admission.end();
    sync.requests = sync.requests.saturating_add(requests);
    let page = match page {
        Ok(page) => page,
        Err(ReadFailure::Unauthorized) => return Ok(Answer::Refused),
        Err(ReadFailure::Held) => {
            let time = held?.unwrap_or(PAUSE);
            count_throttled(app, &sync.connection, sync.company.platform);
            return Ok(Answer::Fetched(Fetched::Retry(Pause { time, cause: Cause::Limit })));
        }
        Err(failure) => {
            if matches!(failure, ReadFailure::Limited { .. }) {
                count_throttled(app, &sync.connection, sync.company.platform);
            }
            hold_others(app, &sync.company, &failure).await;
            return Ok(Answer::Fetched(no_page(sync, failure)));
        }
    };
    if page.next.as_ref() == Some(&cursor) || page.entries.len() > ENTRIES_MOST {
        let entries = page.entries.len();
        tracing::error!(sync = sync.id.as_str(), entries, fault = "internal", "a page leads to itself, or is too long");
        return Ok(Answer::Fetched(no_page(sync, ReadFailure::Unavailable { retry_after: None })));
    }
    Ok(Answer::Fetched(Fetched::Page(page, asked_at)))
}

/// Holds the requests of all processes back for as long as the platform asks: those for the company, or those of the app if its limit
/// is reached. If the table fails, only this run waits.
async fn hold_others(app: &App, company: &Company, failure: &ReadFailure) {
    let (time, scope) = match failure {
        ReadFailure::Limited { limit: Limit::Simultaneous, .. } => return,
        ReadFailure::Limited { retry_after, limit: Limit::App } => (*retry_after, Held::App),
        ReadFailure::Limited { retry_after, .. } | ReadFailure::Unavailable { retry_after: Some(retry_after) } => {
            (*retry_after, Held::Company)
        }
        _ => return,
    };
    if let Err(error) = app.syncs.hold(company, scope, later(app.now(), time)).await {
        tracing::warn!(%error, "a pause that a platform asks for could not be stored for all processes");
    }
}

fn no_page(sync: &SyncRun, failure: ReadFailure) -> Fetched {
    let retry = |time, cause| Fetched::Retry(Pause { time, cause });
    match failure {
        ReadFailure::Unauthorized => Fetched::Failure(SyncFailure::ReauthorizationRequired),
        ReadFailure::CompanyGone => Fetched::Failure(SyncFailure::CompanyGone),
        ReadFailure::AccessDenied => Fetched::Failure(SyncFailure::AccessDenied),
        ReadFailure::Limited { retry_after, limit: Limit::Day } => retry(retry_after, Cause::DailyLimit),
        ReadFailure::Limited { retry_after, .. } => retry(retry_after.max(PAUSE), Cause::Failure),
        ReadFailure::Held => retry(PAUSE, Cause::Limit),
        ReadFailure::NotActive => retry(PAUSE_WITHOUT_A_SIGN_IN, Cause::NotActive),
        ReadFailure::Unavailable { retry_after } => retry(retry_after.unwrap_or(PAUSE), Cause::Failure),
        ReadFailure::Rejected { code } => {
            tracing::error!(sync = sync.id.as_str(), code, fault = "internal", "a platform rejected the request for a page");
            Fetched::Failure(SyncFailure::PlatformUnavailable)
        }
    }
}

/// The run's connection, if it is active and still has the run's company; else why the run fails.
async fn connection_of(app: &App, sync: &SyncRun) -> Result<Result<Connection, SyncFailure>, Error> {
    let Some(connection) = app.connections.read(&sync.connection).await? else {
        return Ok(Err(SyncFailure::Disconnected));
    };
    let is_same = is_company_of(&connection, sync);
    Ok(match connection.grant_state {
        GrantState::Active(_) | GrantState::WithoutGrant if is_same => Ok(connection),
        GrantState::NeedsReauthorization { .. } if is_same => Err(SyncFailure::ReauthorizationRequired),
        _ => Err(SyncFailure::Disconnected),
    })
}

fn is_company_of(connection: &Connection, sync: &SyncRun) -> bool {
    let (now, then) = (&connection.company, &sync.company);
    now.platform == then.platform && now.environment == then.environment && now.company_id == then.company_id
}

/// What becomes of a run whose connection has no token: it fails if the grant has ended, else it is tried again.
async fn no_token(app: &App, sync: &SyncRun, error: &Error) -> Result<Fetched, Error> {
    Ok(match connection_of(app, sync).await? {
        Ok(_) => failed(sync, error),
        Err(failure) => Fetched::Failure(failure),
    })
}

fn failed(sync: &SyncRun, error: &Error) -> Fetched {
    tracing::warn!(sync = sync.id.as_str(), code = error.code(), fault = error.fault(), %error, "a run has no token");
    Fetched::Retry(Pause { time: PAUSE, cause: Cause::Failure })
}

fn time_for_a_page(app: &App, ends_at: Duration) -> Option<Duration> {
    let left = ends_at.saturating_sub(app.clock.elapsed()).saturating_sub(STORING_TIME);
    (left >= PAGE_TIME_LEAST).then(|| left.min(PAGE_TIME_MOST))
}
