//! Processes that die or freeze during a run.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::model::record::{Record, RecordKind};
use counterfoil_core::model::stored_record::RecordId;
use counterfoil_core::model::sync::counts::{Counts, RecordOutcome};
use counterfoil_core::model::sync::reconciliation::Reconciliation;
use counterfoil_core::model::sync::{SyncRun, SyncStatus};
use counterfoil_core::service::sync::begin::SyncRequest;
use counterfoil_core::service::sync::{Worked, work};
use counterfoil_testkit::platform::books::{check, purchase};
use counterfoil_testkit::wire::{Fault, Rule};

use super::harness::{Books, HOUR, WORKERS_TIME, full, sync};

/// The result of a run, which must not depend on where it was interrupted.
#[derive(Debug, PartialEq)]
struct End {
    status: SyncStatus,
    counts: Counts,
    pages: u32,
    reconciliation: Option<Reconciliation>,
    records: Vec<(RecordId, Record, RecordOutcome)>,
}

async fn end(books: &Books, run: &SyncRun) -> End {
    let run = books.read(run).await;
    let stored = books.stored(RecordKind::Check).await;
    End {
        status: run.status,
        counts: run.counts,
        pages: run.pages,
        reconciliation: run.reconciliation,
        records: stored.into_iter().map(|it| (it.id, it.record, it.outcome)).collect(),
    }
}

/// A company whose books have changed since its first run.
async fn changed_books() -> Books {
    let books = Books::of(40).await;
    books.platform().set_page_size(7);
    books.run(sync()).await;
    books.stage.clock.advance(HOUR);
    books.put(check("3", 1));
    books.put(check("39", 2));
    books.put(check("new", 3));
    books.delete("20");
    books
}

/// Kills a worker at the request that the rule holds. Returns `false` if the run ended before.
async fn kill_at(books: &Books, rule: Rule) -> bool {
    let wire = &books.stage.installation.wire;
    wire.reset();
    wire.inject(rule);
    let (app, id) = (Arc::clone(&books.stage.app), books.id.clone());
    let ends_at = app.clock.elapsed() + WORKERS_TIME;
    let mut worker = tokio::spawn(async move { work(&app, &id, ends_at).await });
    let was_killed = tokio::select! {
        () = wire.held() => true,
        ended = &mut worker => {
            assert_eq!(ended.expect("no panic").expect("a table"), Worked::Ended);
            false
        }
    };
    worker.abort();
    wire.reset();
    books.stage.clock.advance(Duration::from_secs(120));
    was_killed
}

#[tokio::test]
async fn a_run_killed_at_any_write_ends_like_an_uninterrupted_one() {
    let unbroken = changed_books().await;
    let run = unbroken.begin(&full()).await;
    unbroken.work().await;
    let expected = end(&unbroken, &run).await;
    assert_eq!((expected.counts.checks.imported, expected.counts.checks.updated), (1, 3));
    for fault in [Fault::Hold, Fault::HoldAnswer] {
        let mut writes = 0;
        loop {
            let books = changed_books().await;
            let run = books.begin(&full()).await;
            if !kill_at(&books, Rule::on("TransactWriteItems", fault).after(writes)).await {
                break;
            }
            books.work().await;
            assert_eq!(end(&books, &run).await, expected, "killed at write {writes}, {fault:?}");
            writes += 1;
        }
        assert!(writes >= 8, "only {writes} writes");
    }
}

#[tokio::test]
async fn a_process_that_thaws_after_another_took_the_run_writes_nothing() {
    let books = Books::of(40).await;
    let run = books.begin(&sync()).await;
    let gate = books.platform().hold();
    let (app, id) = (Arc::clone(&books.stage.app), books.id.clone());
    let ends_at = app.clock.elapsed() + WORKERS_TIME * 10;
    let frozen = tokio::spawn(async move { work(&app, &id, ends_at).await });
    gate.reached_by(1).await;
    books.platform().let_go();
    books.stage.clock.advance(Duration::from_secs(120));
    books.work().await;
    let ended = end(&books, &run).await;
    assert_eq!(ended.status, SyncStatus::Completed);
    books.put(check("3", 1));
    gate.open();
    assert_eq!(frozen.await.expect("no panic").expect("a table"), Worked::Nothing);
    assert_eq!(end(&books, &run).await, ended);
}

#[tokio::test]
async fn two_processes_never_work_on_one_run() {
    let books = Books::of(40).await;
    let run = books.begin(&sync()).await;
    let other = books.stage.installation.process_at(&books.stage.clock);
    let ends_at = other.clock.elapsed() + WORKERS_TIME;
    let (one, two) = tokio::join!(work(&books.stage.app, &books.id, ends_at), work(&other, &books.id, ends_at));
    let mut worked = [one.expect("a table"), two.expect("a table")];
    worked.sort_by_key(|worked| *worked == Worked::Nothing);
    assert_eq!(worked, [Worked::Ended, Worked::Nothing]);
    assert_eq!(books.read(&run).await.counts.checks.imported, 40);
}

#[tokio::test]
async fn a_run_of_pages_without_changes_keeps_its_lease() {
    let books = Books::of(30).await;
    books.run(sync()).await;
    books.stage.clock.advance(HOUR);
    books.platform().set_page_size(10);
    let run = books.begin(&full()).await;
    let mut gate = books.platform().hold();
    let (app, id) = (Arc::clone(&books.stage.app), books.id.clone());
    let ends_at = app.clock.elapsed() + WORKERS_TIME;
    let worker = tokio::spawn(async move { work(&app, &id, ends_at).await });
    for page in 1..=2 {
        gate.reached_by(1).await;
        books.stage.clock.advance(Duration::from_secs(50));
        let other = books.stage.installation.process_at(&books.stage.clock);
        assert_eq!(work(&other, &books.id, ends_at).await.expect("a table"), Worked::Nothing, "page {page}");
        let next = books.platform().hold();
        gate.open();
        gate = next;
    }
    gate.open();
    assert_eq!(worker.await.expect("no panic").expect("a table"), Worked::Ended);
    assert_eq!(books.read(&run).await.counts.checks.unchanged, 30);
}

/// A company whose list repeats record 3 on its last page, changed since its first one.
async fn shown_again(changed: bool) -> Books {
    let books = Books::of(20).await;
    books.platform().set_page_size(7);
    books.run(sync()).await;
    books.stage.clock.advance(HOUR);
    let stored = books.stored(RecordKind::Check).await;
    let as_it_was = stored.into_iter().find(|stored| stored.record.key == purchase("3")).expect("a record").record;
    let changed_at = Some(books.now());
    books.platform().show_again(if changed { Record { changed_at, ..check("3", 77) } } else { as_it_was });
    books
}

#[tokio::test]
async fn a_record_on_two_pages_counts_once_in_its_last_state_even_after_a_kill() {
    for (changed, updated) in [(false, 0), (true, 1)] {
        let unbroken = shown_again(changed).await;
        let run = unbroken.begin(&full()).await;
        unbroken.work().await;
        let expected = end(&unbroken, &run).await;
        let checks = expected.counts.checks;
        assert_eq!((expected.counts.seen, checks.updated, checks.unchanged), (20, updated, 20 - updated));
        assert!(expected.reconciliation.as_ref().is_some_and(Reconciliation::matches), "{:?}", expected.reconciliation);
        for fault in [Fault::Hold, Fault::HoldAnswer] {
            let mut writes = 0;
            loop {
                let books = shown_again(changed).await;
                let run = books.begin(&full()).await;
                if !kill_at(&books, Rule::on("TransactWriteItems", fault).after(writes)).await {
                    break;
                }
                books.work().await;
                assert_eq!(end(&books, &run).await, expected, "killed at write {writes}, {fault:?}");
                writes += 1;
            }
        }
    }
}

#[tokio::test]
async fn a_dry_run_counts_a_changed_record_on_two_pages_once() {
    let books = Books::of(20).await;
    books.platform().set_page_size(7);
    books.run(sync()).await;
    books.stage.clock.advance(HOUR);
    books.put(check("3", 77));
    books.platform().show_again(Record { changed_at: Some(books.now()), ..check("3", 77) });
    let dry = books.run(SyncRequest { is_dry: true, ..full() }).await;
    let real = books.run(full()).await;
    assert_eq!((real.counts.seen, real.counts.checks.updated), (20, 1));
    assert_eq!(dry.counts, real.counts);
    let platform = |run: &SyncRun| run.reconciliation.as_ref().map(|both| both.platform.clone());
    assert_eq!(platform(&dry), platform(&real));
}

#[tokio::test]
async fn deletions_count_once_if_the_time_ends_during_the_reconciliation() {
    let books = Books::of(20).await;
    books.run(sync()).await;
    books.stage.clock.advance(HOUR);
    for number in 1..=5 {
        books.platform().forget(&purchase(&number.to_string()));
    }
    let run = books.begin(&full()).await;
    let soon = books.stage.app.clock.elapsed() + Duration::from_secs(20);
    let gate = books.platform().hold();
    let (app, id) = (Arc::clone(&books.stage.app), books.id.clone());
    let worker = tokio::spawn(async move { work(&app, &id, soon).await });
    gate.reached_by(1).await;
    books.stage.clock.advance(Duration::from_secs(17));
    books.platform().let_go();
    gate.open();
    assert_eq!(worker.await.expect("no panic").expect("a table"), Worked::Paused);
    books.work().await;
    let ended = books.read(&run).await;
    assert_eq!((ended.counts.checks.deleted, ended.counts.checks.unchanged), (5, 15));
}

#[tokio::test]
async fn a_run_with_an_error_at_any_write_ends_like_an_uninterrupted_one() {
    let unbroken = changed_books().await;
    let run = unbroken.begin(&full()).await;
    unbroken.work().await;
    let expected = end(&unbroken, &run).await;
    for fault in [Fault::InternalServerError, Fault::TimeoutAfterApply] {
        for writes in 0..10 {
            let books = changed_books().await;
            let run = books.begin(&full()).await;
            let wire = &books.stage.installation.wire;
            wire.reset();
            wire.inject(Rule::on("TransactWriteItems", fault).after(writes).times(3));
            books.work().await;
            wire.reset();
            assert_eq!(end(&books, &run).await, expected, "{fault:?} at write {writes}");
        }
    }
}
