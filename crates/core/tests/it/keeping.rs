//! The refresher (R-13): keeps tokens in use fresh and idle grants alive, and warns of a grant's fixed end.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::App;
use counterfoil_core::model::connection::{Connection, ConnectionId, Freshness};
use counterfoil_core::model::time::until;
use counterfoil_core::port::clock::Clock;
use counterfoil_core::port::platform::TokenFailure;
use counterfoil_core::port::store::ALL_SHARDS;
use counterfoil_core::service::vault::warn::warn_expiring;
use counterfoil_core::service::worker::refresh_due::refresh_due;
use counterfoil_core::service::worker::shards::Report;
use counterfoil_testkit::platform::{Reply, RotationPolicy};
use counterfoil_testkit::wire::{Fault, Rule};

use crate::harness::{Stage, count};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
/// From a consent to thirty days before the fixed end of the scripted platform's grants.
const UNTIL_WARNING: Duration = Duration::from_secs((1_826 - 30) * 86_400);
/// Half of the hundred days that a refresh token may idle, less up to a fifth.
const KEEP_ALIVE: std::ops::RangeInclusive<Duration> = Duration::from_secs(40 * 86_400)..=Duration::from_secs(50 * 86_400);

async fn stage(freshness: Freshness) -> Stage {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let app = App { freshness, ..stage.installation.app(Arc::clone(&stage.clock) as Arc<dyn Clock>) };
    Stage { app: Arc::new(app), ..stage }
}

async fn run(stage: &Stage) -> Report {
    run_of(&stage.app).await
}

async fn run_of(app: &Arc<App>) -> Report {
    refresh_due(app, &ALL_SHARDS, Duration::from_secs(57)).await.unwrap_or_else(|error| panic!("{error}"))
}

fn due_in(stage: &Stage, row: &Connection) -> Duration {
    until(stage.clock.now(), row.due_at.expect("it is due some day"))
}

async fn warnings(stage: &Stage, id: &ConnectionId) -> usize {
    count(&stage.installation, id, "evt_", "event", "oauth.refresh_token_expiring").await
}

/// An idle connection whose warning is due.
async fn about_to_end(stage: &Stage) -> ConnectionId {
    let id = stage.installation.connect(&stage.app, "acme").await;
    stage.clock.advance(UNTIL_WARNING);
    id
}

#[tokio::test]
async fn r13_an_idle_connection_is_only_kept_alive() {
    let stage = stage(Freshness::Adaptive).await;
    let id = stage.installation.connect(&stage.app, "acme").await;
    for kept_alive in 0..3 {
        let row = stage.row(&id).await;
        assert_eq!((row.epoch, row.wanted_until), (1 + kept_alive, None));
        let due_in = due_in(&stage, &row);
        assert!(KEEP_ALIVE.contains(&due_in), "{due_in:?}");
        stage.clock.advance(due_in.checked_sub(Duration::from_secs(1)).expect("days"));
        assert_eq!(run(&stage).await.due, 0);
        stage.clock.advance(Duration::from_secs(1));
        assert_eq!(run(&stage).await.done, 1);
    }
}

#[tokio::test]
async fn r13_a_read_keeps_a_token_fresh_for_a_day_and_then_the_grant_alive() {
    let stage = stage(Freshness::Adaptive).await;
    let id = stage.installation.connect(&stage.app, "acme").await;
    stage.clock.advance(HOUR * 2);
    stage.read(&id).await.expect("a token");
    let read_at = stage.clock.now();
    assert_eq!(stage.row(&id).await.wanted_until.map(|until_at| until(read_at, until_at)), Some(DAY));
    loop {
        let due_in = due_in(&stage, &stage.row(&id).await);
        if due_in > HOUR {
            break;
        }
        stage.clock.advance(due_in);
        assert_eq!(run(&stage).await.done, 1);
        let left = until(stage.clock.now(), stage.row(&id).await.grant().expect("a grant").access_token_expires_at);
        assert_eq!(left, HOUR, "it was renewed before its end");
        assert!(until(read_at, stage.clock.now()) <= DAY + HOUR, "nobody has read it for a day");
    }
    let last = stage.installation.platform.presented().last().map(|presented| until(read_at, presented.at));
    assert!(last.is_some_and(|last| last >= DAY.saturating_sub(HOUR) && last <= DAY + HOUR), "{last:?}");
    assert!(due_in(&stage, &stage.row(&id).await) > DAY * 38, "idle again");
}

#[tokio::test]
async fn r13_under_always_unread_tokens_are_kept_fresh() {
    let stage = stage(Freshness::Always).await;
    let id = stage.installation.connect(&stage.app, "acme").await;
    for renewed in 1..=30 {
        let due_in = due_in(&stage, &stage.row(&id).await);
        assert!(due_in < HOUR, "{due_in:?}");
        stage.clock.advance(due_in);
        assert_eq!(run(&stage).await.done, 1);
        assert_eq!(stage.refreshes(), renewed);
    }
}

#[tokio::test]
async fn r13_a_warning_goes_out_once_thirty_days_before_the_hard_end() {
    for freshness in [Freshness::Always, Freshness::Adaptive] {
        let stage = stage(freshness).await;
        let id = stage.installation.connect(&stage.app, "acme").await;
        stage.clock.advance(UNTIL_WARNING.saturating_sub(HOUR));
        run(&stage).await;
        assert_eq!(warnings(&stage, &id).await, 0, "{freshness:?}: too early");
        stage.clock.advance(HOUR);
        for _ in 0..35 {
            run(&stage).await;
            assert_eq!(warnings(&stage, &id).await, 1, "{freshness:?}");
            let row = stage.row(&id).await;
            assert_eq!(row.warned_of, row.grant().expect("a grant").hard_expires_at);
            assert!(due_in(&stage, &row) > Duration::ZERO, "{freshness:?}: due at once again");
            stage.clock.advance(DAY);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r13_two_workers_at_once_warn_once() {
    let stage = stage(Freshness::Adaptive).await;
    let id = about_to_end(&stage).await;
    let other = stage.installation.process_at(&stage.clock);
    let row = stage.row(&id).await;
    let (one, two) = tokio::join!(warn_expiring(&stage.app, &row), warn_expiring(&other, &row));
    let both = [one.expect("a table that answers"), two.expect("a table that answers")];
    assert_eq!(both.into_iter().filter(|warned| *warned).count(), 1, "both saw that it was due");
    assert_eq!(warnings(&stage, &id).await, 1);
    tokio::join!(run(&stage), run_of(&other));
    assert_eq!(warnings(&stage, &id).await, 1);
}

#[tokio::test]
async fn r13_a_warning_that_could_not_be_written_is_written_by_the_next_run() {
    let stage = stage(Freshness::Adaptive).await;
    let id = about_to_end(&stage).await;
    let notes = Rule::on("TransactWriteItems", Fault::TransactionConflict).when(r##""#warned_of":"warned_of""##);
    stage.installation.wire.inject(notes);
    run(&stage).await;
    assert_eq!((warnings(&stage, &id).await, stage.row(&id).await.warned_of), (0, None));
    run(&stage).await;
    let row = stage.row(&id).await;
    assert_eq!((warnings(&stage, &id).await, row.warned_of), (1, row.grant().expect("a grant").hard_expires_at));
    assert!(KEEP_ALIVE.contains(&due_in(&stage, &row)));
}

#[tokio::test]
async fn r13_a_grant_that_is_dead_is_not_warned_of_and_not_due() {
    let stage = stage(Freshness::Adaptive).await;
    let id = about_to_end(&stage).await;
    stage.installation.platform.revoke("acme");
    for due in [1, 0] {
        assert_eq!(run(&stage).await.due, due);
        assert_eq!((warnings(&stage, &id).await, stage.row(&id).await.due_at), (0, None));
    }
}

#[tokio::test]
async fn r13_a_warning_does_not_postpone_a_failed_refresh() {
    let stage = stage(Freshness::Adaptive).await;
    let id = about_to_end(&stage).await;
    stage.installation.platform.script([Reply::Fail(TokenFailure::NotSent)]);
    run(&stage).await;
    let row = stage.row(&id).await;
    assert_eq!(row.due_at, row.last_failure.map(|last_failure| last_failure.retry_at), "it is tried again after its backoff");
    stage.clock.advance(stage.app.settings.backoff_first);
    assert_eq!(run(&stage).await.done, 1);
    assert_eq!(warnings(&stage, &id).await, 1);
}
