//! Sends the due revocations of all shards every minute. It also ends expired flows that have a grant.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::port::store::ALL_SHARDS;
use counterfoil_core::service::worker::revoke_due::revoke_due;
use counterfoil_core::service::worker::shards::Report;
use counterfoil_core::{App, Error};
use serde::de::IgnoredAny;

/// Sends due revocations. The event's content is ignored.
///
/// # Errors
/// As [`revoke`].
pub async fn run(app: Arc<App>, _: IgnoredAny, left: Duration) -> Result<(), Error> {
    revoke(&app, left).await.map(drop)
}

/// Sends due revocations and ends expired flows. Nothing begins that could not end within the function's remaining time `left`.
///
/// # Errors
/// The table's error, if no shard could be read.
pub async fn revoke(app: &Arc<App>, left: Duration) -> Result<Report, Error> {
    let left = super::begin(app, left).await;
    let report = revoke_due(app, &ALL_SHARDS, left).await?;
    if report.due > 0 {
        super::log("sent pending revocations", &report);
    }
    Ok(report)
}
