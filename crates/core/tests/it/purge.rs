//! Purges: what is stored of a disconnected connection is removed, over any number of interruptions, and nothing else is.

mod harness;
mod interrupted;
mod reconnected;

use std::time::Duration;

use counterfoil_core::model::record::RecordKind;
use counterfoil_core::model::sync::{SyncKind, SyncRun, SyncStatus};
use counterfoil_core::port::store::ALL_SHARDS;
use counterfoil_core::service::revocation::purge::{Purged, purge};
use counterfoil_core::service::sync::begin::begin;
use counterfoil_core::service::sync::{Worked, work};
use counterfoil_core::service::worker::purge_due::purge_due;
use counterfoil_core::service::worker::revoke_due::revoke_due;
use counterfoil_testkit::platform::books::check;
use counterfoil_testkit::wire::{Fault, Rule};

use self::harness::{Left, PURGE_LASTS, canary_books, finish, is_named, left_of, purge_of, request};
use crate::sync::harness::{Books, HOUR, WORKERS_TIME, full, request_of, sync};

#[tokio::test]
async fn a_purge_leaves_a_tombstone_the_event_of_the_disconnect_and_an_audit_row_of_the_partner() {
    let books = canary_books().await;
    assert!(is_named(&books, "Company acme").await.len() > 5 && !is_named(&books, "9876543.21").await.is_empty());
    let epoch = books.stage.row(&books.id).await.epoch;
    request(&books).await;
    let purge = finish(&books).await;
    assert_eq!((purge.epoch, purge.completed_at.is_some()), (epoch + 1, true));

    let tombstone = books.stage.row(&books.id).await;
    assert_eq!((tombstone.epoch, tombstone.company_name.as_str()), (epoch + 1, ""));
    let left = left_of(&books).await;
    assert_eq!(left, Left { connection: vec!["LEASE", "PURGE", "STATE"], events: vec!["oauth.disconnected"], ..Left::default() });
    for secret in ["The payee", "The account", "9876543.21", "10.01"] {
        assert_eq!(is_named(&books, secret).await, Vec::<String>::new(), "{secret}");
    }
    let names = is_named(&books, "Company acme").await;
    assert!(names.iter().all(|key| key.starts_with("EVENTS#default/evt_")), "{names:?}");
    let audits = books.stage.installation.items_under("PARTNER#default").await;
    let purged =
        audits.iter().filter(|(_, row)| row.get("action").is_some_and(|it| it.as_s().is_ok_and(|it| it == "connection_purged")));
    let told: Vec<_> =
        purged.map(|(_, row)| (row["actor"].as_s(), row["detail"].as_m().expect("a map")["company_key"].as_s())).collect();
    assert_eq!(told, [(Ok(&"key:0123456789abcdef".to_owned()), Ok(&"acme".to_owned()))]);
}

#[tokio::test]
async fn the_data_of_another_connection_of_the_partner_stays() {
    let books = canary_books().await;
    let other = books.stage.installation.connect(&books.stage.app, "acme-2").await;
    let other = Books { id: other, stage: books.stage };
    other.put(check("1", 1_000));
    let runs = [other.run(sync()).await, other.run(full()).await];
    as_of_an_earlier_version(&other, &runs[0]).await;
    let before = other.stored(RecordKind::Check).await;
    let history = other.stage.installation.items_of(&other.id).await.len();
    let books = Books { id: books.id, stage: other.stage };
    request(&books).await;
    finish(&books).await;
    let other = Books { id: other.id, stage: books.stage };
    assert_eq!(other.stored(RecordKind::Check).await, before);
    for run in &runs {
        assert_eq!(other.read(run).await.status, SyncStatus::Completed);
    }
    assert_eq!(other.stage.installation.items_of(&other.id).await.len(), history);
}

#[tokio::test]
async fn a_purge_is_one_for_each_disconnect_and_may_come_later() {
    let books = canary_books().await;
    books.stage.disconnect(&books.id).await;
    books.stage.clock.advance(HOUR);
    request(&books).await;
    let first = purge_of(&books).await;
    books.stage.clock.advance(HOUR);
    request(&books).await;
    assert_eq!(purge_of(&books).await, first, "the same again");
    let complete = finish(&books).await;
    assert!(complete.removed >= 40, "{complete:?}");
    request(&books).await;
    assert_eq!(purge_of(&books).await, complete, "once more");
    assert_eq!(purge(&books.stage.app, &books.id, Duration::MAX / 2).await, Ok(Purged::Done));
    assert!(books.stage.app.purges.due_purges(books.now() + 10 * HOUR, 10).await.expect("a table").is_empty());
}

#[tokio::test]
async fn a_run_that_is_under_way_ends_and_stores_nothing_more() {
    let books = Books::of(30).await;
    books.platform().set_page_size(10);
    books.begin(&sync()).await;
    let gate = books.platform().hold();
    let (app, id) = (books.stage.app.clone(), books.id.clone());
    let ends_at = app.clock.elapsed() + WORKERS_TIME;
    let worker = tokio::spawn(async move { work(&app, &id, ends_at).await });
    gate.reached_by(1).await;
    request(&books).await;
    finish(&books).await;
    books.platform().let_go();
    gate.open();
    assert_eq!(worker.await.expect("no panic").expect("a table"), Worked::Nothing);
    assert_eq!(left_of(&books).await.events, ["oauth.disconnected"]);
    assert_eq!((left_of(&books).await.records, left_of(&books).await.runs), (0, 0));
}

#[tokio::test]
async fn no_run_begins_for_a_connection_that_was_read_before_the_purge() {
    let books = Books::of(3).await;
    let read_before = books.stage.row(&books.id).await;
    request(&books).await;
    let late = begin(&books.stage.app, &read_before, &request_of(SyncKind::Sync)).await;
    assert_eq!(late.expect_err("it is disconnected").code(), "not_found");
    assert_eq!(left_of(&books).await.runs, 0);
}

#[tokio::test]
async fn a_revocation_that_the_platform_has_not_confirmed_stays_until_it_is() {
    let books = canary_books().await;
    books.stage.installation.platform.be_deaf(1);
    request(&books).await;
    finish(&books).await;
    assert!(left_of(&books).await.connection.iter().any(|sk| sk.starts_with("REVOCATION#")));
    books.stage.clock.advance(6 * HOUR);
    let report = revoke_due(&books.stage.app, &ALL_SHARDS, PURGE_LASTS).await.expect("a table");
    assert_eq!((report.due, report.done, books.stage.installation.platform.revoked().len()), (1, 1, 1));
}

#[tokio::test]
async fn a_step_is_bounded_and_the_worker_goes_on_where_its_time_ended() {
    let books = Books::of(1_200).await;
    books.run(sync()).await;
    request(&books).await;
    let wire = &books.stage.installation.wire;
    wire.reset();
    let report = purge_due(&books.stage.app, Duration::from_secs(10)).await.expect("a table");
    assert_eq!((report.due, report.left), (1, 1), "too little time for a step");
    finish(&books).await;
    let operations: Vec<_> = wire.requests().into_iter().map(|request| request.operation).collect();
    let steps = operations.split(|operation| operation == "UpdateItem");
    let longest = steps.map(|step| step.iter().filter(|operation| *operation == "DeleteItem").count()).max();
    assert!(longest.is_some_and(|deletions| (500..=1_000).contains(&deletions)), "{longest:?}");
    assert_eq!(left_of(&books).await.records, 0);
}

#[tokio::test]
async fn a_write_in_the_way_of_a_deletion_is_waited_for() {
    let books = canary_books().await;
    request(&books).await;
    books.stage.installation.wire.inject(Rule::on("DeleteItem", Fault::TransactionConflict).times(3));
    finish(&books).await;
    assert_eq!(left_of(&books).await.records, 0);
}

/// Changes a run's row to one of an earlier version: without an epoch, and without the connection in its place in the list.
async fn as_of_an_earlier_version(books: &Books, run: &SyncRun) {
    let (installation, pk) = (&books.stage.installation, format!("SYNC#default#{}", run.id.as_str()));
    installation.set_text(&pk, "RUN", "list_sk", run.id.as_str()).await;
    installation.remove_attribute(&pk, "RUN", "epoch").await;
}

#[tokio::test]
async fn rows_of_earlier_versions_go_too() {
    let books = canary_books().await;
    let run = books.run(full()).await;
    as_of_an_earlier_version(&books, &run).await;
    books.stage.installation.put_key("CONN#default#acme", "EVENT#0190").await;
    request(&books).await;
    finish(&books).await;
    let left = left_of(&books).await;
    assert_eq!((left.runs, left.connection), (0, vec!["LEASE", "PURGE", "STATE"]));
}
