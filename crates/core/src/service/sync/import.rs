//! The request for an import: begins a run for each connection that it names, and works on the runs while the caller waits.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};

use crate::model::connection::{Connection, ConnectionId, Status};
use crate::model::name::{CompanyKey, PartnerId};
use crate::model::platform::PlatformName;
use crate::model::sync::{Skipped, SyncGroup, SyncId, SyncKind, SyncRun, SyncStatus, Trigger};
use crate::port::store::connections::ListQuery;
use crate::{App, Error};

use crate::service::sync::begin::{SyncRequest, begin};
use crate::service::sync::wake::wake;
use crate::service::sync::work::{Worked, work};

/// The most connections of one request.
const CONNECTIONS_MOST: usize = 1_000;
/// The most connections that an answer names.
pub const NAMED_MOST: usize = 100;
/// How many runs one request works on at once.
const AT_ONCE_MOST: usize = 4;
/// How many runs of a group are stored in one write.
const PARTS_AT_ONCE: usize = 90;
/// How many runs are begun at once.
const BEGUN_AT_ONCE: usize = 30;
/// How often connections are listed if the list is empty, [`BETWEEN_LOOKS`] apart: the list may lag behind a consent.
const LOOKS_MOST: u32 = 4;
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);
/// How often a run is read again while another process works on it.
const POLL: Duration = Duration::from_millis(500);

/// A request for an import.
#[derive(Debug, Clone)]
pub struct ImportRequest {
    /// The platform to import from.
    pub platform: PlatformName,
    /// The records to import.
    pub kind: SyncKind,
    /// The connection to import from. `None` means every active connection to the platform.
    pub company_key: Option<CompanyKey>,
    /// Whether all records are read, rather than only those that changed.
    pub full: bool,
    /// Whether the import stores no records.
    pub is_dry: bool,
    /// What requested the import.
    pub trigger: Trigger,
}

/// The runs of a request.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The id of the run, or of the group of runs if there are several.
    pub id: SyncId,
    /// The runs as they are now.
    pub runs: Vec<SyncRun>,
    /// Connections that were left out, because they need a new consent or their import could not begin: at most [`NAMED_MOST`].
    pub skipped: Vec<Skipped>,
}

/// Begins a run for each connection of the request, or finds the one that is active. Works on the runs until the monotonic time
/// `ends_at`, and then wakes workers for what is left.
///
/// # Errors
/// `NotFound` if there is no active connection; `Conflict` if the only one needs a new consent; `Invalid` if there is no import for
/// the platform, or if there are too many connections; the table's errors.
pub async fn import(app: &Arc<App>, partner: &PartnerId, request: &ImportRequest, ends_at: Duration) -> Result<Imported, Error> {
    let Selected { connections, mut skipped } = select(app, partner, request).await?;
    if connections.is_empty() {
        return Err(if skipped.is_empty() { Error::NOTHING_CONNECTED } else { needs_consent() });
    }
    let group = (connections.len() > 1).then(|| SyncId::new(app.new_id("sync_")));
    let each = SyncRequest {
        kind: request.kind,
        full: request.full,
        is_dry: request.is_dry,
        trigger: request.trigger,
        parent: group.clone(),
    };
    let mut count = connections.len();
    let mut runs = Vec::with_capacity(count);
    for part in connections.chunks(PARTS_AT_ONCE) {
        let Begun { runs: begun, refused } = begin_all(app, part, &each).await;
        count -= refused.len();
        let error = refused.into_iter().find_map(|(connection, error)| leave_out(&mut skipped, connection, error, count));
        if let Some(id) = group.as_ref().filter(|_| count > 0) {
            store_group(app, partner, request, id, count, &begun, &skipped).await?;
        }
        if let Some(error) = error {
            return Err(error);
        }
        runs.extend(begun);
    }
    // Other workers may begin with the runs that this process cannot work on yet.
    let others: Vec<_> = runs.iter().skip(AT_ONCE_MOST).map(|run| &run.connection).collect();
    wake(app, &others).await;
    let id = group.unwrap_or_else(|| runs[0].id.clone());
    let working: Vec<_> = runs.into_iter().map(|run| until_over(app, run, ends_at)).collect();
    let runs = stream::iter(working).buffered(AT_ONCE_MOST).collect().await;
    Ok(Imported { id, runs, skipped })
}

/// The runs that were begun, and the errors of the others.
struct Begun<'a> {
    runs: Vec<SyncRun>,
    refused: Vec<(&'a Connection, Error)>,
}

async fn begin_all<'a>(app: &App, connections: &'a [Connection], request: &SyncRequest) -> Begun<'a> {
    let beginning: Vec<_> = connections.iter().map(|connection| begin(app, connection, request)).collect();
    let results: Vec<_> = stream::iter(beginning).buffered(BEGUN_AT_ONCE).collect().await;
    let mut begun = Begun { runs: Vec::with_capacity(results.len()), refused: Vec::new() };
    for (connection, result) in connections.iter().zip(results) {
        match result {
            Ok(run) => begun.runs.push(run),
            Err(error) => begun.refused.push((connection, error)),
        }
    }
    begun
}

/// Leaves a connection out whose import could not begin, if others are left. Returns the error of the whole request: that of the last
/// connection, or one of the installation, which affects all of them.
fn leave_out(skipped: &mut Vec<Skipped>, connection: &Connection, error: Error, left: usize) -> Option<Error> {
    let is_its_own = matches!(
        error,
        Error::NotFound(_)
            | Error::Conflict { .. }
            | Error::Invalid { .. }
            | Error::ConsentNeeded { .. }
            | Error::InProgress { .. }
    );
    if left == 0 || !is_its_own {
        return Some(error);
    }
    if skipped.len() < NAMED_MOST {
        skipped.push(Skipped { company_key: connection.id.company_key.clone(), reason: error.code().to_owned() });
    }
    None
}

/// The connections of a request.
struct Selected {
    connections: Vec<Connection>,
    skipped: Vec<Skipped>,
}

async fn select(app: &App, partner: &PartnerId, request: &ImportRequest) -> Result<Selected, Error> {
    let Some(company_key) = &request.company_key else {
        let mut found = all_of(app, partner, request.platform).await?;
        for _ in 1..LOOKS_MOST {
            if !found.connections.is_empty() || !found.skipped.is_empty() {
                break;
            }
            app.clock.sleep(BETWEEN_LOOKS).await;
            found = all_of(app, partner, request.platform).await?;
        }
        return Ok(found);
    };
    let id = ConnectionId { partner: partner.clone(), company_key: company_key.clone() };
    let found = app.connections.read(&id).await?.filter(|connection| connection.company.platform == request.platform);
    match found {
        Some(connection) if connection.status() == Status::Active => {
            Ok(Selected { connections: vec![connection], skipped: Vec::new() })
        }
        Some(connection) if connection.status() == Status::NeedsReauthorization => Err(needs_consent()),
        _ => Err(Error::NOTHING_CONNECTED),
    }
}

async fn all_of(app: &App, partner: &PartnerId, platform: PlatformName) -> Result<Selected, Error> {
    let mut query = ListQuery { platform: Some(platform), limit: 100, ..ListQuery::default() };
    let mut selected = Selected { connections: Vec::new(), skipped: Vec::new() };
    loop {
        let page = app.connections.list(partner, &query).await?;
        for connection in page.connections {
            match connection.status() {
                Status::Active => selected.connections.push(connection),
                Status::NeedsReauthorization if selected.skipped.len() < NAMED_MOST => {
                    let company_key = connection.id.company_key;
                    selected.skipped.push(Skipped { company_key, reason: needs_consent().code().to_owned() });
                }
                Status::NeedsReauthorization | Status::Disconnected => {}
            }
        }
        if selected.connections.len() > CONNECTIONS_MOST {
            let message = format!("There are more than {CONNECTIONS_MOST} connections. Name one of them.");
            return Err(Error::invalid("too_many_connections", message));
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(selected),
        }
    }
}

async fn store_group(
    app: &App,
    partner: &PartnerId,
    request: &ImportRequest,
    id: &SyncId,
    count: usize,
    begun: &[SyncRun],
    skipped: &[Skipped],
) -> Result<(), Error> {
    let group = SyncGroup {
        id: id.clone(),
        partner: partner.clone(),
        platform: request.platform,
        kind: request.kind,
        created_at: app.now(),
        count: u32::try_from(count).unwrap_or(u32::MAX),
        skipped: skipped.to_vec(),
    };
    let ids: Vec<_> = begun.iter().map(|run| run.id.clone()).collect();
    Ok(app.syncs.store_group(&group, &ids).await?)
}

/// Works on a run until it has ended, must wait, or the time is over. While another process works on the run, reads it repeatedly.
/// An error is only logged: the run has begun, and a worker continues it.
async fn until_over(app: &Arc<App>, run: SyncRun, ends_at: Duration) -> SyncRun {
    let mut run = run;
    while !run.status.is_over() && app.clock.elapsed() + POLL < ends_at {
        match work_and_look(app, &run, ends_at).await {
            Ok((looked, goes_on)) => {
                run = looked;
                if !goes_on {
                    break;
                }
            }
            Err(error) => {
                tracing::error!(sync = run.id.as_str(), code = error.code(), fault = error.fault(), %error, "a run could not be worked on");
                break;
            }
        }
    }
    run
}

/// Works on the run once. Returns the run as it then is, and whether more work on it may help soon.
async fn work_and_look(app: &Arc<App>, run: &SyncRun, ends_at: Duration) -> Result<(SyncRun, bool), Error> {
    let worked = work(app, &run.connection, ends_at).await?;
    let now = app.syncs.sync(&run.connection.partner, &run.id).await?.unwrap_or_else(|| run.clone());
    match worked {
        Worked::Paused => Ok((now, false)),
        Worked::Ended => {
            wake_for_the_next(app, &run.connection).await;
            Ok((now, true))
        }
        Worked::Nothing if waits(app, &now).await? => Ok((now, false)),
        Worked::Nothing => {
            app.clock.sleep(POLL).await;
            Ok((now, true))
        }
    }
}

/// Wakes a worker for the run that was queued behind one that has ended: this process works on the run of its own request alone.
/// If the table fails, the worker's next scheduled invocation finds that run.
async fn wake_for_the_next(app: &App, connection: &ConnectionId) {
    match app.syncs.state(connection).await {
        Ok(state) if state.active.is_some() => wake(app, &[connection]).await,
        Ok(_) => {}
        Err(error) => tracing::warn!(%connection, %error, "it is not known whether another run follows"),
    }
}

/// Whether the run waits for its platform, or the run that precedes it does.
async fn waits(app: &App, run: &SyncRun) -> Result<bool, Error> {
    let is_waiting = |run: &SyncRun| run.resumes_at.is_some_and(|at| at > app.now());
    if run.status != SyncStatus::Queued {
        return Ok(is_waiting(run));
    }
    match app.syncs.state(&run.connection).await?.active {
        Some((_, first)) if first != run.id => {
            Ok(app.syncs.sync(&run.connection.partner, &first).await?.as_ref().is_some_and(is_waiting))
        }
        _ => Ok(false),
    }
}

fn needs_consent() -> Error {
    Error::conflict("reauthorization_required", "The customer must consent again before anything can be imported.")
}
