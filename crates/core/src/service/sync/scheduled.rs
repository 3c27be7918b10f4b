//! Begins the runs of a connection's schedule.

use crate::model::connection::{Connection, ConnectionId, Status};
use crate::model::sync::settings::Schedule;
use crate::model::sync::{SyncKind, Trigger};
use crate::port::store::syncs::SyncState;
use crate::{App, Error};

use crate::service::sync::begin::{SyncRequest, begin};

/// Begins the runs of a connection whose schedule is due. If the connection is not active, or there is no import for its platform,
/// no run begins before the next time of its schedule.
///
/// # Errors
/// The table's errors. The connection then stays due.
pub(crate) async fn begin_scheduled(app: &App, id: &ConnectionId) -> Result<(), Error> {
    let state = app.syncs.state(id).await?;
    // The list of due connections may lag: the run that was due may have ended.
    if state.active.is_some() || state.due_at.is_none_or(|due_at| due_at > app.now()) {
        return Ok(());
    }
    let connection = app.connections.read(id).await?.filter(|connection| connection.status() == Status::Active);
    if let Some(connection) = connection.filter(|_| state.settings.schedule != Schedule::Off) {
        match begin_each(app, &connection, &state).await {
            Ok(()) => return Ok(()),
            Err(error @ Error::TryLater { .. }) => return Err(error),
            Err(error) => {
                tracing::error!(connection = %id, code = error.code(), fault = error.fault(), %error, "a scheduled run could not begin");
            }
        }
    }
    // If another write came first, it set the time at which the connection is due.
    app.syncs.configure(id, &state, app.now()).await?;
    Ok(())
}

/// Begins a run of checks, and queues one of invoices if a run of invoices has ever completed.
async fn begin_each(app: &App, connection: &Connection, state: &SyncState) -> Result<(), Error> {
    let has_invoices = state.known[SyncKind::ImportInvoices as usize].full_at.is_some();
    for kind in [Some(SyncKind::Sync), has_invoices.then_some(SyncKind::ImportInvoices)].into_iter().flatten() {
        begin(app, connection, &SyncRequest { kind, full: false, is_dry: false, trigger: Trigger::Schedule, parent: None })
            .await?;
    }
    Ok(())
}
