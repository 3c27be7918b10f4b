//! The number of refreshes that a run has under way at once, and when they begin.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::App;
use counterfoil_core::port::clock::Clock;
use counterfoil_core::port::store::ALL_SHARDS;
use counterfoil_core::service::worker::refresh_due::{PERMITS, refresh_due};
use counterfoil_core::service::worker::shards::Report;
use counterfoil_core::settings::Settings;
use counterfoil_testkit::platform::RotationPolicy;

use crate::harness::{Stage, eventually};

/// The time of a run of the deployed refresher.
const TIME: Duration = Duration::from_secs(57);

/// This number of due connections, and a process with these settings.
async fn due(policy: RotationPolicy, count: usize, settings: impl FnOnce(Settings) -> Settings) -> Stage {
    let stage = Stage::new(policy).await;
    let app = stage.installation.app(Arc::clone(&stage.clock) as Arc<dyn Clock>);
    let settings = settings(app.settings);
    let stage = Stage { app: Arc::new(App { settings, ..app }), ..stage };
    for number in 0..count {
        stage.installation.connect_expired(&stage.app, &format!("company-{number}")).await;
    }
    stage.installation.wire.reset();
    stage
}

fn running(stage: &Stage, shards: &'static [u8]) -> tokio::task::JoinHandle<Report> {
    let app = Arc::clone(&stage.app);
    tokio::spawn(async move { refresh_due(&app, shards, TIME).await.unwrap_or_else(|error| panic!("{error}")) })
}

#[tokio::test]
async fn r14_refreshes_that_a_lost_answer_would_end_are_bounded() {
    let stage = due(RotationPolicy::Strict, PERMITS + 4, |settings| settings).await;
    let gate = stage.installation.platform.hold();
    let run = running(&stage, &ALL_SHARDS);
    gate.reached_by(PERMITS).await;
    eventually("each was looked at", async || stage.installation.wire.counts()["BatchGetItem"] >= PERMITS + 4).await;
    gate.open();
    let report = run.await.expect("no panic");
    assert_eq!((report.due, report.done), (PERMITS + 4, PERMITS + 4), "the others came after them");
    assert_eq!(stage.installation.platform.most_in_flight(), PERMITS);
}

#[tokio::test]
async fn r14_grants_that_a_lost_answer_does_not_end_are_not_bounded() {
    let stage = due(RotationPolicy::Grace, PERMITS + 4, |settings| settings).await;
    let gate = stage.installation.platform.hold();
    let run = running(&stage, &ALL_SHARDS);
    gate.reached_by(PERMITS + 4).await;
    gate.open();
    assert_eq!(run.await.expect("no panic").done, PERMITS + 4);
}

#[tokio::test]
async fn a_run_gets_the_refreshes_of_its_share_of_shards() {
    const HALF: &[u8] = &[0, 1, 2, 3, 4, 5, 6, 7];
    let stage = due(RotationPolicy::Stable, 24, |settings| Settings { refreshes_at_once: 6, ..settings }).await;
    let gate = stage.installation.platform.hold();
    let run = running(&stage, HALF);
    gate.reached_by(3).await;
    gate.open();
    let report = run.await.expect("no panic");
    assert!(report.due > 3 && report.done == report.due, "{report:?}");
    assert_eq!(stage.installation.platform.most_in_flight(), 3);
}

#[tokio::test]
async fn a_refresh_that_only_waits_gives_its_slot_to_the_next() {
    let stage = due(RotationPolicy::Stable, 2, |settings| Settings { refreshes_at_once: 1, ..settings }).await;
    let gate = stage.installation.platform.hold();
    let run = running(&stage, &ALL_SHARDS);
    gate.reached_by(1).await;
    stage.clock.advance(stage.app.settings.lease);
    gate.reached_by(2).await;
    gate.open();
    assert_eq!(run.await.expect("no panic").done, 2, "and is heard");
}

/// More connections than shards, so some shard has two.
const MORE_THAN_SHARDS: usize = ALL_SHARDS.len() + 1;

#[tokio::test]
async fn refreshes_without_an_answer_do_not_delay_those_of_a_later_page() {
    let stage = due(RotationPolicy::Stable, MORE_THAN_SHARDS, |settings| Settings { due_page: 1, ..settings }).await;
    let gate = stage.installation.platform.hold();
    let run = running(&stage, &ALL_SHARDS);
    let all_began = tokio::time::timeout(Duration::from_secs(10), gate.reached_by(MORE_THAN_SHARDS)).await;
    assert!(all_began.is_ok(), "the first of each shard is at the platform, and the others never began");
    gate.open();
    let report = run.await.expect("no panic");
    assert_eq!((report.due, report.done, report.unfinished_shards), (MORE_THAN_SHARDS, MORE_THAN_SHARDS, 0));
}

#[tokio::test]
async fn shards_that_were_not_read_to_their_end_are_counted() {
    let stage = due(RotationPolicy::Stable, MORE_THAN_SHARDS, |settings| Settings { due_page: 1, ..settings }).await;
    let report = refresh_due(&stage.app, &ALL_SHARDS, Duration::ZERO).await.unwrap_or_else(|error| panic!("{error}"));
    assert!(report.due < MORE_THAN_SHARDS && report.due == report.left, "{report:?}");
    assert_eq!(report.unfinished_shards, report.due, "each page was full");
}

#[tokio::test]
async fn many_refreshes_start_evenly_over_the_time_of_a_run() {
    let stage = due(RotationPolicy::Stable, 10, |settings| Settings { stagger: Duration::from_secs(60), ..settings }).await;
    let begins_for = TIME.saturating_sub(stage.app.settings.refresh_time());
    let run = running(&stage, &ALL_SHARDS);
    for begun in 1..=10 {
        eventually("the next begins", async || stage.refreshes() == begun).await;
        stage.clock.until_asleep(10 - begun).await;
        stage.clock.advance(begins_for / 10);
    }
    assert_eq!(run.await.expect("no panic").done, 10);
}

#[tokio::test]
async fn a_few_refreshes_start_soon_after_each_other() {
    let stage = due(RotationPolicy::Stable, 2, |settings| Settings { stagger: Duration::from_millis(5), ..settings }).await;
    let run = running(&stage, &ALL_SHARDS);
    eventually("the first begins", async || stage.refreshes() == 1).await;
    stage.clock.until_asleep(1).await;
    stage.clock.advance(Duration::from_millis(5));
    assert_eq!(run.await.expect("no panic").done, 2);
}
