//! Continues the due imports of all shards every minute.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::port::store::ALL_SHARDS;
use counterfoil_core::service::worker::shards::Report;
use counterfoil_core::service::worker::sync_due::sync_due;
use counterfoil_core::{App, Error};
use serde::de::IgnoredAny;

use crate::metrics;

/// Continues due imports and logs the metrics of the run. The event's content is ignored.
///
/// # Errors
/// As [`work`].
pub async fn run(app: Arc<App>, _: IgnoredAny, left: Duration) -> Result<(), Error> {
    metrics::run_of_imports(&work(&app, left).await?);
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
