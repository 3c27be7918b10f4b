//! Continues imports: every minute the due ones of all shards, and those of a connection as soon as a message of the queue names it.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::SqsMessage;
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::port::store::ALL_SHARDS;
use counterfoil_core::service::sync::work_on_due;
use counterfoil_core::service::worker::shards::Report;
use counterfoil_core::service::worker::sync_due::sync_due;
use counterfoil_core::{App, Error};
use counterfoil_store::waking;
use serde::Deserialize;

use crate::metrics;

/// The worker's event: messages of its queue, or without messages an event of its schedule.
#[derive(Debug, Default, Deserialize)]
pub struct WorkerEvent {
    /// The messages.
    #[serde(default, rename = "Records")]
    pub messages: Vec<SqsMessage>,
}

/// Continues the imports that the event means. For the schedule it logs the metrics of the run.
///
/// # Errors
/// As [`work`]. A message causes no error, because the schedule finds the import.
pub async fn run(app: Arc<App>, event: WorkerEvent, left: Duration) -> Result<(), Error> {
    if event.messages.is_empty() {
        metrics::run_of_imports(&work(&app, left).await?);
        return Ok(());
    }
    let ends_at = app.clock.elapsed() + super::begin(&app, left).await;
    for message in event.messages {
        match waking::read(message.body.as_deref().unwrap_or_default()) {
            Ok(id) => work_on(&app, &id, ends_at).await,
            Err(error) => tracing::error!(%error, fault = "internal", "a message is left out"),
        }
    }
    Ok(())
}

/// Continues due imports, within the function's remaining time `left`.
///
/// # Errors
/// The table's error, if no shard could be read.
pub async fn work(app: &Arc<App>, left: Duration) -> Result<Report, Error> {
    let left = super::begin(app, left).await;
    let report = sync_due(app, &ALL_SHARDS, left).await?;
    if report.due > 0 {
        super::log("worked on imports", &report);
    }
    Ok(report)
}

/// Continues one connection's imports until the clock's elapsed time is `ends_at`.
pub async fn work_on(app: &Arc<App>, id: &ConnectionId, ends_at: Duration) {
    // On the heap, since it is larger than everything else in the event's future.
    if let Err(error) = Box::pin(work_on_due(app, id, ends_at)).await {
        tracing::error!(connection = %id, code = error.code(), fault = error.fault(), %error, "an import could not be worked on");
    }
}
