//! Begins a run, or finds the active or queued one of the same kind: a connection has at most one run of each kind.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::connection::{Connection, ConnectionId};
use crate::model::sync::counts::Counts;
use crate::model::sync::notified::Notified;
use crate::model::sync::{OVERLAP, ReadOptions, SyncId, SyncKind, SyncRun, SyncStatus, Trigger};
use crate::model::time::{earlier, until};
use crate::port::store::syncs::SyncState;
use crate::port::store::{StoreError, Written};
use crate::{App, Error};

use crate::service::optimistic::Tries;
use crate::service::sync::books::Books;

/// The longest time between two full runs. Only a full run shows that the stored records equal the platform's.
const FULL_EVERY: Duration = Duration::from_secs(7 * 86_400);

/// The time after which a request that finds two runs may be repeated.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// A request for a run of one connection.
#[derive(Debug, Clone)]
pub struct SyncRequest {
    /// The records to import.
    pub kind: SyncKind,
    /// Whether all records are read, even if a run of the changed ones would be enough.
    pub full: bool,
    /// Whether the run stores no records.
    pub is_dry: bool,
    /// What requested the run.
    pub trigger: Trigger,
    /// The group that the run belongs to.
    pub parent: Option<SyncId>,
}

/// Begins a run of an active connection. If a run of that kind is active or queued, returns that one. The new run is queued if a
/// run of the other kind is active, or if only one of the two is a dry run.
///
/// # Errors
/// `Invalid` if there is no import for the platform; `InProgress` if another run is queued already; the table's errors.
pub async fn begin(app: &App, connection: &Connection, request: &SyncRequest) -> Result<SyncRun, Error> {
    let platform = connection.company.platform;
    if Books::of(app, &connection.id, &connection.company).await?.accounting().is_none() {
        return Err(Error::invalid("import_not_supported", format!("Nothing is imported from {platform}.")));
    }
    let mut tries = Tries::new(app, "a run could not be begun");
    loop {
        tries.next().await?;
        let state = app.syncs.state(&connection.id).await?;
        if state.purge_epoch.is_some_and(|epoch| connection.epoch <= epoch) {
            // It was disconnected after it was read.
            return Err(Error::NOTHING_CONNECTED);
        }
        if let Some(run) = under_way(app, &connection.id, &state, request).await? {
            return Ok(run);
        }
        let run = new_run(app, connection, request, &state);
        let entry = Some((request.kind, run.id.clone()));
        let state = SyncState { notified: notified_after(&state, request, run.created_at), ..state };
        let next = match &state.active {
            None => SyncState { active: entry, ..state },
            Some(_) if state.queued.is_none() => SyncState { queued: entry, ..state },
            Some(_) => {
                return Err(Error::InProgress {
                    code: "sync_in_progress",
                    message: "One sync is in progress, and another is queued. Try again later.".to_owned(),
                    retry_after: RETRY_AFTER,
                });
            }
        };
        match app.syncs.begin(&run, &next).await {
            Ok(Written::Stored) => return Ok(run),
            Ok(Written::Overtaken) | Err(StoreError::Busy(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// What notifications still ask for once this run has begun. A dry run imports nothing that they told of.
fn notified_after(state: &SyncState, request: &SyncRequest, now: Timestamp) -> Notified {
    match request.trigger {
        _ if request.is_dry => state.notified.clone(),
        Trigger::Platform => state.notified.clone().without(request.kind).paused(now),
        Trigger::Api | Trigger::Schedule | Trigger::Command => state.notified.clone().without(request.kind),
    }
}

async fn under_way(app: &App, id: &ConnectionId, state: &SyncState, request: &SyncRequest) -> Result<Option<SyncRun>, Error> {
    for (kind, sync) in [&state.active, &state.queued].into_iter().flatten() {
        if *kind == request.kind
            && let Some(run) = app.syncs.sync(&id.partner, sync).await?
            && run.is_dry == request.is_dry
        {
            return Ok(Some(run));
        }
    }
    Ok(None)
}

fn new_run(app: &App, connection: &Connection, request: &SyncRequest, state: &SyncState) -> SyncRun {
    let now = app.now();
    let settings = &state.settings;
    let since = if request.full { None } else { known_from(connection, request.kind, state, now) };
    SyncRun {
        id: SyncId::new(app.new_id("sync_")),
        connection: connection.id.clone(),
        epoch: connection.epoch,
        company: connection.company.clone(),
        company_name: connection.company_name.clone(),
        options: ReadOptions {
            kind: request.kind,
            since: since.map(|at| earlier(at, OVERLAP)),
            check_rule: settings.check_rule.clone(),
            keeps_source: settings.keeps_source,
        },
        trigger: request.trigger,
        parent: request.parent.clone(),
        is_dry: request.is_dry,
        status: SyncStatus::Queued,
        failure: None,
        cursor: None,
        counts: Counts::default(),
        error_samples: Vec::new(),
        left_out: Vec::new(),
        pages: 0,
        records_read: 0,
        records_total: None,
        requests: 0,
        failures: 0,
        created_at: now,
        read_from: None,
        finished_at: None,
        resumes_at: None,
        reconciliation: None,
    }
}

/// The time from which on it is enough to read changes. `None` if all records must be read: if the company or the check rule
/// changed, or if a week has passed since the last full run.
fn known_from(connection: &Connection, kind: SyncKind, state: &SyncState, now: Timestamp) -> Option<Timestamp> {
    let known = &state.baselines[kind as usize];
    let is_same_company = known.company_id.as_ref() == Some(&connection.company.company_id);
    let is_same_rule = kind != SyncKind::Sync || known.check_rule == state.settings.check_rule;
    let had_full = known.full_at.is_some_and(|at| until(at, now) < FULL_EVERY);
    known.read_from.filter(|_| is_same_company && is_same_rule && had_full)
}
