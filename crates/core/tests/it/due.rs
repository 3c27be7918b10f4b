//! The refresher: finds due connections, processes each separately, and reports counts.

use std::collections::BTreeSet;
use std::time::Duration;

use counterfoil_core::model::time::until;
use counterfoil_core::port::store::ALL_SHARDS;
use counterfoil_core::service::worker::refresh_due::refresh_due;
use counterfoil_core::service::worker::shards::Report;
use counterfoil_testkit::platform::{Reply, RotationPolicy};
use counterfoil_testkit::wire::{Fault, Rule};

use crate::harness::Stage;

/// The time of a run of the deployed refresher.
const TIME: Duration = Duration::from_secs(57);
/// The time after which a token of an hour is certainly due: a quarter of an hour before its expiry.
const UNTIL_DUE: Duration = Duration::from_secs(2_700);

/// The report of a run, without the age of the oldest item, which depends on jitter.
async fn run(stage: &Stage) -> Report {
    let report = refresh_due(&stage.app, &ALL_SHARDS, TIME).await.unwrap_or_else(|error| panic!("{error}"));
    Report { oldest_overdue: Duration::ZERO, ..report }
}

#[tokio::test]
async fn r12_the_age_of_the_oldest_overdue_row_is_reported() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    stage.installation.connect(&stage.app, "one").await;
    stage.clock.advance(UNTIL_DUE + Duration::from_secs(600));
    let report = refresh_due(&stage.app, &ALL_SHARDS, TIME).await.unwrap_or_else(|error| panic!("{error}"));
    let overdue = report.oldest_overdue.as_secs();
    assert!(
        (600..=600 + 180).contains(&overdue),
        "{overdue} s: ten minutes, and a jitter of at most a fifth of a quarter of an hour"
    );
}

#[tokio::test]
async fn r12_a_run_processes_only_its_shards_and_a_failing_shard_stops_no_other() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    for number in 0..24 {
        stage.installation.connect(&stage.app, &format!("company-{number}")).await;
    }
    stage.clock.advance(UNTIL_DUE);
    let (first, rest) = ALL_SHARDS.split_at(4);
    stage.installation.wire.inject(Rule::on("Query", Fault::Throttled).times(8));
    let report = refresh_due(&stage.app, first, TIME).await.unwrap_or_else(|error| panic!("{error}"));
    assert!(report.unread_shards > 0 && report.unread_shards < 4, "{report:?}");
    let first = refresh_due(&stage.app, first, TIME).await.unwrap_or_else(|error| panic!("{error}"));
    let rest = refresh_due(&stage.app, rest, TIME).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.done + first.done + rest.done, 24);
}

#[tokio::test]
async fn r12_only_due_connections_are_refreshed_and_before_their_tokens_expire() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    for key in ["one", "two", "three"] {
        stage.installation.connect(&stage.app, key).await;
    }
    assert_eq!(run(&stage).await, Report::default());
    stage.clock.advance(UNTIL_DUE);
    let late = stage.installation.connect(&stage.app, "late").await;
    assert_eq!(run(&stage).await, Report { due: 3, done: 3, failed: 0, left: 0, ..Report::default() });
    assert_eq!(stage.row(&late).await.epoch, 1);
    assert_eq!(run(&stage).await, Report::default(), "their next time has not come");
    assert_eq!(stage.refreshes(), 3);
}

#[tokio::test]
async fn r12_a_failure_stays_in_its_row() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let revoked = stage.installation.connect(&stage.app, "revoked").await;
    let sound = stage.installation.connect(&stage.app, "sound").await;
    stage.installation.platform.revoke("revoked");
    stage.clock.advance(UNTIL_DUE);
    assert_eq!(run(&stage).await, Report { due: 2, done: 1, failed: 1, left: 0, ..Report::default() });
    assert_eq!((stage.row(&revoked).await.due_at, stage.row(&sound).await.epoch), (None, 2));
    assert_eq!(run(&stage).await, Report::default(), "a dead grant is due no more");
}

#[tokio::test]
async fn r14_a_panic_in_one_refresh_affects_no_other() {
    let stage = Stage::new(RotationPolicy::Daily).await;
    for key in ["one", "two", "three"] {
        stage.installation.connect(&stage.app, key).await;
    }
    stage.installation.platform.script([Reply::Panic]);
    stage.clock.advance(UNTIL_DUE);
    assert_eq!(run(&stage).await, Report { due: 3, done: 2, failed: 1, left: 0, ..Report::default() });
}

#[tokio::test]
async fn a_failed_refresh_is_due_again_after_its_backoff() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.installation.connect(&stage.app, "acme").await;
    stage.clock.advance(UNTIL_DUE);
    stage.installation.platform.script([Reply::Fail(counterfoil_core::port::platform::TokenFailure::NotSent)]);
    assert_eq!(run(&stage).await, Report { due: 1, done: 0, failed: 1, left: 0, ..Report::default() });
    let row = stage.row(&id).await;
    assert_eq!(row.due_at, row.last_failure.map(|last_failure| last_failure.retry_at));
    assert_eq!(run(&stage).await, Report::default());
    stage.clock.advance(stage.app.settings.backoff_first);
    assert_eq!(run(&stage).await, Report { due: 1, done: 1, failed: 0, left: 0, ..Report::default() });
}

#[tokio::test]
async fn connections_that_do_not_fit_into_the_time_are_left_for_the_next_run() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    for key in ["one", "two"] {
        stage.installation.connect(&stage.app, key).await;
    }
    stage.clock.advance(UNTIL_DUE);
    let report = refresh_due(&stage.app, &ALL_SHARDS, Duration::ZERO).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((report.due, report.left), (2, 2));
    assert_eq!(stage.refreshes(), 0);
}

#[tokio::test]
async fn r12_connections_made_at_the_same_time_are_due_at_different_times() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let mut ahead = BTreeSet::new();
    for number in 0..12 {
        let id = stage.installation.connect(&stage.app, &format!("company-{number}")).await;
        let row = stage.row(&id).await;
        let expires_at = row.grant().expect("a grant").access_token_expires_at;
        ahead.insert(until(row.due_at.expect("it is due some day"), expires_at));
    }
    assert!(ahead.len() > 10, "{ahead:?}");
    let settings = stage.app.settings;
    let spread = ahead.last().expect("twelve").saturating_sub(*ahead.first().expect("twelve"));
    assert!(spread > settings.refresh_ahead / 20, "{spread:?}");
    assert!(ahead.iter().all(|ahead| (settings.refresh_ahead..=settings.refresh_ahead * 6 / 5).contains(ahead)), "{ahead:?}");
}
