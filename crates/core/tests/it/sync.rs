//! Imports, from the request to the end of the run, with a table and a platform that keep state.

mod failing;
pub(crate) mod harness;
mod interrupted;
mod limits;
mod notified;
mod reading;
mod requests;
mod scheduled;
mod stopped;
mod woken;

use std::time::Duration;

use counterfoil_core::model::record::{Body, CheckStatus, EntityType, Record, RecordKey, RecordKind, Unreadable};
use counterfoil_core::model::stored_record::StoredRecord;
use counterfoil_core::model::sync::reconciliation::Covers;
use counterfoil_core::model::sync::{Mode, SyncKind, SyncStatus};
use counterfoil_core::service::sync::begin::SyncRequest;
use counterfoil_testkit::platform::books::{check, invoice, purchase};

use self::harness::{Books, HOUR, full, sync};

#[tokio::test]
async fn a_first_run_stores_every_record_once_and_both_sides_agree() {
    let books = Books::of(250).await;
    let run = books.run(sync()).await;
    assert_eq!((run.status, run.mode(), run.pages, run.requests), (SyncStatus::Completed, Mode::Full, 3, 3));
    assert_eq!((run.counts.checks.imported, run.counts.seen, run.counts.errors), (250, 250, 0));
    let reconciliation = run.reconciliation.expect("both sides");
    assert!(reconciliation.matches() && reconciliation.covers == Covers::All, "{reconciliation:?}");
    let total = reconciliation.stored.0.values().map(|total| (total.count, total.sum.to_string())).collect::<Vec<_>>();
    assert_eq!(total, [(250, "2813.75".to_owned())]);
    let stored = books.stored(RecordKind::Check).await;
    assert_eq!(stored.len(), 250);
    assert!(stored.iter().all(|record| record.sync == run.id && record.imported_at == record.updated_at));
}

#[tokio::test]
async fn a_run_without_changes_writes_no_record() {
    let books = Books::of(250).await;
    books.run(sync()).await;
    let before = books.stored(RecordKind::Check).await;
    books.stage.clock.advance(HOUR);
    let run = books.run(sync()).await;
    assert_eq!((run.mode(), run.status, run.requests), (Mode::Incremental, SyncStatus::Completed, 1));
    assert_eq!((run.counts.checks.imported, run.counts.checks.updated), (0, 0));
    books.stage.clock.advance(HOUR);
    let run = books.run(full()).await;
    assert_eq!((run.mode(), run.counts.checks.unchanged), (Mode::Full, 250));
    assert_eq!(books.stored(RecordKind::Check).await, before);
}

#[tokio::test]
async fn changes_voids_and_deletions_are_found_by_both_kinds_of_run() {
    for asked in [sync(), full()] {
        let books = Books::of(10).await;
        books.run(sync()).await;
        books.stage.clock.advance(HOUR);
        books.put(check("3", 99_999));
        let mut voided = check("4", 0);
        if let Body::Check(body) = &mut voided.body {
            body.status = CheckStatus::Void;
        }
        books.put(voided);
        books.delete("5");
        books.put(check("new", 1));
        let run = books.run(asked.clone()).await;
        let checks = run.counts.checks;
        assert_eq!((checks.imported, checks.updated, checks.voided, checks.deleted), (1, 3, 1, 1), "{asked:?}");
        let reconciliation = run.reconciliation.expect("both sides");
        assert!(reconciliation.matches(), "{reconciliation:?}");
        let status = |id: &str, records: &[StoredRecord]| {
            let record = records.iter().find(|record| record.record.key == purchase(id)).expect("a record");
            match &record.record.body {
                Body::Check(check) => (check.status, check.amount.to_string()),
                Body::Invoice(_) => unreachable!("a check"),
            }
        };
        let stored = books.stored(RecordKind::Check).await;
        assert_eq!(status("3", &stored), (CheckStatus::Issued, "999.99".to_owned()));
        assert_eq!(status("4", &stored), (CheckStatus::Void, "10.04".to_owned()), "the amount that was known");
        assert_eq!(status("5", &stored).0, CheckStatus::Deleted);
        books.stage.clock.advance(HOUR);
        let again = books.run(asked).await;
        assert_eq!((again.counts.checks.imported, again.counts.checks.updated), (0, 0));
    }
}

#[tokio::test]
async fn a_full_run_deletes_records_that_no_list_of_changes_names() {
    let books = Books::of(10).await;
    books.run(sync()).await;
    books.stage.installation.platform.books.forget(&purchase("7"));
    books.stage.clock.advance(HOUR);
    assert_eq!(books.run(sync()).await.counts.checks.deleted, 0);
    let run = books.run(full()).await;
    assert_eq!((run.counts.checks.deleted, run.counts.checks.unchanged), (1, 9));
    assert!(run.reconciliation.is_some_and(|it| it.matches()));
    assert_eq!(books.run(full()).await.counts.checks.deleted, 0, "once");
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_counted_and_stays_as_it_was() {
    let books = Books::of(10).await;
    books.run(sync()).await;
    books.stage.clock.advance(HOUR);
    books.spoil("7", Unreadable::AmountUnreadable);
    books.put(check("8", 5));
    let run = books.run(full()).await;
    assert_eq!((run.status, run.counts.errors, run.counts.checks.updated), (SyncStatus::Completed, 1, 1));
    assert_eq!(run.error_samples.len(), 1);
    assert_eq!(run.error_samples[0].key, Ok(purchase("7")));
    assert_eq!(run.counts.checks.deleted, 0, "it is not gone");
    assert!(run.reconciliation.is_some_and(|it| it.matches()), "it is on neither side");
}

#[tokio::test]
async fn the_two_kinds_of_run_do_not_affect_each_other() {
    let books = Books::of(3).await;
    books.put(invoice("1", 700));
    books.run(sync()).await;
    let run = books.run(harness::request_of(SyncKind::ImportInvoices)).await;
    assert_eq!((run.counts.invoices.imported, run.counts.checks.imported, run.counts.checks.deleted), (1, 0, 0));
    assert_eq!(books.run(full()).await.counts.checks.unchanged, 3);
    assert_eq!(books.stored(RecordKind::Invoice).await.len(), 1);
}

#[tokio::test]
async fn records_that_the_plan_does_not_include_are_left_out_and_stay_as_they_were() {
    let books = Books::of(0).await;
    let bill = RecordKey { entity_type: EntityType::Bill, external_id: "7".to_owned() };
    books.put(Record { key: bill, ..check("7", 700) });
    books.put(invoice("1", 100));
    let request = SyncRequest { full: true, ..harness::request_of(SyncKind::ImportInvoices) };
    let run = books.run(request.clone()).await;
    assert_eq!((run.counts.checks.imported, run.counts.invoices.imported, run.left_out), (1, 1, vec![]));
    books.platform().leave_out(Some(EntityType::Bill));
    let run = books.run(request.clone()).await;
    assert_eq!((run.status, run.left_out, run.counts.errors), (SyncStatus::Completed, vec![EntityType::Bill], 0));
    assert_eq!((run.counts.checks.deleted, run.counts.invoices.unchanged), (0, 1));
    assert!(run.reconciliation.expect("both sides").matches(), "bills are on neither side");
    books.platform().leave_out(None);
    let run = books.run(request).await;
    assert_eq!((run.counts.checks.unchanged, run.left_out), (1, vec![]));
}

#[tokio::test]
async fn a_dry_run_counts_and_writes_no_record() {
    let books = Books::of(10).await;
    let mut dry = sync();
    dry.is_dry = true;
    let run = books.run(dry.clone()).await;
    assert_eq!((run.status, run.counts.checks.imported), (SyncStatus::Completed, 10));
    assert!(books.stored(RecordKind::Check).await.is_empty());
    assert_eq!(books.run(sync()).await.mode(), Mode::Full, "a dry run moves no mark");
}

#[tokio::test]
async fn a_week_after_the_last_full_run_the_next_is_full() {
    let books = Books::of(3).await;
    books.run(sync()).await;
    books.stage.clock.advance(Duration::from_secs(6 * 86_400));
    assert_eq!(books.run(sync()).await.mode(), Mode::Incremental);
    books.stage.clock.advance(Duration::from_secs(86_401));
    assert_eq!(books.run(sync()).await.mode(), Mode::Full);
}

#[tokio::test]
async fn a_dry_run_is_never_returned_for_a_real_one() {
    let books = Books::of(5).await;
    let mut dry = sync();
    dry.is_dry = true;
    let dry_run = books.begin(&dry).await;
    let real = books.begin(&sync()).await;
    assert_ne!(real.id, dry_run.id);
    assert_eq!(books.begin(&dry).await.id, dry_run.id);
    books.work().await;
    assert_eq!(books.read(&real).await.counts.checks.imported, 5);
    assert_eq!(books.stored(RecordKind::Check).await.len(), 5);
}

#[tokio::test]
async fn an_unreadable_record_without_an_id_prevents_deletions_of_its_type() {
    let books = Books::of(5).await;
    books.run(sync()).await;
    books.stage.clock.advance(HOUR);
    books.platform().forget(&purchase("3"));
    books.platform().spoil_one_without_an_id(true);
    let run = books.run(full()).await;
    assert_eq!((run.counts.errors, run.counts.checks.deleted, run.counts.checks.unchanged), (1, 0, 4));
    assert!(!run.reconciliation.expect("both sides").matches(), "the table has a record that the platform did not show");
    books.platform().spoil_one_without_an_id(false);
    let run = books.run(full()).await;
    assert_eq!(run.counts.checks.deleted, 1);
    assert!(run.reconciliation.expect("both sides").matches());
}
