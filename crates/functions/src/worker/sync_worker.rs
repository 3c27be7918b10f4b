//! Works on imports: every minute, whatever is due in all shards.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::port::store::ALL_SHARDS;
use counterfoil_core::service::worker::shards::Report;
use counterfoil_core::service::worker::sync_due::sync_due;
use counterfoil_core::{App, Error};
use serde::de::IgnoredAny;

use crate::metrics;

/// Works on what is due, whatever the event says, and measures how it went.
///
/// # Errors
/// As [`work`].
pub async fn run(app: Arc<App>, _: IgnoredAny, left: Duration) -> Result<(), Error> {
    metrics::run_of_imports(&work(&app, left).await?);
    Ok(())
}

/// Works on the runs that are due, within the time that the function has.
///
/// # Errors
/// Those of the table, if not one shard could be read.
pub async fn work(app: &Arc<App>, left: Duration) -> Result<Report, Error> {
    let left = super::begin(app, left).await;
    let report = sync_due(app, &ALL_SHARDS, left).await?;
    if report.due > 0 {
        super::log("worked on imports", &report);
    }
    Ok(report)
}
