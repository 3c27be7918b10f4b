//! The stop of a run by a process without its lease.

use counterfoil_core::model::event::Event;
use counterfoil_core::model::sync::{SyncFailure, SyncRun, SyncStatus};
use counterfoil_core::port::store::Written;
use counterfoil_core::port::store::syncs::{StoppedRun, SyncState, SyncStore as _};
use counterfoil_testkit::fixture::START;
use jiff::ToSpan as _;

use crate::harness::store;
use crate::imports::{acme, after, batch, check, lease_request, sync_id};
use crate::syncs::{due, event, finish, is_told};

fn stopped(name: &str, event: Option<Event>) -> StoppedRun {
    StoppedRun { sync: sync_id(name), status: SyncStatus::Failed, failure: Some(SyncFailure::Disconnected), event }
}

#[tokio::test]
async fn a_run_that_is_stopped_in_the_middle_stores_nothing_more() {
    let store = store().await;
    let (run, mut lease) = store.under_way().await;
    store.store_checks(&mut lease, &[1], after(1)).await;
    store.queue("invoices").await;
    let read = store.state().await;
    let none = SyncState { active: None, queued: None, ..read.clone() };
    let stale = SyncState { version: read.version - 1, ..none.clone() };
    assert_eq!(store.table.stop(&acme(), &stale, &[stopped("run", None)], after(2)).await, Ok(Written::Overtaken));
    let both = [stopped("run", Some(event("evt_run"))), stopped("invoices", Some(event("evt_invoices")))];
    assert_eq!(store.table.stop(&acme(), &none, &both, after(2)).await, Ok(Written::Stored));

    assert_eq!(store.table.store(&lease, &batch(&[check(1, after(3))])).await, Ok(Written::Overtaken));
    assert_eq!(store.table.finish(&lease, &finish(&run, after(3))).await, Ok(Written::Overtaken));
    let end =
        SyncRun { status: SyncStatus::Failed, failure: Some(SyncFailure::Disconnected), finished_at: Some(after(2)), ..run };
    assert_eq!(store.sync("run").await, end);
    assert_eq!(store.sync("invoices").await.status, SyncStatus::Failed);
    assert!(is_told(&store, "evt_run").await && is_told(&store, "evt_invoices").await);
    assert!(due(&store, START + 1_000.hours()).await.is_empty());
    assert_eq!(store.table.take(&acme(), &lease_request("first", START)).await, Ok(None));
}

#[tokio::test]
async fn the_active_run_continues_when_the_queued_one_is_stopped() {
    let store = store().await;
    let (_, mut lease) = store.under_way().await;
    store.queue("invoices").await;
    let state = SyncState { queued: None, ..store.state().await };
    assert_eq!(store.table.stop(&acme(), &state, &[stopped("invoices", None)], after(1)).await, Ok(Written::Stored));
    store.store_checks(&mut lease, &[1], after(2)).await;
}

#[tokio::test]
async fn the_queued_run_is_due_immediately_when_the_active_one_is_stopped() {
    let store = store().await;
    store.under_way().await;
    store.queue("invoices").await;
    let read = store.state().await;
    let state = SyncState { active: read.queued.clone(), queued: None, ..read };
    assert_eq!(store.table.stop(&acme(), &state, &[stopped("run", None)], after(1)).await, Ok(Written::Stored));
    assert_eq!(due(&store, after(1)).await, [acme()]);
    assert_eq!(store.take("second", after(1)).await.sync, sync_id("invoices"));
}
