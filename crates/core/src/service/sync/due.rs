//! Begins the runs of a connection that are due: by its schedule, or because a notification of the platform asks for them.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::model::connection::{Connection, ConnectionId, Status};
use crate::model::sync::notified::Notified;
use crate::model::sync::{SyncKind, Trigger};
use crate::port::store::syncs::SyncState;
use crate::{App, Error};

use crate::service::sync::begin::{SyncRequest, begin};

/// Begins the runs of a connection that are due. If the connection is not active, or there is no import for its platform, no run
/// begins before the next time of its schedule or the next notification.
///
/// # Errors
/// The table's errors. The connection then stays due.
pub(crate) async fn begin_due(app: &App, id: &ConnectionId) -> Result<(), Error> {
    let (state, now) = (app.syncs.state(id).await?, app.now());
    // The list of due connections may lag: the run that was due may have ended.
    if state.active.is_some() || state.due_at.is_none_or(|due_at| due_at > now) {
        return Ok(());
    }
    let runs = due_runs(&state, id, now);
    let connection = app.connections.read(id).await?.filter(|connection| connection.status() == Status::Active);
    let notified = match connection {
        None => state.notified.clone().dropped(),
        Some(connection) => match begin_each(app, &connection, &runs).await {
            Ok(()) if !runs.is_empty() => return Ok(()),
            Ok(()) => state.notified.clone(),
            Err(error) if error.is_temporary() => return Err(error),
            Err(error) => {
                tracing::error!(connection = %id, code = error.code(), fault = error.fault(), %error, "a run that is due could not begin");
                notified_after(&error, state.notified.clone(), now)
            }
        },
    };
    // If another write came first, it set the time at which the connection is due.
    app.syncs.configure(id, &SyncState { notified, ..state }, now).await?;
    Ok(())
}

/// A fault of ours may be gone later. Anything else lasts.
fn notified_after(error: &Error, notified: Notified, now: Timestamp) -> Notified {
    if error.fault().is_some() { notified.paused(now) } else { notified.dropped() }
}

/// The kinds of runs that are due, and what starts them. A kind that both ask for is the schedule's.
fn due_runs(state: &SyncState, id: &ConnectionId, now: Timestamp) -> Vec<(SyncKind, Trigger)> {
    let schedule = state.settings.schedule.next(id, state.scheduled_until(now));
    let is_scheduled = schedule.is_some_and(|at| at <= now);
    // Invoices are imported by a schedule if a run of invoices has ever completed.
    let has_invoices = state.baselines[SyncKind::ImportInvoices as usize].full_at.is_some();
    let scheduled = [Some(SyncKind::Sync), has_invoices.then_some(SyncKind::ImportInvoices)].into_iter().flatten();
    let scheduled: BTreeSet<_> = scheduled.filter(|_| is_scheduled).collect();
    let is_notified = state.notified.due_at().is_some_and(|due_at| due_at <= now);
    let notified = state.notified.kinds.difference(&scheduled).filter(|_| is_notified);
    let notified: Vec<_> = notified.map(|kind| (*kind, Trigger::Platform)).collect();
    scheduled.into_iter().map(|kind| (kind, Trigger::Schedule)).chain(notified).collect()
}

async fn begin_each(app: &App, connection: &Connection, runs: &[(SyncKind, Trigger)]) -> Result<(), Error> {
    for (kind, trigger) in runs {
        let request = SyncRequest { kind: *kind, full: false, is_dry: false, trigger: *trigger, parent: None };
        begin(app, connection, &request).await?;
    }
    Ok(())
}
