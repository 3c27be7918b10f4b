//! The recount finds the connections that no event has counted, and counts none twice.

use std::time::Duration;

use counterfoil_core::App;
use counterfoil_core::service::health::recount::recount;
use counterfoil_testkit::platform::RotationPolicy;
use counterfoil_testkit::wire::{Fault, Rule};

use super::{dispatch_all, numbers, of_the_platform, read};
use crate::harness::Stage;

const DAY: Duration = Duration::from_secs(86_400);

async fn count_again(app: &App, most: usize) {
    recount(app, most, Duration::MAX).await.expect("a table");
}

#[tokio::test]
async fn s7_connections_that_no_event_has_counted_are_counted_once() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let dead = stage.expired("dead").await;
    stage.installation.connect(&stage.app, "alive").await;
    let gone = stage.installation.connect(&stage.app, "gone").await;
    stage.installation.platform.revoke("dead");
    stage.read(&dead).await.expect_err("refused");
    stage.disconnect(&gone).await;
    assert_eq!(read(&stage.app).await.platforms, [], "no event was dispatched");
    count_again(&stage.app, 500).await;
    let health = read(&stage.app).await;
    assert_eq!((of_the_platform(&health).connections, health.attention.len()), (numbers(1, 1, 1), 1));
    stage.clock.advance(DAY);
    count_again(&stage.app, 500).await;
    dispatch_all(&stage.app).await;
    assert_eq!(of_the_platform(&read(&stage.app).await).connections, numbers(1, 1, 1));
}

#[tokio::test]
async fn s7_a_recount_goes_on_where_it_ended_and_begins_anew_a_day_after_its_end() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    for number in 0..103 {
        stage.installation.connect(&stage.app, &format!("company-{number:03}")).await;
    }
    let active = async || of_the_platform(&read(&stage.app).await).connections;
    count_again(&stage.app, 1).await;
    assert_eq!(active().await, numbers(100, 0, 0), "a page");
    recount(&stage.app, 1, Duration::ZERO).await.expect("a table");
    assert_eq!(active().await, numbers(100, 0, 0), "the time was over");
    count_again(&stage.app, 1).await;
    assert_eq!(active().await, numbers(103, 0, 0));
    count_again(&stage.app, 1).await;
    stage.installation.wire.reset();
    count_again(&stage.app, 500).await;
    assert_eq!(
        stage.installation.wire.counts().values().sum::<usize>(),
        1,
        "the round has ended: {:?}",
        stage.installation.wire.counts()
    );
}

#[tokio::test]
async fn s7_a_standing_that_could_not_be_stored_is_stored_by_the_next_recount() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let acme = stage.expired("acme").await;
    count_again(&stage.app, 500).await;
    stage.installation.platform.revoke("acme");
    stage.read(&acme).await.expect_err("refused");
    stage.installation.wire.inject(Rule::on("TransactWriteItems", Fault::InternalServerError).when("STANDING").times(3));
    dispatch_all(&stage.app).await;
    assert_eq!(of_the_platform(&read(&stage.app).await).connections, numbers(1, 0, 0), "the end is not counted yet");
    count_again(&stage.app, 500).await;
    assert_eq!(of_the_platform(&read(&stage.app).await).connections, numbers(1, 0, 0), "the next round has not begun");
    stage.clock.advance(DAY);
    count_again(&stage.app, 500).await;
    assert_eq!(of_the_platform(&read(&stage.app).await).connections, numbers(0, 1, 0));
}
