//! The commit: conditional on the epoch, recognized after a lost answer, and overridden by a consent.

use std::time::Duration;

use counterfoil_testkit::fixture::try_consent;
use counterfoil_testkit::platform::RotationPolicy;
use counterfoil_testkit::wire::{Fault, Rule};

use crate::harness::{Stage, eventually, reading};

/// A fault of commits only.
fn on_commit(fault: Fault) -> Rule {
    Rule::on("UpdateItem", fault).when(r#""ConditionExpression":"epoch = :replaces AND #status = :live""#)
}

#[tokio::test]
async fn r5_the_commit_is_conditional_on_the_epoch_and_the_status() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    stage.installation.wire.inject(on_commit(Fault::Delay(Duration::ZERO)));
    stage.read(&id).await.expect("a token");
    let updates: Vec<_> =
        stage.installation.wire.requests().into_iter().filter(|request| request.operation == "UpdateItem").collect();
    assert_eq!(updates.len(), 1);
    assert!(updates[0].fault.is_some(), "another condition than the epoch");
}

#[tokio::test]
async fn r4_a_commit_whose_answer_was_lost_recognizes_its_own_write() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    stage.installation.wire.inject(on_commit(Fault::TimeoutAfterApply));
    assert_eq!(stage.read(&id).await.as_deref(), Ok("access-0-2"));
    assert_eq!(stage.installation.wire.counts()["UpdateItem"], 2, "the client tried again");
    assert_eq!((stage.row(&id).await.epoch, stage.refreshes()), (2, 1));
}

#[tokio::test]
async fn r4_a_commit_is_retried_until_the_table_stores_it() {
    // The client retries after all of these faults but a conflict, in real time.
    for (fault, times) in
        [(Fault::TransactionConflict, 10), (Fault::Throttled, 1), (Fault::InternalServerError, 1), (Fault::TimeoutBeforeApply, 1)]
    {
        let stage = Stage::self_advancing(RotationPolicy::Strict).await;
        let id = stage.expired("acme").await;
        stage.installation.wire.inject(on_commit(fault).times(times));
        assert_eq!(stage.read(&id).await.as_deref(), Ok("access-0-2"), "{fault:?}");
        assert_eq!((stage.row(&id).await.epoch, stage.refreshes()), (2, 1), "{fault:?}");
    }
}

#[tokio::test]
async fn r4_a_consent_during_a_refresh_wins() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    let gate = stage.installation.platform.hold();
    let reader = reading(&stage.app, &id);
    gate.reached_by(1).await;
    let consented = try_consent(&stage.installation, &stage.app, "acme", "acme").await.unwrap_or_else(|error| panic!("{error}"));
    gate.open();
    assert_eq!(reader.await.expect("no panic").as_deref(), Ok("access-1-1"), "the consent's token is served");
    let row = stage.row(&id).await;
    assert_eq!((row.epoch, row.commit_id), (consented.epoch, consented.commit_id), "the refresh wrote over the consent");
    stage.clock.advance(Duration::from_secs(3_600));
    stage.read(&id).await.expect("a token");
    assert_eq!(stage.presented(), ["refresh-0-0", "refresh-1-0"]);
}

#[tokio::test]
async fn r4_of_two_commits_for_one_epoch_the_second_serves_the_first() {
    let stage = Stage::new(RotationPolicy::Stable).await;
    let id = stage.expired("acme").await;
    let gate = stage.installation.platform.hold();
    let first = reading(&stage.app, &id);
    gate.reached_by(1).await;
    // The first refresh takes longer than its lease and rest, which is beyond the settings and still safe.
    stage.clock.advance(stage.app.settings.lease + stage.app.settings.rest);
    let second = reading(&stage.installation.process_at(&stage.clock), &id);
    gate.reached_by(2).await;
    gate.open();
    let tokens = [first.await.expect("no panic"), second.await.expect("no panic")].map(|token| token.expect("a token"));
    assert_eq!(tokens[0], tokens[1]);
    assert_eq!(stage.row(&id).await.epoch, 2);
}

#[tokio::test]
async fn r4_a_consent_is_tried_until_it_is_written() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    for (fault, times) in [(Fault::TransactionConflict, 5), (Fault::Throttled, 2), (Fault::TimeoutAfterApply, 1)] {
        stage.installation.wire.inject(Rule::on("TransactWriteItems", fault).times(times));
        let key = format!("{fault:?}");
        let id = stage.installation.connect(&stage.app, &key).await;
        assert_eq!(stage.row(&id).await.epoch, 1, "{key}");
        assert!(stage.read(&id).await.is_ok(), "{key}");
    }
}

#[tokio::test]
async fn r4_a_refresh_during_a_consent_does_not_stop_it() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    // The consent reads the connection, and its write is slow.
    let slow = Rule::on("TransactWriteItems", Fault::UntilReleased);
    stage.installation.wire.inject(slow);
    let consent =
        async { try_consent(&stage.installation, &stage.app, "acme", "acme").await.unwrap_or_else(|error| panic!("{error}")) };
    let refresh = async {
        eventually("the consent is on its way", async || stage.installation.wire.counts().contains_key("TransactWriteItems"))
            .await;
        let refreshed = stage.read(&id).await;
        stage.installation.wire.release();
        refreshed
    };
    let (consented, refreshed) = tokio::join!(consent, refresh);
    assert_eq!(refreshed.as_deref(), Ok("access-0-2"));
    assert_eq!(consented.epoch, 3, "above the refresh's");
    assert_eq!(stage.read(&id).await.as_deref(), Ok("access-1-1"));
}
