//! The work that schedules, the queue and `DynamoDB` do in a deployment: refresh and revoke what is due, continue imports and purges,
//! commit parked grants, and delete expired rows.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::App;
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::port::clock::Clock;
use counterfoil_functions::worker::{parked, purger, refresher, revoker, sync_worker};
use counterfoil_store::parking::Folder;
use dynoxide::Database;
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinSet;

use super::stop::Stop;

/// The time between two runs of the workers.
const WORK_EVERY: Duration = Duration::from_secs(5);
/// The time of one run of a worker, as of the deployed function.
const WORK_WITHIN: Duration = Duration::from_secs(58);
/// The time between two runs of the worker of imports.
const IMPORT_EVERY: Duration = Duration::from_secs(2);
/// The time of one run of the worker of imports, as of the deployed function.
const IMPORT_WITHIN: Duration = Duration::from_secs(895);
/// The largest number of connections that it continues at once because it was woken, as in a deployment.
const WOKEN_AT_ONCE: usize = 4;
/// The time between two runs of the purger.
const PURGE_EVERY: Duration = Duration::from_secs(5);
/// The time of one run of the purger, as of the deployed function.
const PURGE_WITHIN: Duration = Duration::from_secs(895);
/// The time between two deletions of expired rows. Code checks expiries itself, so this only saves space.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Commits parked grants, and refreshes and revokes what is due, until `stop`. Runs that are under way then are finished.
pub(super) async fn work(app: Arc<App>, parking: Folder, stop: Stop) {
    let mut stopped = pin!(stop.requested());
    loop {
        if let Err(error) = parked::run_folder(&app, &parking).await {
            tracing::error!(%error, "parked grants could not be read");
        }
        let event = refresher::ScheduleEvent::default();
        let (refreshed, revoked) =
            tokio::join!(refresher::refresh(&app, &event, WORK_WITHIN), revoker::revoke(&app, WORK_WITHIN));
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

/// Continues the imports that are due, and those of the connections for which it is woken, until `stop`. An import that is under way
/// then continues after the next start.
pub(super) async fn import(app: Arc<App>, woken: Receiver<ConnectionId>, stop: Stop) {
    tokio::select! {
        () = stop.requested() => {}
        ((), ()) = async { tokio::join!(import_due(&app), import_woken(&app, woken)) } => {}
    }
}

async fn import_due(app: &Arc<App>) {
    loop {
        if let Err(error) = sync_worker::work(app, IMPORT_WITHIN).await {
            tracing::error!(%error, "the worker of imports failed");
        }
        app.clock.sleep(IMPORT_EVERY).await;
    }
}

async fn import_woken(app: &Arc<App>, mut woken: Receiver<ConnectionId>) {
    let mut working = JoinSet::new();
    loop {
        tokio::select! {
            Some(id) = woken.recv(), if working.len() < WOKEN_AT_ONCE => {
                let app = Arc::clone(app);
                working.spawn(async move { sync_worker::work_on(&app, &id, app.clock.elapsed() + IMPORT_WITHIN).await });
            }
            Some(_) = working.join_next() => {}
            else => return,
        }
    }
}

/// Runs the purges that are due, until `stop`. A purge that is under way then continues after the next start.
pub(super) async fn purge(app: Arc<App>, stop: Stop) {
    let mut stopped = pin!(stop.requested());
    loop {
        let turn = async {
            if let Err(error) = purger::purge(&app, PURGE_WITHIN).await {
                tracing::error!(%error, "the purger failed");
            }
            app.clock.sleep(PURGE_EVERY).await;
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

#[cfg(test)]
mod tests {
    use counterfoil_core::model::sync::{SyncKind, Trigger};
    use counterfoil_core::service::sync::begin::{SyncRequest, begin};
    use counterfoil_testkit::clock::MovableClock;
    use counterfoil_testkit::fixture::{Fixture, START};
    use counterfoil_testkit::platform::RotationPolicy;

    use super::super::{stop, waking};
    use super::*;

    async fn eventually(mut is_so: impl AsyncFnMut() -> bool) {
        let waiting = async {
            let mut ticks = tokio::time::interval(Duration::from_millis(5));
            while !is_so().await {
                ticks.tick().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("it never came about");
    }

    /// The clock stands still, so that the worker does not look by itself again.
    #[tokio::test]
    async fn the_worker_goes_on_with_a_run_as_soon_as_it_is_woken() {
        let fixture = Fixture::new(RotationPolicy::Stable).await;
        let (waker, woken) = waking::waker();
        let app = fixture.app(Arc::new(MovableClock::new(START)));
        let app = Arc::new(App { waker: Arc::new(waker), ..app });
        let id = fixture.connect(&app, "acme").await;
        fixture.wire.reset();
        let (sender, stop) = stop::channel();
        let worker = tokio::spawn(import(Arc::clone(&app), woken, stop));
        eventually(async || fixture.wire.counts().get("Query") == Some(&16)).await;

        let connection = app.connections.read(&id).await.expect("a table").expect("a connection");
        let request = SyncRequest { kind: SyncKind::Sync, full: false, is_dry: false, trigger: Trigger::Api, parent: None };
        let run = begin(&app, &connection, &request).await.expect("a run");
        app.waker.wake(&id).await.expect("it is woken");
        let is_over =
            async || app.syncs.sync(&id.partner, &run.id).await.expect("a table").is_some_and(|run| run.status.is_over());
        eventually(is_over).await;
        sender.send();
        worker.await.expect("it stops");
    }
}
