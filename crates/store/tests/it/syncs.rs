//! Runs: started once, worked on by one process at a time, ended in one write.

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::event::{Event, Payload, SyncOutcome};
use counterfoil_core::model::record::RecordKind;
use counterfoil_core::model::sync::counts::Counts;
use counterfoil_core::model::sync::reconciliation::{Covers, Group, Reconciliation, Total, Totals};
use counterfoil_core::model::sync::settings::{CheckRule, Schedule, SyncSettings};
use counterfoil_core::model::sync::{SyncFailure, SyncKind, SyncRun, SyncStatus};
use counterfoil_core::port::store::syncs::{Baseline, Finish, LastRun, StoppedRun, SyncState, SyncStore as _};
use counterfoil_core::port::store::{DUE_SHARDS, StoreError, Written};
use counterfoil_testkit::fixture::{START, connection, connection_id};
use counterfoil_testkit::wire::{Fault, Rule};
use jiff::civil::date;
use jiff::{Timestamp, ToSpan as _};
use tokio::task::JoinSet;

use crate::harness::{Store, store};
use crate::imports::{acme, after, batch, check, lease_request, run, sync_id};

pub(crate) fn finish(run: &SyncRun, now: Timestamp) -> Finish<'_> {
    Finish { sync: run, baseline: None, event: None, now }
}

pub(crate) fn event(id: &str) -> Event {
    let outcome = SyncOutcome { sync: sync_id("one"), kind: SyncKind::Sync, counts: Counts::default() };
    Event::about(&connection("acme"), Payload::SyncCompleted(outcome), id.to_owned(), START)
}

pub(crate) async fn is_told(store: &Store, event: &str) -> bool {
    store.item("EVENTS#default", event).await.is_some()
}

pub(crate) async fn due(store: &Store, now: Timestamp) -> Vec<ConnectionId> {
    let mut all = Vec::new();
    for shard in 0..DUE_SHARDS {
        let due = store.table.due(shard, now, 100).await.expect("a table");
        all.extend(due.into_iter().map(|entry| entry.connection));
    }
    all
}

async fn try_take(store: &Store, attempt: &str, at: Timestamp) -> Option<u64> {
    store.table.take(&acme(), &lease_request(attempt, at)).await.expect("a table").map(|lease| lease.number)
}

#[tokio::test]
async fn of_two_runs_that_start_from_the_same_state_one_is_stored() {
    let store = store().await;
    let seen = store.state().await;
    assert_eq!(seen, SyncState::default());
    let (one, other) = (run("one", SyncKind::Sync), run("other", SyncKind::Sync));
    let state = |run: &SyncRun| SyncState { active: Some((SyncKind::Sync, run.id.clone())), ..seen.clone() };
    store.installation.wire.inject(Rule::on("TransactWriteItems", Fault::TimeoutAfterApply));
    assert_eq!(store.table.begin(&one, &state(&one)).await, Ok(Written::Stored), "its answer was lost");
    assert_eq!(store.table.begin(&other, &state(&other)).await, Ok(Written::Overtaken));
    assert_eq!(store.table.begin(&one, &state(&one)).await, Ok(Written::Stored), "the same again");
    assert_eq!(store.table.sync(&acme().partner, &other.id).await, Ok(None));
    assert_eq!(store.state().await, SyncState { version: 1, due_at: Some(START), ..state(&one) });
    assert_eq!(due(&store, START).await, [acme()]);
}

#[tokio::test]
async fn a_lease_belongs_to_one_attempt_until_its_end_and_each_has_the_next_number() {
    let store = store().await;
    assert_eq!(try_take(&store, "early", START).await, None, "there is no run");
    store.begin("run").await;
    store.installation.wire.inject(Rule::on("UpdateItem", Fault::TimeoutAfterApply));
    assert_eq!(try_take(&store, "first", START).await, Some(1), "its answer was lost");
    assert_eq!(try_take(&store, "first", START).await, Some(1), "the same again");
    assert_eq!(store.state().await.version, 2);
    assert_eq!(try_take(&store, "second", after(59_999)).await, None);
    let first = store.take("first", START).await;
    assert_eq!(store.table.extend(&first, after(30_000)).await, Ok(Written::Stored));
    assert_eq!(try_take(&store, "second", after(89_999)).await, None);
    assert!(due(&store, after(89_999)).await.is_empty(), "somebody works on it");
    assert_eq!(due(&store, after(90_000)).await, [acme()]);
    assert_eq!(try_take(&store, "second", after(90_000)).await, Some(2));
    assert_eq!(try_take(&store, "first", after(90_000)).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_concurrent_attempts_one_takes_the_lease() {
    let store = store().await;
    store.begin("run").await;
    let mut tasks = JoinSet::new();
    for number in 0..20 {
        let table = store.table.clone();
        tasks.spawn(
            async move { table.take(&acme(), &lease_request(&format!("attempt {number}"), START)).await.expect("a table") },
        );
    }
    assert_eq!(tasks.join_all().await.into_iter().flatten().count(), 1);
}

#[tokio::test]
async fn a_waiting_run_releases_its_lease_and_is_due_when_it_continues() {
    let store = store().await;
    let (begun, lease) = store.under_way().await;
    let waits = SyncRun { status: SyncStatus::Waiting, resumes_at: Some(START + 1.hour()), ..begun };
    store.installation.wire.inject(Rule::on("TransactWriteItems", Fault::TimeoutAfterApply));
    assert_eq!(store.table.rest(&lease, &waits, START + 1.hour()).await, Ok(Written::Stored), "its answer was lost");
    assert_eq!(store.sync("run").await, waits);
    assert_eq!(store.state().await.version, 3);
    assert!(due(&store, START + 59.minutes()).await.is_empty());
    assert_eq!(due(&store, START + 1.hour()).await, [acme()]);
    assert_eq!(store.table.store(&lease, &batch(&[check(1, after(1))])).await, Ok(Written::Overtaken), "what comes late");
    assert_eq!(try_take(&store, "early", START + 59.minutes()).await, None, "it waits");
    let next = store.take("next", START + 1.hour()).await;
    assert!(next.number > lease.number);
    assert_eq!(next.sync, sync_id("run"));
}

#[tokio::test]
async fn the_end_of_a_run_is_written_in_one_transaction_and_the_queued_run_is_due_immediately() {
    let store = store().await;
    let (begun, lease) = store.under_way().await;
    store.queue("invoices").await;
    assert!(due(&store, after(59_999)).await.is_empty(), "what is queued waits for the active one");
    let ended = SyncRun { status: SyncStatus::Completed, finished_at: Some(after(5)), ..begun };
    let known = Baseline {
        company_id: Some("acme".to_owned()),
        read_from: Some(after(-1)),
        full_at: Some(START),
        check_rule: CheckRule::AllSpend,
    };
    let end = Finish { baseline: Some(known.clone()), event: Some(event("evt_end")), ..finish(&ended, after(5)) };
    store.installation.wire.inject(Rule::on("TransactWriteItems", Fault::TimeoutAfterApply));
    assert_eq!(store.table.finish(&lease, &end).await, Ok(Written::Stored), "its answer was lost");
    assert_eq!(store.table.finish(&lease, &end).await, Ok(Written::Stored), "the same again");
    assert_eq!(store.sync("run").await, ended);
    let active = Some((SyncKind::ImportInvoices, sync_id("invoices")));
    let last = LastRun { at: after(5), failure: None, is_mismatched: false };
    let known = [known, Baseline::default()];
    assert_eq!(
        store.state().await,
        SyncState {
            version: 4,
            active,
            baselines: known,
            last: [Some(last), None],
            due_at: Some(after(5)),
            ..SyncState::default()
        }
    );
    assert!(is_told(&store, "evt_end").await);
    assert_eq!(due(&store, after(5)).await, [acme()]);

    let lease = store.take("second", after(6)).await;
    let other = SyncRun { finished_at: Some(after(7)), status: SyncStatus::Failed, ..store.sync("invoices").await };
    assert_eq!(store.table.finish(&lease, &finish(&other, after(7))).await, Ok(Written::Stored));
    let state = store.state().await;
    assert_eq!((state.active, state.baselines[0].full_at), (None, Some(START)), "the other kind's knowledge stays");
}

impl Store {
    async fn configure(&self, settings: SyncSettings, now: Timestamp) -> Written {
        let state = SyncState { settings, ..self.state().await };
        self.table.configure(&acme(), &state, now).await.expect("a table")
    }
}

const HOURLY: SyncSettings = SyncSettings { schedule: Schedule::Hourly, keeps_source: false, check_rule: CheckRule::NumberLike };

#[tokio::test]
async fn settings_are_stored_before_any_run_and_stay_whatever_the_runs_do() {
    let store = store().await;
    let rule = CheckRule::Prefix("CHK".to_owned());
    let settings = SyncSettings { schedule: Schedule::Every6Hours, keeps_source: true, check_rule: rule };
    assert_eq!(store.configure(settings.clone(), START).await, Written::Stored);
    assert_eq!(store.table.configure(&acme(), &SyncState::default(), START).await, Ok(Written::Overtaken), "another was first");
    let (run, mut lease) = store.under_way().await;
    store.store_checks(&mut lease, &[1], after(1)).await;
    assert_eq!(store.table.finish(&lease, &finish(&run, after(2))).await, Ok(Written::Stored));
    let state = store.state().await;
    assert_eq!((&state.settings, state.records_updated_at), (&settings, Some(after(1))));
    let read = store.table.states(&[acme(), connection_id("other")]).await;
    assert_eq!(read, Ok(vec![Some(state), Some(SyncState::default())]));

    let mut later = store.sync_item().await;
    later.insert("check_rule".to_owned(), AttributeValue::S("by_colour".to_owned()));
    store.put(later).await;
    assert!(
        matches!(store.table.state(&acme()).await, Err(StoreError::Newer { .. })),
        "by another rule, checks would be deleted"
    );
    let read = store.table.states(&[acme(), connection_id("other")]).await;
    assert_eq!(read, Ok(vec![None, Some(SyncState::default())]), "it hides no other");
}

#[tokio::test]
async fn a_connection_is_due_by_its_schedule_while_no_run_is_under_way() {
    let store = store().await;
    let next = |now| Schedule::Hourly.next(&acme(), now).expect("a time");
    store.configure(HOURLY, START).await;
    assert_eq!(store.state().await.due_at, Some(next(START)));
    assert!(due(&store, next(START) - 1.millisecond()).await.is_empty());
    assert_eq!(due(&store, next(START)).await, [acme()]);
    assert_eq!(store.table.take(&acme(), &lease_request("none", next(START))).await, Ok(None), "there is no run yet");

    let (run, lease) = store.under_way().await;
    let until = store.state().await.due_at;
    assert_eq!(until, Some(after(60_000)), "of the lease");
    store.configure(SyncSettings { schedule: Schedule::Daily, ..HOURLY }, after(1)).await;
    assert_eq!(store.state().await.due_at, until, "the run goes on as it did");
    store.configure(HOURLY, after(1)).await;
    let ended = START + 5.hours();
    assert_eq!(store.table.finish(&lease, &finish(&run, ended)).await, Ok(Written::Stored));
    assert_eq!(store.state().await.due_at, Some(next(ended)), "a time that passed meanwhile is left out");

    let run = store.begin("canceled").await;
    let state = SyncState { active: None, ..store.state().await };
    let canceled = [StoppedRun { sync: run.id, status: SyncStatus::Canceled, failure: None, event: None }];
    assert_eq!(store.table.stop(&acme(), &state, &canceled, ended).await, Ok(Written::Stored));
    assert_eq!(store.state().await.due_at, Some(next(ended)));
    store.configure(SyncSettings::default(), ended).await;
    assert!(due(&store, ended + 100.hours()).await.is_empty());
}

#[tokio::test]
async fn a_connection_without_a_run_or_a_schedule_is_not_due() {
    let store = store().await;
    let (run, lease) = store.under_way().await;
    assert_eq!(store.table.finish(&lease, &finish(&run, after(1))).await, Ok(Written::Stored));
    assert!(due(&store, START + 1_000.hours()).await.is_empty());
    assert_eq!(store.table.take(&acme(), &lease_request("next", after(2))).await, Ok(None));
}

#[tokio::test]
async fn an_end_under_a_lease_that_was_overtaken_writes_nothing() {
    let store = store().await;
    let (run, lease) = store.under_way().await;
    store.take("second", after(60_000)).await;
    let ended = SyncRun { status: SyncStatus::Completed, finished_at: Some(after(5)), ..run.clone() };
    let end = Finish { event: Some(event("evt_end")), ..finish(&ended, after(5)) };
    assert_eq!(store.table.finish(&lease, &end).await, Ok(Written::Overtaken));
    assert_eq!((store.sync("run").await, is_told(&store, "evt_end").await), (run, false));
}

#[tokio::test]
async fn a_run_that_is_queued_while_another_ends_is_not_lost() {
    let store = store().await;
    let (run, lease) = store.under_way().await;
    // The end has read the state, and waits before it writes.
    store.installation.wire.inject(Rule::on("TransactWriteItems", Fault::UntilReleased));
    let (table, held, ended) = (store.table.clone(), lease.clone(), run.clone());
    let ending = tokio::spawn(async move { table.finish(&held, &finish(&ended, after(1))).await });
    while store.installation.wire.counts().get("TransactWriteItems") != Some(&2) {
        tokio::task::yield_now().await;
    }
    store.queue("invoices").await;
    store.installation.wire.release();
    assert!(matches!(ending.await.expect("a task"), Err(StoreError::Busy(_))));
    assert_eq!(store.table.finish(&lease, &finish(&run, after(1))).await, Ok(Written::Stored), "the next try");
    assert_eq!(store.state().await.active, Some((SyncKind::ImportInvoices, sync_id("invoices"))));
}

#[tokio::test]
async fn a_conflicting_write_is_busy() {
    let store = store().await;
    let (_, lease) = store.under_way().await;
    store.installation.wire.inject(Rule::on("TransactWriteItems", Fault::TransactionConflict));
    let busy = store.table.store(&lease, &batch(&[check(1, after(1))])).await;
    assert!(matches!(busy, Err(StoreError::Busy(_))), "{busy:?}");
}

#[tokio::test]
async fn the_end_of_a_kinds_last_run_is_kept_and_that_of_a_dry_run_is_not() {
    let store = store().await;
    let (run, lease) = store.under_way().await;
    let dry = SyncRun { is_dry: true, ..run };
    assert_eq!(store.table.finish(&lease, &finish(&dry, after(1))).await, Ok(Written::Stored));
    assert_eq!(store.state().await.last, [None, None]);

    let run = store.begin("failed").await;
    let lease = store.take("second", after(2)).await;
    let failure = Some(SyncFailure::TooManyErrors);
    let failed = SyncRun { status: SyncStatus::Failed, failure, ..run };
    assert_eq!(store.table.finish(&lease, &finish(&failed, after(3))).await, Ok(Written::Stored));
    let last = [Some(LastRun { at: after(3), failure, is_mismatched: false }), None];
    assert_eq!(store.state().await.last, last);
    store.configure(HOURLY, after(4)).await;
    let run = store.begin("next").await;
    assert_eq!(store.state().await.last, last, "other writes keep it");

    let group = Group { kind: RecordKind::Check, bank_account: None, month: date(2026, 3, 1), currency: None };
    let platform = Totals([(group, Total { count: 1, ..Total::default() })].into());
    let reconciliation = Some(Reconciliation { covers: Covers::All, platform, stored: Totals::default() });
    let lease = store.take("third", after(5)).await;
    let completed = SyncRun { status: SyncStatus::Completed, reconciliation, ..run };
    assert_eq!(store.table.finish(&lease, &finish(&completed, after(6))).await, Ok(Written::Stored));
    assert_eq!(store.state().await.last, [Some(LastRun { at: after(6), failure: None, is_mismatched: true }), None]);
}
