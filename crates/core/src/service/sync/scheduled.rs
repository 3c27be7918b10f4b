//! Begins the runs of a connection's schedule.

use crate::model::connection::{Connection, ConnectionId, Status};
use crate::model::sync::settings::Schedule;
use crate::model::sync::{SyncKind, Trigger};
use crate::port::store::syncs::SyncState;
use crate::{App, Error};

use crate::service::sync::begin::{Asked, begin};

/// Begins what the connection's schedule asks for now. A connection that is not active is passed over until the next time of its
/// schedule; so is one that nothing can be imported from.
///
/// # Errors
/// Those of the table. The connection is still due then.
pub(crate) async fn begin_scheduled(app: &App, id: &ConnectionId) -> Result<(), Error> {
    let state = app.syncs.state(id).await?;
    // The list of what is due may lag: it may still have a run that has ended.
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
    // Where another write came first, that one has decided when the connection is due.
    app.syncs.configure(id, &state, app.now()).await?;
    Ok(())
}

/// A run of checks; behind it one of invoices, if one has ever completed.
async fn begin_each(app: &App, connection: &Connection, state: &SyncState) -> Result<(), Error> {
    let has_invoices = state.known[SyncKind::ImportInvoices as usize].full_at.is_some();
    for kind in [Some(SyncKind::Sync), has_invoices.then_some(SyncKind::ImportInvoices)].into_iter().flatten() {
        begin(app, connection, &Asked { kind, full: false, is_dry: false, trigger: Trigger::Schedule, parent: None }).await?;
    }
    Ok(())
}
