//! Removes what is stored of connections whose purge was requested: every minute, whatever is due.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::service::worker::purge_due::purge_due;
use counterfoil_core::service::worker::shards::Report;
use counterfoil_core::{App, Error};
use serde::de::IgnoredAny;

use crate::metrics;

/// What is kept of the function's time for its end.
const ENDING_TAKES: Duration = Duration::from_secs(1);

/// Works on what is due, whatever the event says, and measures how it went.
///
/// # Errors
/// As [`purge`].
pub async fn run(app: Arc<App>, _: IgnoredAny, left: Duration) -> Result<(), Error> {
    metrics::run_of_purges(&purge(&app, left).await?);
    Ok(())
}

/// Works on the purges that are due, within the time that the function has.
///
/// # Errors
/// Those of the table, if it cannot say what is due.
pub async fn purge(app: &Arc<App>, left: Duration) -> Result<Report, Error> {
    let report = purge_due(app, left.saturating_sub(ENDING_TAKES)).await?;
    if report.due > 0 {
        super::log("worked on purges", &report);
    }
    Ok(report)
}
