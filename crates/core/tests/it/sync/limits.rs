//! Runs respect a platform's limits before it refuses requests.

use std::time::Duration;

use counterfoil_core::model::sync::SyncStatus;
use counterfoil_core::port::accounting::{Limit, ReadFailure};
use counterfoil_core::service::sync::begin::begin;
use counterfoil_core::service::sync::{Worked, work};
use counterfoil_testkit::fixture::try_consent;

use super::harness::{Books, WORKERS_TIME, sync};

#[tokio::test]
async fn a_run_respects_the_platforms_limit() {
    let books = Books::of(50).await;
    books.platform().set_page_size(5);
    books.platform().set_minute_limit(4);
    let began = books.now();
    let run = books.run(sync()).await;
    assert_eq!((run.status, run.requests, run.failures), (SyncStatus::Completed, 10, 0));
    let minutes = books.now().duration_since(began).as_secs() / 60;
    assert!(minutes >= 2, "ten requests at four a minute took {minutes} minutes");
}

#[tokio::test]
async fn every_request_of_a_page_counts_also_if_the_page_fails() {
    let books = Books::of(5).await;
    books.platform().set_more_requests(1);
    books.platform().fail([ReadFailure::Unavailable { retry_after: None }]);
    let run = books.run(sync()).await;
    assert_eq!((run.status, run.pages, run.requests), (SyncStatus::Completed, 1, 4));
}

#[tokio::test]
async fn the_second_request_of_a_page_waits_for_the_limit_too() {
    let books = Books::of(10).await;
    books.platform().set_page_size(5);
    books.platform().set_more_requests(1);
    books.platform().set_minute_limit(3);
    let began = books.now();
    let run = books.run(sync()).await;
    assert_eq!((run.status, run.requests), (SyncStatus::Completed, 5), "the third was admitted, and the fourth was not");
    assert!(books.now().duration_since(began).as_secs() >= 60);
}

#[tokio::test]
async fn a_pause_that_the_platform_asks_for_holds_every_run_of_the_company() {
    let books = Books::of(5).await;
    let (app, pause) = (&books.stage.app, Duration::from_secs(300));
    let other = try_consent(&books.stage.installation, app, "other", "acme").await.expect("a connection");
    books.platform().fail([ReadFailure::Limited { retry_after: pause, limit: Limit::Minute }]);
    books.begin(&sync()).await;
    books.work_once().await;
    let ends_at = app.clock.elapsed() + WORKERS_TIME;
    let run = begin(app, &other, &sync()).await.expect("a run");
    assert_eq!(work(app, &other.id, ends_at).await.expect("a table"), Worked::Paused);
    let run = app.syncs.sync(&other.id.partner, &run.id).await.expect("a table").expect("a run");
    assert_eq!((run.status, run.requests, run.failures), (SyncStatus::Waiting, 0, 0));
    assert_eq!(books.platform().requests().len(), 1, "only that of the first run");
    books.stage.clock.advance(pause);
    assert_eq!(work(app, &other.id, ends_at + pause).await.expect("a table"), Worked::Ended);
}

#[tokio::test]
async fn a_refusal_of_simultaneous_requests_holds_only_its_own_run() {
    let books = Books::of(5).await;
    let app = &books.stage.app;
    let other = try_consent(&books.stage.installation, app, "other", "acme").await.expect("a connection");
    let minute = Duration::from_secs(60);
    books.platform().fail([ReadFailure::Limited { retry_after: minute, limit: Limit::Simultaneous }]);
    books.begin(&sync()).await;
    books.work_once().await;
    begin(app, &other, &sync()).await.expect("a run");
    assert_eq!(work(app, &other.id, app.clock.elapsed() + WORKERS_TIME).await.expect("a table"), Worked::Ended);
}
