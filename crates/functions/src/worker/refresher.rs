//! Refreshes the due connections every minute, in the shards that the schedule's event names. Several schedules share the shards and run
//! at the same time.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::port::store::ALL_SHARDS;
use counterfoil_core::service::worker::probe_due::probe_due;
use counterfoil_core::service::worker::refresh_due::refresh_due;
use counterfoil_core::service::worker::shards::Report;
use counterfoil_core::{App, Error};
use serde::Deserialize;

use crate::metrics;

/// The event of a schedule. An event without shards, such as EventBridge's own, means all of them.
#[derive(Debug, Default, Deserialize)]
pub struct ScheduleEvent {
    /// The shards of this run.
    #[serde(default)]
    pub shards: Vec<u8>,
}

/// Refreshes due connections and logs the metrics of the run.
///
/// # Errors
/// As [`refresh`].
pub async fn run(app: Arc<App>, event: ScheduleEvent, left: Duration) -> Result<(), Error> {
    metrics::run(&refresh(&app, &event, left).await?);
    Ok(())
}

/// Refreshes due connections and processes due hints and probes. Nothing begins that could not end within the function's remaining time
/// `left`.
///
/// # Errors
/// The table's error, if no shard could be read.
pub async fn refresh(app: &Arc<App>, event: &ScheduleEvent, left: Duration) -> Result<Report, Error> {
    let shards = if event.shards.is_empty() { &ALL_SHARDS[..] } else { &event.shards };
    let left = super::begin(app, left).await;
    let (refreshed, probed) = tokio::join!(refresh_due(app, shards, left), probe_due(app, shards, left));
    // Unreadable shards of probes are logged and read again in a minute.
    if let Some(report) = probed.ok().filter(|report| report.due > 0) {
        super::log("followed hints and probes", &report);
    }
    let report = refreshed?;
    super::log("refreshed what was due", &report);
    Ok(report)
}
