//! The workers, which run on a schedule or from a queue. A worker on a schedule reads a bounded number of due items, processes each
//! separately, and counts the results.

use std::time::Duration;

use counterfoil_core::App;
use counterfoil_core::service::audit::counts::store_counts;
use counterfoil_core::service::health::figures::store_figures;
use counterfoil_core::service::vault::unstored::store_unstored;
use counterfoil_core::service::worker::shards::Report;

pub mod courier;
pub mod dispatcher;
pub mod parked;
pub mod purger;
pub mod refresher;
pub mod revoker;
pub mod sync_worker;

/// Stores grants that earlier invocations of this process could not store, and their counts. Returns the remaining time of this invocation, less a second for its end.
async fn begin(app: &App, left: Duration) -> Duration {
    let ends_at = app.clock.elapsed() + left.saturating_sub(Duration::from_secs(1));
    tokio::join!(store_unstored(app, ends_at), store_counts(app), store_figures(app));
    ends_at.saturating_sub(app.clock.elapsed())
}

fn log(work: &str, report: &Report) {
    let Report { due, done, failed, left, unfinished_shards, .. } = *report;
    tracing::info!(due, done, failed, left, unfinished_shards, "{work}");
}
