//! A connection that is connected again while its purge is under way keeps what is its own.

use std::time::Duration;

use counterfoil_core::model::api_key::ApiKey;
use counterfoil_core::model::record::RecordKind;
use counterfoil_core::model::sync::settings::Schedule;
use counterfoil_core::model::sync::{Mode, SyncKind, SyncStatus};
use counterfoil_core::port::store::ALL_SHARDS;
use counterfoil_core::port::store::syncs::SyncState;
use counterfoil_core::service::consent::start::Caller;
use counterfoil_core::service::records::Filter;
use counterfoil_core::service::records::changed::{Place, changed};
use counterfoil_core::service::sync::configure::{Change, configure};
use counterfoil_core::service::worker::sync_due::sync_due;
use counterfoil_testkit::fixture::{connected, consented_by, finish_consent};
use counterfoil_testkit::platform::books::check;
use jiff::Timestamp;

use super::harness::{canary_books, finish, left_of, purge_of, request};
use crate::harness::key;
use crate::sync::harness::{Books, HOUR, WORKERS_TIME, sync};

/// A server connects the company again.
async fn reconnect(books: &Books) {
    books.stage.clock.advance(Duration::from_secs(1));
    let caller: ApiKey = key(&books.id);
    let names = (books.id.company_key.as_str(), "acme");
    let callback = consented_by(&books.stage.installation, &books.stage.app, Caller::Key(caller), names).await;
    let ending = finish_consent(&books.stage.app, callback.expect("a start")).await;
    assert_eq!(connected(ending).expect("a consent").company_name, "Company acme", "the platform names it again");
}

async fn changes_from(books: &Books, from: Timestamp) -> Vec<Timestamp> {
    let filter = Filter { kind: RecordKind::Check, platform: None, status: None, from: None, to: None };
    let page = changed(&books.stage.app, &books.id, &filter, Place { at: from, offset: 0 }, 1_000).await.expect("a table");
    page.records.iter().map(|record| record.updated_at).collect()
}

#[tokio::test]
async fn records_that_are_imported_again_before_their_removal_stay() {
    let books = canary_books().await;
    let before = books.stored(RecordKind::Check).await;
    let last_change = before.iter().map(|record| record.updated_at).max().expect("a record");
    request(&books).await;
    reconnect(&books).await;
    assert_eq!(changes_from(&books, Timestamp::UNIX_EPOCH).await, [], "what is to be removed is not read as a change");
    let run = books.run(sync()).await;
    assert_eq!((run.status, run.mode()), (SyncStatus::Completed, Mode::Full));
    let checks = run.counts.checks;
    assert_eq!((checks.imported, checks.updated, checks.unchanged), (13, 0, 0), "as if for the first time");
    let kept = books.stored(RecordKind::Check).await;
    assert!(kept.len() == 13 && kept.iter().all(|record| record.updated_at > last_change && record.sync == run.id));

    finish(&books).await;
    assert_eq!(books.stored(RecordKind::Check).await, kept);
    assert_eq!(changes_from(&books, last_change).await.len(), 13, "a consumer who goes on misses nothing");
    assert_eq!(books.read(&run).await, run);
    let left = left_of(&books).await;
    assert_eq!(left.events, ["oauth.disconnected", "oauth.connected", "oauth.sync_completed"]);
    assert!(left.connection.iter().any(|sk| sk.starts_with("AUDIT#")), "that it was connected again: {left:?}");
    books.stage.clock.advance(HOUR);
    books.put(check("3", 77));
    let next = books.run(sync()).await;
    assert_eq!((next.counts.checks.updated, next.reconciliation.is_some_and(|it| it.matches())), (1, true));
}

#[tokio::test]
async fn the_order_of_changes_never_goes_back() {
    let books = canary_books().await;
    let state = || async { books.stage.installation.items_under("SYNCS#default#acme").await.swap_remove(0).1 };
    let number = |item: &counterfoil_testkit::fixture::Item, name: &str| -> i64 {
        item.get(name).map_or(0, |it| it.as_n().expect("a number").parse().expect("a number"))
    };
    let before = state().await;
    request(&books).await;
    let fenced = state().await;
    for name in ["version", "lease_number"] {
        assert!(number(&fenced, name) > number(&before, name), "{name}");
    }
    assert_eq!(number(&fenced, "last_change"), number(&before, "last_change"));
    assert_eq!(number(&fenced, "mark"), number(&before, "last_change"));
    assert!(!format!("{fenced:?}").contains("company_id"), "{fenced:?}");
    finish(&books).await;
    assert_eq!(state().await, fenced);
}

#[tokio::test]
async fn a_schedule_goes_on_once_the_connection_is_connected_again() {
    let books = canary_books().await;
    let hourly = Change { schedule: Some(Schedule::Hourly), ..Change::default() };
    configure(&books.stage.app, &books.stage.row(&books.id).await, &hourly).await.expect("a table");
    request(&books).await;
    finish(&books).await;
    reconnect(&books).await;
    books.stage.clock.advance(2 * HOUR);
    let report = sync_due(&books.stage.app, &ALL_SHARDS, WORKERS_TIME).await.expect("a table");
    assert_eq!((report.due, books.stored(RecordKind::Check).await.len()), (1, 13));
}

#[tokio::test]
async fn a_second_purge_covers_what_came_after_the_first() {
    let books = canary_books().await;
    request(&books).await;
    reconnect(&books).await;
    books.run(sync()).await;
    books.stage.clock.advance(Duration::from_secs(5));
    let first = purge_of(&books).await;
    request(&books).await;
    let second = purge_of(&books).await;
    assert!(second.epoch > first.epoch && second.last_change > first.last_change && second.removed == 0);
    finish(&books).await;
    let left = left_of(&books).await;
    assert_eq!((left.records, left.blocks, left.runs, left.events), (0, 0, 0, vec!["oauth.disconnected"]));
}

#[tokio::test]
async fn a_purge_ends_what_notifications_asked_for() {
    let books = canary_books().await;
    let syncs = &books.stage.app.syncs;
    let state = syncs.state(&books.id).await.expect("a table");
    let notified = state.notified.clone().with(&[SyncKind::Sync].into(), books.now());
    syncs.configure(&books.id, &SyncState { notified, ..state }, books.now()).await.expect("a table");
    request(&books).await;
    let state = syncs.state(&books.id).await.expect("a table");
    assert_eq!((state.notified.kinds.len(), state.due_at), (0, None));
}
