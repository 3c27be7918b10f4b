//! Works every minute on the due purges, which remove the data of disconnected connections.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::service::worker::purge_due::purge_due;
use counterfoil_core::service::worker::shards::Report;
use counterfoil_core::{App, Error};
use serde::de::IgnoredAny;

use crate::metrics;

/// The part of the function's time that is reserved for its end.
const ENDING_TAKES: Duration = Duration::from_secs(1);

/// Works on the due purges and logs the metrics of the run. The event does not matter.
///
/// # Errors
/// As [`purge`].
pub async fn run(app: Arc<App>, _: IgnoredAny, left: Duration) -> Result<(), Error> {
    metrics::run_of_purges(&purge(&app, left).await?);
    Ok(())
}

/// Works on the due purges, within the function's remaining time.
///
/// # Errors
/// The table's error, if the due purges could not be read.
pub async fn purge(app: &Arc<App>, left: Duration) -> Result<Report, Error> {
    let report = purge_due(app, left.saturating_sub(ENDING_TAKES)).await?;
    if report.due > 0 {
        super::log("worked on purges", &report);
    }
    Ok(report)
}
