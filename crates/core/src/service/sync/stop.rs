//! Ends runs that another process may be working on: because a partner cancels one, or because the connection was disconnected.

use crate::model::connection::ConnectionId;
use crate::model::sync::{SyncFailure, SyncId, SyncKind, SyncStatus};
use crate::port::store::syncs::{StoppedRun, SyncState};
use crate::port::store::{StoreError, Written};
use crate::{App, Error};

use crate::service::health::figures::count_import;
use crate::service::optimistic::Tries;
use crate::service::sync::event::event_of;
use crate::service::sync::wake::wake;

/// Ends every run of a connection that no longer reads the company. After this none of them stores anything. If the table fails,
/// each run ends before its next page, when it reads the connection.
pub(crate) async fn stop_runs(app: &App, id: &ConnectionId) {
    if let Err(error) = stop(app, id, |_| true, Some(SyncFailure::Disconnected)).await {
        tracing::error!(connection = %id, %error, "the runs of a connection could not be ended");
    }
}

/// Cancels a run. Returns whether it did: a run that has already ended stays as it is.
///
/// # Errors
/// The table's errors.
pub async fn cancel(app: &App, id: &ConnectionId, sync: &SyncId) -> Result<bool, Error> {
    stop(app, id, |of| of == sync, None).await
}

/// Ends these runs: as failed with `failure`, or as canceled if that is `None`.
async fn stop(
    app: &App,
    id: &ConnectionId,
    is_meant: impl Fn(&SyncId) -> bool,
    failure: Option<SyncFailure>,
) -> Result<bool, Error> {
    let mut tries = Tries::new(app, "a run could not be ended");
    loop {
        tries.next().await?;
        let mut state = app.syncs.state(id).await?;
        let mut ended = Vec::new();
        let mut keep = |entry: Option<(SyncKind, SyncId)>| match entry {
            Some((_, sync)) if is_meant(&sync) => {
                ended.push(sync);
                None
            }
            entry => entry,
        };
        let (active, queued) = (keep(state.active.take()), keep(state.queued.take()));
        if ended.is_empty() {
            return Ok(false);
        }
        let begins_queued = active.is_none() && queued.is_some();
        let (active, queued) = if active.is_none() { (queued, None) } else { (active, queued) };
        let next = SyncState { active, queued, ..state };
        let mut stopped = Vec::with_capacity(ended.len());
        for sync in ended {
            stopped.push(one(app, id, sync, failure).await?);
        }
        match app.syncs.stop(id, &next, &stopped, app.now()).await {
            Ok(Written::Stored) => {
                for event in stopped.iter().filter_map(|run| run.event.as_ref()) {
                    count_import(app, id, event.subject.platform, true, 0);
                }
                if begins_queued {
                    wake(app, &[id]).await;
                }
                return Ok(true);
            }
            Ok(Written::Overtaken) | Err(StoreError::Busy(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

async fn one(app: &App, id: &ConnectionId, sync: SyncId, failure: Option<SyncFailure>) -> Result<StoppedRun, Error> {
    let run = app.syncs.sync(&id.partner, &sync).await?;
    let event = match (&run, failure) {
        (Some(run), Some(_)) => event_of(app, run, failure).await?,
        _ => None,
    };
    let status = if failure.is_some() { SyncStatus::Failed } else { SyncStatus::Canceled };
    Ok(StoppedRun { sync, status, failure, event })
}
