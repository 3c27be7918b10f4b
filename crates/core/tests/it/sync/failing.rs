//! The effect of a platform's refusals on a run.

use std::time::Duration;

use counterfoil_core::model::record::Unreadable;
use counterfoil_core::model::sync::{Mode, SyncFailure, SyncStatus};
use counterfoil_core::port::accounting::{Limit, ReadFailure};
use counterfoil_core::service::sync::{Worked, work};
use counterfoil_testkit::wire::{Fault, Rule};
use jiff::ToSpan as _;

use super::harness::{Books, HOUR, WORKERS_TIME, full, sync};

const UNAVAILABLE: ReadFailure = ReadFailure::Unavailable { retry_after: None };

#[tokio::test]
async fn a_refused_token_is_refreshed_once_and_the_run_continues() {
    let books = Books::of(30).await;
    books.platform().set_page_size(10);
    books.platform().fail([ReadFailure::Unauthorized]);
    let run = books.run(sync()).await;
    assert_eq!((run.status, run.counts.checks.imported), (SyncStatus::Completed, 30));
    assert_eq!(books.stage.refreshes(), 1);
    let requests = books.platform().requests();
    assert_ne!(requests[0].access_token, requests[1].access_token);
    assert_eq!(requests[0].cursor, requests[1].cursor);
}

#[tokio::test]
async fn a_failed_run_has_its_reason_and_the_next_run_reads_everything_again() {
    for (failures, expected) in [
        (vec![ReadFailure::Unauthorized, ReadFailure::Unauthorized], SyncFailure::ReauthorizationRequired),
        (vec![ReadFailure::CompanyGone], SyncFailure::CompanyGone),
        (vec![ReadFailure::AccessDenied], SyncFailure::AccessDenied),
        (vec![ReadFailure::Rejected { code: "400".to_owned() }], SyncFailure::PlatformUnavailable),
    ] {
        let books = Books::of(5).await;
        books.platform().fail(failures);
        let run = books.run(sync()).await;
        assert_eq!((run.status, run.failure), (SyncStatus::Failed, Some(expected)));
        assert!(run.finished_at.is_some());
        let next = books.run(sync()).await;
        assert_eq!((next.status, next.mode(), next.counts.checks.imported), (SyncStatus::Completed, Mode::Full, 5));
    }
}

#[tokio::test]
async fn a_token_that_is_refused_just_after_a_refresh_is_refreshed_again_after_a_pause() {
    let books = Books::of(30).await;
    books.platform().set_page_size(10);
    let run = books.begin(&sync()).await;
    books.stage.force(&books.id).await.expect("a token");
    books.platform().fail([ReadFailure::Unauthorized, ReadFailure::Unauthorized]);
    books.work().await;
    let run = books.read(&run).await;
    assert_eq!((run.status, run.counts.checks.imported), (SyncStatus::Completed, 30));
}

#[tokio::test]
async fn a_run_that_waits_for_daily_limits_for_three_days_fails() {
    for hours in [1, 24] {
        let books = Books::of(5).await;
        books.platform().fail(vec![ReadFailure::Limited { retry_after: HOUR * hours, limit: Limit::Day }; 100]);
        let began = books.now();
        let run = books.begin(&sync()).await;
        while !books.read(&run).await.status.is_over() {
            books.work_once().await;
            books.stage.clock.advance(HOUR);
        }
        assert_eq!(books.read(&run).await.failure, Some(SyncFailure::DailyLimit));
        let days = books.now().duration_since(began).as_hours() / 24;
        assert!((2..=3).contains(&days), "{days} days with pauses of {hours} hours");
    }
}

#[tokio::test]
async fn a_failure_after_daily_limits_does_not_end_the_run() {
    let books = Books::of(5).await;
    books.platform().fail([ReadFailure::Limited { retry_after: HOUR * 20, limit: Limit::Day }, UNAVAILABLE]);
    let run = books.begin(&sync()).await;
    while !books.read(&run).await.status.is_over() {
        books.work_once().await;
        books.stage.clock.advance(HOUR);
    }
    assert_eq!(books.read(&run).await.status, SyncStatus::Completed);
}

#[tokio::test]
async fn a_run_continues_after_a_short_outage() {
    let books = Books::of(5).await;
    books.platform().fail([UNAVAILABLE, UNAVAILABLE, UNAVAILABLE, UNAVAILABLE, UNAVAILABLE]);
    let run = books.run(sync()).await;
    assert_eq!((run.status, run.failures, run.counts.checks.imported), (SyncStatus::Completed, 0, 5));
}

#[tokio::test]
async fn an_outage_of_hours_ends_the_run() {
    let books = Books::of(5).await;
    books.platform().fail(vec![UNAVAILABLE; 40]);
    let began = books.now();
    let run = books.run(sync()).await;
    assert_eq!((run.status, run.failure), (SyncStatus::Failed, Some(SyncFailure::PlatformUnavailable)));
    let requests = books.platform().requests().len();
    assert!((10..=15).contains(&requests), "{requests} requests");
    assert!(books.now() >= began + 15.minutes());
}

#[tokio::test]
async fn a_run_says_that_it_waits_for_a_daily_limit_and_until_when() {
    let books = Books::of(5).await;
    books.platform().fail([ReadFailure::Limited { retry_after: HOUR * 5, limit: Limit::Day }]);
    let run = books.begin(&sync()).await;
    let ends_at = books.stage.app.clock.elapsed() + WORKERS_TIME;
    let worked = work(&books.stage.app, &books.id, ends_at).await.expect("a table");
    assert_eq!(worked, Worked::Paused);
    let waiting = books.read(&run).await;
    assert_eq!(waiting.status, SyncStatus::Waiting);
    assert!(waiting.resumes_at.is_some_and(|at| at >= books.now() + 4.hours()), "{:?}", waiting.resumes_at);
    assert_eq!(work(&books.stage.app, &books.id, ends_at).await.expect("a table"), Worked::Nothing, "not before");
    books.stage.clock.advance(HOUR * 6);
    books.work().await;
    let run = books.read(&run).await;
    assert_eq!((run.status, run.resumes_at, run.counts.checks.imported), (SyncStatus::Completed, None, 5));
}

#[tokio::test]
async fn a_run_whose_time_is_over_continues_in_the_next_invocation() {
    let books = Books::of(30).await;
    books.platform().set_page_size(10);
    let run = books.begin(&sync()).await;
    let soon = books.stage.app.clock.elapsed() + Duration::from_secs(8);
    assert_eq!(work(&books.stage.app, &books.id, soon).await.expect("a table"), Worked::Paused);
    assert_eq!(books.platform().requests().len(), 0, "a page would take longer");
    books.work().await;
    assert_eq!(books.read(&run).await.counts.checks.imported, 30);
}

#[tokio::test]
async fn a_comparison_that_fits_into_no_invocation_ends_the_run() {
    let books = Books::of(5).await;
    let run = books.begin(&sync()).await;
    books.stage.installation.wire.inject(Rule::on("Query", Fault::Repeated).when("CHANGES#").times(20));
    books.work_once().await;
    books.stage.installation.wire.reset();
    assert_eq!(
        (books.read(&run).await.status, books.read(&run).await.pages),
        (SyncStatus::Waiting, 1),
        "only the comparison is left"
    );
    books.stage.clock.advance(HOUR);
    let mut tries = 0;
    while !books.read(&run).await.status.is_over() {
        tries += 1;
        assert!(tries < 20, "it goes on for ever");
        let ends_at = books.stage.app.clock.elapsed() + Duration::from_secs(1);
        work(&books.stage.app, &books.id, ends_at).await.expect("a table");
    }
    assert_eq!(books.read(&run).await.failure, Some(SyncFailure::PlatformUnavailable));
}

#[tokio::test]
async fn a_run_with_more_errors_than_records_fails() {
    let books = Books::of(1_001).await;
    for number in 1..=1_001 {
        books.spoil(&format!("bad-{number}"), Unreadable::AmountUnreadable);
    }
    assert_eq!(books.run(sync()).await.status, SyncStatus::Completed, "as many errors as records");
    books.spoil("bad-1002", Unreadable::DateUnreadable);
    let run = books.run(full()).await;
    assert_eq!((run.status, run.failure), (SyncStatus::Failed, Some(SyncFailure::TooManyErrors)));
    assert_eq!((run.counts.errors, run.error_samples.len()), (1_002, 20));
}
