//! Runs that a schedule begins, and the settings of a connection's imports.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::model::record::{Body, CheckStatus, Paid, Record, RecordKind};
use counterfoil_core::model::stored_record::StoredRecord;
use counterfoil_core::model::sync::settings::{CheckRule, Schedule, SyncSettings};
use counterfoil_core::model::sync::{Mode, SyncFailure, SyncKind, SyncRun, SyncStatus, Trigger};
use counterfoil_core::model::time::until;
use counterfoil_core::port::accounting::ReadFailure;
use counterfoil_core::port::store::ALL_SHARDS;
use counterfoil_core::port::store::syncs::SyncState;
use counterfoil_core::service::sync::configure::{Change, configure};
use counterfoil_core::service::worker::shards::Report;
use counterfoil_core::service::worker::sync_due::sync_due;
use counterfoil_testkit::fixture::try_consent;
use counterfoil_testkit::platform::books::{check, purchase};
use counterfoil_testkit::wire::{Fault, Rule};
use jiff::Timestamp;

use super::harness::{Books, HOUR, WORKERS_TIME, full, request_of, sync};
use crate::harness::eventually;

impl Books {
    pub(super) async fn state(&self) -> SyncState {
        self.stage.app.syncs.state(&self.id).await.expect("a table")
    }

    async fn set(&self, settings: SyncSettings) {
        let state = SyncState { settings, ..self.state().await };
        self.stage.app.syncs.configure(&self.id, &state, self.now()).await.expect("a table");
    }

    pub(super) async fn schedule(&self, schedule: Schedule) -> Option<Timestamp> {
        self.set(SyncSettings { schedule, ..SyncSettings::default() }).await;
        self.state().await.due_at
    }

    /// Runs the worker once at that time.
    async fn work_at(&self, at: Timestamp) -> Report {
        self.stage.clock.advance(until(self.now(), at));
        sync_due(&self.stage.app, &ALL_SHARDS, WORKERS_TIME).await.expect("a table")
    }

    /// Every run, newest first.
    async fn runs(&self) -> Vec<SyncRun> {
        self.stage.app.syncs.syncs(&self.id.partner, None, 100).await.expect("a table")
    }
}

fn next(books: &Books, at: Timestamp) -> Timestamp {
    Schedule::Hourly.next(&books.id, at).expect("a time")
}

#[tokio::test]
async fn a_connection_with_a_schedule_is_imported_at_each_of_its_times() {
    let books = Books::of(3).await;
    let first = books.schedule(Schedule::Hourly).await.expect("it is due");
    assert_eq!(first, next(&books, books.now()));
    assert_eq!(books.work_at(first - Duration::from_millis(1)).await.due, 0);
    assert_eq!(books.work_at(first).await.done, 1);
    books.put(check("new", 5));
    assert_eq!(books.work_at(first + HOUR).await.done, 1);
    let runs = books.runs().await;
    let told: Vec<_> = runs.iter().map(|run| (run.trigger, run.status, run.mode(), run.counts.checks.imported)).collect();
    let expected = |mode, imported| (Trigger::Schedule, SyncStatus::Completed, mode, imported);
    assert_eq!(told, [expected(Mode::Incremental, 1), expected(Mode::Full, 3)]);
    assert_eq!(books.state().await.due_at, Some(first + 2 * HOUR));
}

#[tokio::test]
async fn another_schedule_has_another_time_and_off_has_none() {
    let books = Books::of(1).await;
    let hourly = books.schedule(Schedule::Hourly).await.expect("it is due");
    let daily = books.schedule(Schedule::Daily).await.expect("it is due");
    assert!(daily >= hourly && until(hourly, daily).as_secs().is_multiple_of(3_600), "at the same minute of an hour");
    assert_eq!(books.schedule(Schedule::Off).await, None);
    assert_eq!(books.work_at(daily).await.due, 0);
}

#[tokio::test]
async fn invoices_are_imported_by_the_schedule_once_a_request_has_imported_them() {
    let books = Books::of(1).await;
    books.run(request_of(SyncKind::ImportInvoices)).await;
    let due_at = books.schedule(Schedule::Hourly).await.expect("it is due");
    books.work_at(due_at).await;
    let scheduled = books.runs().await.into_iter().filter(|run| run.trigger == Trigger::Schedule);
    let mut kinds: Vec<_> = scheduled.map(|run| (run.options.kind as u8, run.status)).collect();
    kinds.sort_by_key(|(kind, _)| *kind);
    assert_eq!(kinds, SyncKind::ALL.map(|kind| (kind as u8, SyncStatus::Completed)));
}

#[tokio::test]
async fn a_run_between_two_times_of_the_schedule_moves_neither() {
    let books = Books::of(1).await;
    let due_at = books.schedule(Schedule::Hourly).await.expect("it is due");
    books.run(sync()).await;
    assert_eq!(books.state().await.due_at, Some(due_at));
}

#[tokio::test]
async fn a_failed_run_does_not_stop_the_schedule() {
    let books = Books::of(1).await;
    let due_at = books.schedule(Schedule::Hourly).await.expect("it is due");
    books.platform().fail([ReadFailure::AccessDenied]);
    books.work_at(due_at).await;
    books.work_at(due_at + HOUR).await;
    let ends: Vec<_> = books.runs().await.into_iter().map(|run| (run.status, run.failure)).collect();
    assert_eq!(ends, [(SyncStatus::Completed, None), (SyncStatus::Failed, Some(SyncFailure::AccessDenied))]);
}

#[tokio::test]
async fn a_connection_that_needs_consent_is_not_imported_until_it_is_active_again() {
    let books = Books::of(1).await;
    let due_at = books.schedule(Schedule::Hourly).await.expect("it is due");
    books.stage.installation.platform.revoke("acme");
    assert!(books.stage.force(&books.id).await.is_err());
    assert_eq!(books.work_at(due_at).await.done, 1);
    assert_eq!((books.runs().await.len(), books.state().await.due_at), (0, Some(due_at + HOUR)));
    try_consent(&books.stage.installation, &books.stage.app, "acme", "acme").await.expect("a consent");
    books.work_at(due_at + HOUR).await;
    assert_eq!(books.runs().await.len(), 1);
}

#[tokio::test]
async fn a_disconnected_connection_is_not_imported() {
    let books = Books::of(1).await;
    let due_at = books.schedule(Schedule::Hourly).await.expect("it is due");
    books.stage.disconnect(&books.id).await;
    books.work_at(due_at).await;
    assert_eq!((books.runs().await.len(), books.state().await.due_at), (0, Some(due_at + HOUR)));
}

#[tokio::test]
async fn a_worker_with_an_old_list_of_due_connections_begins_no_second_run() {
    let books = Books::of(1).await;
    let due_at = books.schedule(Schedule::Hourly).await.expect("it is due");
    books.stage.clock.advance(until(books.now(), due_at));
    let wire = &books.stage.installation.wire;
    wire.reset();
    wire.inject(Rule::on("GetItem", Fault::UntilReleased));
    let app = Arc::clone(&books.stage.app);
    let late = tokio::spawn(async move { sync_due(&app, &ALL_SHARDS, WORKERS_TIME).await });
    eventually("it has read the list", async || wire.counts().contains_key("GetItem")).await;
    books.work_at(due_at).await;
    wire.release();
    late.await.expect("no panic").expect("a table");
    assert_eq!(books.runs().await.len(), 1);
}

fn statuses(records: &[StoredRecord]) -> Vec<(String, CheckStatus)> {
    let status = |record: &Record| match &record.body {
        Body::Check(check) => check.status,
        Body::Invoice(_) => unreachable!("a check"),
    };
    let mut statuses: Vec<_> = records.iter().map(|it| (it.record.key.external_id.clone(), status(&it.record))).collect();
    statuses.sort();
    statuses
}

#[tokio::test]
async fn after_a_change_of_the_check_rule_the_next_run_is_full_and_deletes_checks_that_no_longer_match() {
    let books = Books::of(0).await;
    books.put(check("12", 500));
    books.put(check("CHK7", 700));
    books.stage.clock.advance(HOUR);
    books.run(sync()).await;
    books.stage.clock.advance(HOUR);
    books.set(SyncSettings { check_rule: CheckRule::Prefix("CHK".to_owned()), ..SyncSettings::default() }).await;
    let run = books.run(sync()).await;
    assert_eq!((run.mode(), run.counts.checks.deleted), (Mode::Full, 1));
    assert!(run.reconciliation.is_some_and(|it| it.matches()));
    let expected = [("12".to_owned(), CheckStatus::Deleted), ("CHK7".to_owned(), CheckStatus::Issued)];
    assert_eq!(statuses(&books.stored(RecordKind::Check).await), expected);
    books.stage.clock.advance(HOUR);
    assert_eq!(books.run(sync()).await.mode(), Mode::Incremental, "by the same rule");
}

#[tokio::test]
async fn sources_are_kept_if_the_connection_keeps_them() {
    let books = Books::of(1).await;
    books.put(Record { source: Some(r#"{"Id":"7"}"#.to_owned()), ..check("7", 700) });
    books.stage.clock.advance(HOUR);
    books.run(sync()).await;
    let source = async || books.stored(RecordKind::Check).await.into_iter().find_map(|stored| stored.record.source);
    assert_eq!(source().await, None);
    let connection = books.stage.row(&books.id).await;
    let change = Change { keeps_source: Some(true), ..Change::default() };
    let state = configure(&books.stage.app, &connection, &change).await.expect("it is set");
    assert!(state.settings.keeps_source);
    books.stage.clock.advance(HOUR);
    books.run(full()).await;
    assert_eq!(source().await.as_deref(), Some(r#"{"Id":"7"}"#));
}

#[tokio::test]
async fn a_connection_has_the_time_of_the_last_change_of_its_records() {
    let books = Books::of(3).await;
    assert_eq!(books.state().await.records_updated_at, None);
    books.run(sync()).await;
    let last = books.stored(RecordKind::Check).await.into_iter().map(|record| record.updated_at).max();
    assert!(last.is_some() && books.state().await.records_updated_at == last);
}

/// A page whose records are too many bytes for one transaction.
#[tokio::test]
async fn records_too_large_for_one_transaction_are_stored_in_several() {
    let books = Books::of(0).await;
    for number in 0..90 {
        let mut record = check(&number.to_string(), 500);
        let Body::Check(body) = &mut record.body else { panic!("a check") };
        body.memo = Some("ü".repeat(4_000));
        record.source = Some(format!("{{\"text\":\"{}\"}}", "x".repeat(32_000)));
        body.pays = vec![Paid { key: purchase("2390"), amount: None }; 300];
        books.put(record);
    }
    books.stage.clock.advance(HOUR);
    books.set(SyncSettings { keeps_source: true, ..SyncSettings::default() }).await;
    let run = books.run(sync()).await;
    assert_eq!((run.status, run.counts.checks.imported), (SyncStatus::Completed, 90));
    assert!(books.stored(RecordKind::Check).await.iter().all(|stored| stored.record.source.is_some()));
}
