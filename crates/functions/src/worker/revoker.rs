//! Revokes grants that are over: every minute, whatever is due in all shards. It also ends expired flows that have a grant.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::port::store::ALL_SHARDS;
use counterfoil_core::service::worker::revoke_due::revoke_due;
use counterfoil_core::service::worker::shards::Report;
use counterfoil_core::{App, Error};
use serde::de::IgnoredAny;

/// Sends what is due, whatever the event says.
///
/// # Errors
/// As [`revoke`].
pub async fn run(app: Arc<App>, _: IgnoredAny, left: Duration) -> Result<(), Error> {
    revoke(&app, left).await.map(drop)
}

/// Sends the revocations that are due and ends expired flows, within the time that the function has: nothing is begun that could
/// not end in it.
///
/// # Errors
/// Those of the table, if not one shard could be read.
pub async fn revoke(app: &Arc<App>, left: Duration) -> Result<Report, Error> {
    let left = super::begin(app, left).await;
    let report = revoke_due(app, &ALL_SHARDS, left).await?;
    if report.due > 0 {
        super::log("sent pending revocations", &report);
    }
    Ok(report)
}
