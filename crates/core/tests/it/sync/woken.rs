//! When the worker is woken, without waiting for its schedule.

use std::time::Duration;

use counterfoil_core::Error;
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::sync::{SyncKind, SyncStatus, Trigger};
use counterfoil_core::port::accounting::{Limit, ReadFailure};
use counterfoil_core::service::sync::begin::SyncRequest;
use counterfoil_core::service::sync::import::{ImportRequest, Imported, import};
use counterfoil_core::service::sync::stop::cancel;
use counterfoil_core::service::sync::{Worked, work, work_on_due};

use super::harness::{Books, HOUR, WORKERS_TIME, request_of, sync};

impl Books {
    async fn work_for(&self, seconds: u64) -> Worked {
        let ends_at = self.stage.app.clock.elapsed() + Duration::from_secs(seconds);
        work(&self.stage.app, &self.id, ends_at).await.expect("a table")
    }

    fn woken(&self) -> Vec<ConnectionId> {
        self.stage.installation.wakings.take()
    }
}

#[tokio::test]
async fn a_worker_whose_time_is_over_wakes_the_next_one() {
    let books = Books::of(30).await;
    let run = books.begin(&sync()).await;
    assert_eq!((books.work_for(8).await, books.woken()), (Worked::Paused, vec![books.id.clone()]));
    assert_eq!((books.work_for(60).await, books.woken()), (Worked::Ended, vec![]));
    assert_eq!(books.read(&run).await.status, SyncStatus::Completed);
}

#[tokio::test]
async fn a_run_that_waits_for_its_platform_wakes_nobody() {
    let books = Books::of(1).await;
    books.platform().fail([ReadFailure::Limited { retry_after: HOUR, limit: Limit::Day }]);
    books.begin(&sync()).await;
    assert_eq!((books.work_for(60).await, books.woken()), (Worked::Paused, vec![]));
}

async fn import_all(books: &Books) -> Result<Imported, Error> {
    let request = ImportRequest {
        platform: PlatformName::Quickbooks,
        kind: SyncKind::Sync,
        company_key: None,
        full: false,
        is_dry: false,
        trigger: Trigger::Api,
    };
    let ends_at = books.stage.app.clock.elapsed() + Duration::from_secs(28);
    import(&books.stage.app, &books.id.partner, &request, ends_at).await
}

#[tokio::test]
async fn a_request_for_many_connections_leaves_out_those_whose_import_cannot_begin() {
    let books = Books::of(1).await;
    for request in [SyncRequest { is_dry: true, ..sync() }, request_of(SyncKind::ImportInvoices)] {
        books.begin(&request).await;
    }
    assert_eq!(import_all(&books).await.map(|_| ()).map_err(|error| error.code()), Err("sync_in_progress"), "it is the only one");
    for number in 1..3 {
        books.stage.installation.connect(&books.stage.app, &format!("acme-{number}")).await;
    }
    let imported = import_all(&books).await.expect("runs");
    assert_eq!(imported.runs.len(), 2);
    let left_out: Vec<_> =
        imported.skipped.iter().map(|skipped| (skipped.company_key.as_str(), skipped.reason.as_str())).collect();
    assert_eq!(left_out, [("acme", "sync_in_progress")]);
    let group = books.stage.app.syncs.group(&books.id.partner, &imported.id).await.expect("a table").expect("a group");
    assert_eq!((group.count, group.skipped), (2, imported.skipped));
}

#[tokio::test]
async fn a_request_for_many_connections_wakes_workers_for_those_that_it_cannot_begin_with() {
    let books = Books::of(1).await;
    for number in 1..6 {
        books.stage.installation.connect(&books.stage.app, &format!("acme-{number}")).await;
    }
    let imported = import_all(&books).await.expect("runs");
    assert!(imported.runs.iter().all(|run| run.status == SyncStatus::Completed));
    let mut woken: Vec<_> = books.woken().into_iter().map(|id| id.company_key.to_string()).collect();
    woken.sort();
    assert_eq!(woken, ["acme-4", "acme-5"]);
}

#[tokio::test]
async fn the_worker_is_woken_for_a_queued_run_when_the_one_before_is_canceled() {
    let books = Books::of(1).await;
    let run = books.begin(&sync()).await;
    let queued = books.begin(&request_of(SyncKind::ImportInvoices)).await;
    assert!(cancel(&books.stage.app, &books.id, &run.id).await.expect("a table"));
    assert_eq!(books.woken(), std::slice::from_ref(&books.id));
    assert!(cancel(&books.stage.app, &books.id, &queued.id).await.expect("a table"));
    assert_eq!(books.woken(), []);
}

#[tokio::test]
async fn a_request_that_ends_the_active_run_wakes_a_worker_for_the_queued_one() {
    let books = Books::of(1).await;
    let run = books.begin(&sync()).await;
    let queued = books.begin(&request_of(SyncKind::ImportInvoices)).await;
    let imported = import_all(&books).await.expect("runs");
    assert_eq!((&imported.id, imported.runs[0].status), (&run.id, SyncStatus::Completed));
    assert_eq!((books.read(&queued).await.status, books.woken()), (SyncStatus::Queued, vec![books.id.clone()]));
}

#[tokio::test]
async fn a_worker_that_is_woken_late_or_twice_does_nothing() {
    let books = Books::of(3).await;
    let run = books.begin(&sync()).await;
    books.begin(&request_of(SyncKind::ImportInvoices)).await;
    let ends_at = books.stage.app.clock.elapsed() + WORKERS_TIME;
    let (app, id) = (&books.stage.app, &books.id);
    let (one, other) = tokio::join!(work_on_due(app, id, ends_at), work_on_due(app, id, ends_at));
    assert_eq!((one.expect("a table"), other.expect("a table")), (Worked::Nothing, Worked::Nothing));
    assert_eq!(books.read(&run).await.counts.checks.imported, 3);
    assert_eq!(work_on_due(app, id, ends_at).await.expect("a table"), Worked::Nothing);
}
