//! Processes that die in the middle of a request for a purge, or of a purge.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::model::connection::Status;
use counterfoil_core::model::purge::Purge;
use counterfoil_core::service::revocation::disconnect::{History, disconnect};
use counterfoil_core::service::revocation::purge::purge;
use counterfoil_testkit::wire::{Fault, Rule};

use super::harness::{Left, PURGE_LASTS, canary_books, finish, left_of, purge_of, request};
use crate::harness::key;
use crate::sync::harness::Books;

/// Kills what is spawned at the request that the rule holds. `false` where it ended before.
async fn kill_at<T: Send + 'static>(books: &Books, rule: Rule, task: impl Future<Output = T> + Send + 'static) -> bool {
    let wire = &books.stage.installation.wire;
    wire.reset();
    wire.inject(rule);
    let mut task = tokio::spawn(task);
    let was_killed = tokio::select! {
        () = wire.held() => true,
        ended = &mut task => {
            ended.expect("no panic");
            false
        }
    };
    task.abort();
    wire.reset();
    books.stage.clock.advance(Duration::from_secs(121));
    was_killed
}

fn is_gone(left: &Left<'_>) -> bool {
    (left.records, left.blocks, left.runs) == (0, 0, 0)
        && left.events == ["oauth.disconnected"]
        && left.connection.iter().all(|sk| !sk.starts_with("EVENT#"))
}

#[tokio::test]
async fn a_purge_that_is_killed_at_any_write_ends_as_an_unbroken_one() {
    for (operation, fault) in [
        ("DeleteItem", Fault::Hold),
        ("DeleteItem", Fault::HoldAnswer),
        ("UpdateItem", Fault::Hold),
        ("UpdateItem", Fault::HoldAnswer),
    ] {
        let mut writes = 0;
        loop {
            let books = canary_books().await;
            request(&books).await;
            books.stage.clock.advance(Duration::from_secs(60));
            let (app, id) = (Arc::clone(&books.stage.app), books.id.clone());
            let ends_at = app.clock.elapsed() + PURGE_LASTS;
            let killed =
                kill_at(&books, Rule::on(operation, fault).after(writes), async move { purge(&app, &id, ends_at).await });
            if !killed.await {
                break;
            }
            finish(&books).await;
            let left = left_of(&books).await;
            assert!(is_gone(&left), "killed at {operation} {writes}, {fault:?}: {left:?}");
            // Neighbours under way at once are the same.
            writes += if operation == "DeleteItem" { 5 } else { 1 };
        }
        assert!(writes >= 8, "only {writes} of {operation}");
    }
}

#[tokio::test]
async fn a_request_that_is_killed_at_any_write_has_begun_the_purge_where_it_has_disconnected() {
    for operation in ["TransactWriteItems", "UpdateItem"] {
        for fault in [Fault::Hold, Fault::HoldAnswer] {
            for writes in 0.. {
                let books = canary_books().await;
                let (app, id) = (Arc::clone(&books.stage.app), books.id.clone());
                let ends_at = app.clock.elapsed() + app.settings.function_time;
                let asked = async move { disconnect(&app, &key(&id), &id.company_key, History::Purged, ends_at).await.map(drop) };
                if !kill_at(&books, Rule::on(operation, fault).after(writes), asked).await {
                    break;
                }
                let begun: Option<Purge> = books.stage.app.purges.purge(&books.id).await.expect("a table");
                let status = books.stage.row(&books.id).await.status();
                assert_eq!(begun.is_some(), status == Status::Disconnected, "killed at {operation} {writes}, {fault:?}");
                request(&books).await;
                assert_eq!(begun.unwrap_or(purge_of(&books).await), purge_of(&books).await);
                finish(&books).await;
                assert!(is_gone(&left_of(&books).await));
            }
        }
    }
}
