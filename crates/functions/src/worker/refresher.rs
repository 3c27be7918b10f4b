//! Keeps tokens fresh, and revokes grants: every minute, whatever is due in the shards that the
//! schedule's event names. Several schedules share the shards, so that they run beside each other.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::port::store::DUE_SHARDS;
use counterfoil_core::service::vault::in_hand::store_in_hand;
use counterfoil_core::service::worker::probe_due::probe_due;
use counterfoil_core::service::worker::refresh_due::refresh_due;
use counterfoil_core::service::worker::revoke_due::revoke_due;
use counterfoil_core::service::worker::shards::Report;
use counterfoil_core::{App, Error};
use serde::Deserialize;

use crate::metrics;

/// What the schedule says. An event without shards, such as EventBridge's own, means all of them.
#[derive(Debug, Default, Deserialize)]
pub struct Turn {
    /// The shards of this run.
    #[serde(default)]
    pub shards: Vec<u8>,
}

/// Refreshes what is due, and measures how it went.
///
/// # Errors
/// As [`refresh`].
pub async fn run(app: Arc<App>, turn: Turn, left: Duration) -> Result<(), Error> {
    metrics::run(&refresh(&app, &turn, left).await?);
    Ok(())
}

/// Refreshes what is due, sends pending revocations and probes connections under suspicion, within the time that the function
/// has: nothing is begun that could not end in it.
///
/// # Errors
/// What the table says when it is asked what is due.
pub async fn refresh(app: &Arc<App>, turn: &Turn, left: Duration) -> Result<Report, Error> {
    let all: Vec<u8> = (0..DUE_SHARDS).collect();
    let shards = if turn.shards.is_empty() { &all } else { &turn.shards };
    let ends_at = app.clock.elapsed() + left.saturating_sub(Duration::from_secs(1));
    store_in_hand(app, ends_at).await;
    let left = ends_at.saturating_sub(app.clock.elapsed());
    let (refreshed, revoked, probed) =
        tokio::join!(refresh_due(app, shards, left), revoke_due(app, shards, left), probe_due(app, shards, left));
    // A shard that could not be read is logged by the runner, and read again in a minute.
    for (done, report) in [("followed hints and probes", probed), ("sent pending revocations", revoked)] {
        if let Some(report) = report.ok().filter(|report| report.due > 0) {
            log(done, &report);
        }
    }
    let report = refreshed?;
    log("refreshed what was due", &report);
    Ok(report)
}

fn log(done: &str, report: &Report) {
    let Report { due, done: completed, failed, left, unfinished_shards, .. } = *report;
    tracing::info!(due, done = completed, failed, left, unfinished_shards, "{done}");
}
