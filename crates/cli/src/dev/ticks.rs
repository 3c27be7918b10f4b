//! The work that schedules, the queue and `DynamoDB` do in a deployment: refresh and revoke what is due, continue imports, commit parked
//! grants, and delete expired rows.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::App;
use counterfoil_core::port::clock::Clock;
use counterfoil_functions::worker::{parked, refresher, revoker, sync_worker};
use counterfoil_store::parking::Folder;
use dynoxide::Database;

use super::stop::Stop;

/// The time between two runs of the workers.
const WORK_EVERY: Duration = Duration::from_secs(5);
/// The time of one run of a worker, as of the deployed function.
const WORK_WITHIN: Duration = Duration::from_secs(58);
/// The time between two runs of the worker of imports.
const IMPORT_EVERY: Duration = Duration::from_secs(2);
/// The time of one run of the worker of imports, as of the deployed function.
const IMPORT_WITHIN: Duration = Duration::from_secs(895);
/// The time between two deletions of expired rows. Code checks expiries itself, so this only saves space.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Commits parked grants, and refreshes and revokes what is due, until `stop`. Runs that are under way then are finished.
pub(super) async fn work(app: Arc<App>, parking: Folder, stop: Stop) {
    let mut stopped = pin!(stop.requested());
    loop {
        if let Err(error) = parked::run_folder(&app, &parking).await {
            tracing::error!(%error, "parked grants could not be read");
        }
        let turn = refresher::Turn::default();
        let (refreshed, revoked) = tokio::join!(refresher::refresh(&app, &turn, WORK_WITHIN), revoker::revoke(&app, WORK_WITHIN));
        for (worker, ran) in [("refresher", refreshed), ("revoker", revoked)] {
            if let Err(error) = ran {
                tracing::error!(%error, "the {worker} failed");
            }
        }
        tokio::select! {
            () = &mut stopped => return,
            () = app.clock.sleep(WORK_EVERY) => {}
        }
    }
}

/// Continues the imports that are due, until `stop`. An import that is under way then continues after the next start.
pub(super) async fn import(app: Arc<App>, stop: Stop) {
    let mut stopped = pin!(stop.requested());
    loop {
        let turn = async {
            if let Err(error) = sync_worker::work(&app, IMPORT_WITHIN).await {
                tracing::error!(%error, "the worker of imports failed");
            }
            app.clock.sleep(IMPORT_EVERY).await;
        };
        tokio::select! {
            () = &mut stopped => return,
            () = turn => {}
        }
    }
}

/// Deletes expired rows until `stop`.
pub(super) async fn sweep(clock: Arc<dyn Clock>, database: Database, stop: Stop) {
    let mut stopped = pin!(stop.requested());
    loop {
        tokio::select! {
            () = &mut stopped => return,
            () = clock.sleep(SWEEP_EVERY) => {}
        }
        let database = database.clone();
        let swept = tokio::task::spawn_blocking(move || database.sweep_ttl().map_err(|error| error.to_string())).await;
        if let Err(error) = swept.map_err(|panic| panic.to_string()).flatten() {
            tracing::error!(%error, "expired rows could not be deleted");
        }
    }
}
