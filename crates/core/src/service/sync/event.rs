//! The partner's event about the end of a run.

use crate::App;
use crate::model::event::{Event, Payload, Subject, SyncOutcome};
use crate::model::sync::{SyncFailure, SyncRun};
use crate::port::store::StoreError;

/// The event for a run that has completed, or that failed with `failure`. A dry run has none.
pub(crate) async fn event_of(app: &App, run: &SyncRun, failure: Option<SyncFailure>) -> Result<Option<Event>, StoreError> {
    if run.is_dry {
        return Ok(None);
    }
    let Some(connection) = app.connections.read(&run.connection).await? else { return Ok(None) };
    let outcome = SyncOutcome { sync: run.id.clone(), kind: run.options.kind, counts: run.counts };
    let subject = Subject {
        connection: run.connection.clone(),
        platform: run.company.platform,
        company_id: run.company.company_id.clone(),
        company_name: run.company_name.clone(),
        epoch: connection.epoch,
    };
    let payload = match failure {
        None => Payload::SyncCompleted(outcome),
        Some(reason) => Payload::SyncFailed { outcome, reason },
    };
    Ok(Some(Event { id: app.new_id(Event::ID_PREFIX), subject, at: app.now(), payload }))
}
