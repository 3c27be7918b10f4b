//! The health of a partner's integrations: its figures, the standing of its connections, and what it costs to read.

mod recount;
mod standing;

use std::time::Duration;

use counterfoil_core::App;
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::health::Counted;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::record::Unreadable;
use counterfoil_core::port::platform::TokenFailure;
use counterfoil_core::port::store::ALL_SHARDS;
use counterfoil_core::port::store::health::Connections;
use counterfoil_core::service::health::figures::store_figures;
use counterfoil_core::service::health::partner::{HealthStatus, PartnerHealth, PlatformHealth, health_of};
use counterfoil_core::service::webhook::dispatch::dispatch;
use counterfoil_core::service::worker::refresh_due::refresh_due;
use counterfoil_testkit::platform::{Reply, RotationPolicy};
use counterfoil_testkit::wire::{Fault, Rule};

use crate::harness::Stage;
use crate::sync::harness::{Books, sync};

const MINUTE: Duration = Duration::from_secs(60);

/// The health of the partner `default`, after all figures were added.
async fn health(stage: &Stage) -> PartnerHealth {
    stage.clock.advance(MINUTE);
    store_figures(&stage.app).await;
    read(&stage.app).await
}

async fn read(app: &App) -> PartnerHealth {
    health_of(app, &PartnerId::default_partner()).await.expect("a table")
}

fn of_the_platform(health: &PartnerHealth) -> PlatformHealth {
    let [platform] = &health.platforms[..] else { panic!("one platform: {health:?}") };
    assert_eq!(platform.platform, PlatformName::Quickbooks);
    platform.clone()
}

/// The counts of the platform, in this order.
async fn counts<const N: usize>(stage: &Stage, of: [Counted; N]) -> [u64; N] {
    let platform = of_the_platform(&health(stage).await);
    of.map(|counted| platform.count(counted))
}

/// Dispatches every event of the partner `default`.
async fn dispatch_all(app: &App) {
    let partner = PartnerId::default_partner();
    let events = app.outbox.events_between(&partner, "evt_", "evt_~", 1_000).await.expect("a table");
    let ids: Vec<_> = events.events.iter().map(|event| event.id().to_owned()).collect();
    dispatch(app, &partner, &ids).await.expect("a table");
}

fn numbers(active: u64, needs_reauthorization: u64, disconnected: u64) -> Connections {
    Connections { active, needs_reauthorization, disconnected }
}

#[tokio::test]
async fn s7_refreshes_are_counted_by_their_result_and_a_lost_one_apart() {
    use Counted::{RefreshesFailed, RefreshesLost, RefreshesSucceeded, Throttled};
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let [good, revoked, lost, slow] = ["good", "revoked", "lost", "slow"];
    let mut ids = Vec::<ConnectionId>::new();
    for key in [good, revoked, lost, slow] {
        ids.push(stage.expired(key).await);
    }
    stage.read(&ids[0]).await.expect("a token");
    stage.installation.platform.revoke(revoked);
    stage.read(&ids[1]).await.expect_err("refused");
    stage.installation.platform.script([Reply::LoseAnswer(TokenFailure::NoAnswer)]);
    stage.read(&ids[2]).await.expect_err("no answer");
    stage.clock.advance(Duration::from_secs(600));
    stage.read(&ids[2]).await.expect_err("the platform replaced the token");
    stage.installation.platform.script([Reply::Fail(TokenFailure::Throttled { retry_after: None })]);
    stage.read(&ids[3]).await.expect_err("too many requests");
    let found = counts(&stage, [RefreshesSucceeded, RefreshesFailed, RefreshesLost, Throttled]).await;
    assert_eq!((found[0], found[2], found[3]), (1, 1, 1), "{found:?}");
    assert!(found[1] >= 3, "a refusal, an answer that did not come, a limit: {found:?}");
    assert_eq!(health(&stage).await.status, HealthStatus::Failing, "most refreshes failed");
}

#[tokio::test]
async fn s7_counts_are_of_the_last_24_hours() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    stage.read(&id).await.expect("a token");
    assert_eq!(counts(&stage, [Counted::RefreshesSucceeded]).await, [1]);
    stage.clock.advance(Duration::from_secs(86_400 - 120));
    assert_eq!(of_the_platform(&read(&stage.app).await).count(Counted::RefreshesSucceeded), 1);
    stage.clock.advance(Duration::from_secs(420));
    assert_eq!(read(&stage.app).await.platforms, [], "the event was not dispatched, and the refresh is older than a day");
}

#[tokio::test]
async fn s7_figures_are_added_at_once_then_once_a_minute_and_kept_if_the_table_fails() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let [one, other] = [stage.expired("one").await, stage.expired("other").await];
    let added = async || {
        stage.installation.wire.reset();
        store_figures(&stage.app).await;
        stage.installation.wire.counts().get("UpdateItem").copied().unwrap_or_default()
    };
    assert_eq!(added().await, 0, "an event that counted nothing makes no request");
    stage.read(&one).await.expect("a token");
    stage.installation.wire.inject(Rule::on("UpdateItem", Fault::InternalServerError).when("SLOT#").times(3));
    store_figures(&stage.app).await;
    assert_eq!(read(&stage.app).await.platforms, [], "the table failed");
    stage.clock.advance(MINUTE);
    assert_eq!(added().await, 1);
    stage.read(&other).await.expect("a token");
    assert_eq!(added().await, 0, "a minute has not passed");
    stage.clock.advance(MINUTE);
    assert_eq!(added().await, 1);
    assert_eq!(of_the_platform(&read(&stage.app).await).count(Counted::RefreshesSucceeded), 2, "none is lost");
}

#[tokio::test]
async fn s7_a_connection_to_which_the_refresher_came_late_is_overdue_for_ten_minutes() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    stage.expired("acme").await;
    stage.clock.advance(Duration::from_secs(4_000));
    refresh_due(&stage.app, &ALL_SHARDS, Duration::from_secs(58)).await.expect("a table");
    let platform = of_the_platform(&health(&stage).await);
    assert!((2_048..=8_192).contains(&platform.oldest_overdue_seconds), "{platform:?}");
    assert_eq!(platform.status, HealthStatus::Failing);
    stage.clock.advance(Duration::from_secs(1_200));
    assert_eq!(of_the_platform(&read(&stage.app).await).oldest_overdue_seconds, 0);
}

#[tokio::test]
async fn s7_imports_are_counted_with_the_records_that_they_could_not_read() {
    use Counted::{RecordErrors, SyncsCompleted, SyncsFailed};
    let books = Books::of(3).await;
    books.spoil("2", Unreadable::AmountUnreadable);
    books.run(sync()).await;
    assert_eq!(counts(&books.stage, [SyncsCompleted, SyncsFailed, RecordErrors]).await, [1, 0, 1]);
    books.stage.installation.platform.revoke("acme");
    books.stage.clock.advance(Duration::from_secs(7_200));
    books.run(sync()).await;
    assert_eq!(counts(&books.stage, [SyncsCompleted, SyncsFailed, RecordErrors]).await, [1, 1, 1]);
}
