//! Runs that are ended by a disconnect or a cancellation.

use std::sync::Arc;

use counterfoil_core::model::record::RecordKind;
use counterfoil_core::model::sync::{SyncFailure, SyncKind, SyncStatus};
use counterfoil_core::service::sync::stop::cancel;
use counterfoil_core::service::sync::{Worked, work};
use counterfoil_testkit::wire::{Fault, Rule};

use super::harness::{Books, WORKERS_TIME, request_of, sync};

#[tokio::test]
async fn a_disconnect_in_the_middle_ends_the_run_and_nothing_more_is_stored() {
    let books = Books::of(30).await;
    books.platform().set_page_size(10);
    let run = books.begin(&sync()).await;
    let gate = books.platform().hold();
    let (app, id) = (Arc::clone(&books.stage.app), books.id.clone());
    let ends_at = app.clock.elapsed() + WORKERS_TIME;
    let worker = tokio::spawn(async move { work(&app, &id, ends_at).await });
    gate.reached_by(1).await;
    books.stage.disconnect(&books.id).await;
    let ended = books.read(&run).await;
    assert_eq!((ended.status, ended.failure), (SyncStatus::Failed, Some(SyncFailure::Disconnected)));
    gate.open();
    assert_eq!(worker.await.expect("no panic").expect("a table"), Worked::Nothing);
    assert_eq!(books.stored(RecordKind::Check).await.len(), 0);
    assert_eq!(books.read(&run).await, ended);
}

#[tokio::test]
async fn a_repeated_disconnect_ends_the_runs_that_the_first_could_not_end() {
    let books = Books::of(30).await;
    let run = books.begin(&sync()).await;
    let wire = &books.stage.installation.wire;
    wire.inject(Rule::on("TransactWriteItems", Fault::TransactionConflict).when("finished_at").times(10_000));
    books.stage.disconnect(&books.id).await;
    assert!(!books.read(&run).await.status.is_over(), "the table refused it");
    wire.reset();
    books.stage.disconnect(&books.id).await;
    let ended = books.read(&run).await;
    assert_eq!((ended.status, ended.failure), (SyncStatus::Failed, Some(SyncFailure::Disconnected)));
}

#[tokio::test]
async fn a_canceled_run_does_not_change_where_the_next_reads_from_and_the_queued_one_begins() {
    let books = Books::of(3).await;
    let run = books.begin(&sync()).await;
    let queued = books.begin(&request_of(SyncKind::ImportInvoices)).await;
    assert_eq!(books.begin(&sync()).await.id, run.id, "one of a kind at a time");
    assert!(cancel(&books.stage.app, &books.id, &run.id).await.expect("a table"));
    assert!(!cancel(&books.stage.app, &books.id, &run.id).await.expect("a table"), "once");
    books.work().await;
    assert_eq!(books.read(&run).await.status, SyncStatus::Canceled);
    assert_eq!(books.read(&queued).await.status, SyncStatus::Completed);
    assert!(books.stored(RecordKind::Check).await.is_empty());
}
