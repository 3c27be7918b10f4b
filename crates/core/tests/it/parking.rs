//! The parking queue (R-6): a grant that the table does not store in time is parked, served, and later committed for its epoch.

use std::time::Duration;

use counterfoil_core::Error;
use counterfoil_core::model::connection::{ConnectionId, DeathCause, GrantState, Status};
use counterfoil_core::model::time::later;
use counterfoil_core::port::clock::Clock as _;
use counterfoil_core::port::parking::Parked;
use counterfoil_core::port::store::vault::Commit;
use counterfoil_core::service::vault::commit_parked::{Unparked, commit_parked};
use counterfoil_core::service::vault::refresh::step::Outcome;
use counterfoil_core::service::vault::refresh::step::Reason;
use counterfoil_core::service::vault::refresh::{Permit, RefreshRequest, refresh};
use counterfoil_testkit::fixture::{connection_id, try_consent};
use counterfoil_testkit::platform::RotationPolicy;
use counterfoil_testkit::wire::{Fault, Rule};

use crate::harness::{Stage, count};

/// The table refuses commits for longer than the commit budget, and does everything else.
pub(crate) fn refuse_commits(stage: &Stage) {
    let commits = Rule::on("UpdateItem", Fault::TransactionConflict)
        .when(r#""ConditionExpression":"epoch = :replaces AND #status = :live""#);
    stage.installation.wire.inject(commits.times(10_000));
}

/// A connection with a parked grant. The table works again.
pub(crate) async fn with_parked(stage: &Stage) -> (ConnectionId, Parked) {
    let id = stage.expired("acme").await;
    refuse_commits(stage);
    assert_eq!(stage.read(&id).await.as_deref(), Ok("access-0-2"));
    stage.installation.wire.reset();
    let mut parked = stage.installation.parking.take();
    assert_eq!(parked.len(), 1);
    (id, parked.remove(0))
}

/// The same, and the old token was sent again and refused: the connection is marked dead.
async fn with_parked_and_dead(stage: &Stage) -> (ConnectionId, Parked) {
    let (id, parked) = with_parked(stage).await;
    stage.clock.advance(stage.app.settings.lease + stage.app.settings.rest);
    assert_eq!(stage.read(&id).await.expect_err("used up").code(), "grant_refused");
    let dead =
        matches!(stage.row(&id).await.grant_state, GrantState::NeedsReauthorization { cause: DeathCause::RotationLost, .. });
    assert!(dead, "its successor was never seen");
    (id, parked)
}

async fn unpark(stage: &Stage, parked: &Parked) -> Result<Unparked, Error> {
    commit_parked(&stage.app, parked).await
}

#[tokio::test]
async fn r6_a_grant_that_the_table_does_not_store_is_parked_and_its_caller_gets_the_token() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    let before = stage.row(&id).await;
    refuse_commits(&stage);
    let began = stage.clock.now();
    let reason = Reason::Read { min_valid: Duration::from_secs(300) };
    let ends_at = stage.app.clock.elapsed() + stage.app.settings.refresh_time();
    let refreshed = refresh(&stage.app, &id, RefreshRequest { reason, ends_at, permit: Permit::NotNeeded })
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(refreshed.outcome, Outcome::Parked);
    let spent = counterfoil_core::model::time::until(began, stage.clock.now());
    assert!(spent <= stage.app.settings.commit_budget, "{spent:?}");
    assert!(stage.row(&id).await == before, "the row is as it was");
    let parked = stage.installation.parking.take();
    assert_eq!(parked.len(), 1);
    assert_eq!((&parked[0].connection, parked[0].commit.epoch), (&id, before.epoch));
    assert!(refreshed.connection.as_ref().and_then(|connection| connection.grant()) == Some(&parked[0].commit.grant));
}

#[tokio::test]
async fn r6_a_parked_grant_is_committed_once_however_often_it_is_delivered() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let (id, parked) = with_parked(&stage).await;
    for _ in 0..3 {
        assert_eq!(unpark(&stage, &parked).await, Ok(Unparked::Committed));
    }
    let row = stage.row(&id).await;
    assert_eq!((row.epoch, row.commit_id.as_str()), (2, parked.commit.commit_id.as_str()));
    assert!(row.grant() == Some(&parked.commit.grant));
    assert_eq!(stage.installation.wire.counts()["UpdateItem"], 1);
    assert_eq!(stage.read(&id).await.as_deref(), Ok("access-0-2"));
    stage.clock.advance(Duration::from_secs(3_600));
    assert_eq!(stage.read(&id).await.as_deref(), Ok("access-0-3"));
    assert_eq!(stage.presented(), ["refresh-0-0", "refresh-0-1"], "it goes on from the parked grant");
    assert_eq!(unpark(&stage, &parked).await, Ok(Unparked::Late), "an old copy of it changes nothing");
    assert_eq!(stage.row(&id).await.epoch, 3);
}

#[tokio::test]
async fn r6_an_unparking_whose_answer_was_lost_is_done() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let (id, parked) = with_parked(&stage).await;
    stage.installation.wire.inject(Rule::on("UpdateItem", Fault::TimeoutAfterApply));
    assert_eq!(unpark(&stage, &parked).await, Ok(Unparked::Committed));
    assert_eq!(stage.row(&id).await.epoch, 2);
}

#[tokio::test]
async fn r6_a_grant_stays_parked_while_the_table_fails() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let (id, parked) = with_parked(&stage).await;
    refuse_commits(&stage);
    let error = unpark(&stage, &parked).await.expect_err("the table does not take it");
    assert!(matches!(error, Error::TryLater { code: "storage_unavailable", .. }), "{error:?}");
    assert_eq!(stage.row(&id).await.epoch, 1);
    stage.installation.wire.reset();
    assert_eq!(unpark(&stage, &parked).await, Ok(Unparked::Committed));
}

#[tokio::test]
async fn r6_a_grant_marked_dead_is_revived_with_its_event_and_its_audit_row() {
    for lost_answer in [false, true] {
        let stage = Stage::self_advancing(RotationPolicy::Strict).await;
        let (id, parked) = with_parked_and_dead(&stage).await;
        if lost_answer {
            stage.installation.wire.inject(Rule::on("TransactWriteItems", Fault::TimeoutAfterApply));
        }
        assert_eq!(unpark(&stage, &parked).await, Ok(Unparked::Revived));
        assert_eq!(unpark(&stage, &parked).await, Ok(Unparked::Committed));
        let row = stage.row(&id).await;
        assert_eq!((row.status(), row.epoch, row.last_failure), (Status::Active, 2, None));
        assert_eq!(count(&stage.installation, &id, "evt_", "event", "oauth.reauthorized").await, 1);
        assert_eq!(count(&stage.installation, &id, "AUDIT#", "action", "grant_revived").await, 1);
        // The refused attempt has ended, but the row no longer says so.
        stage.clock.advance(stage.app.settings.lease + stage.app.settings.rest);
        assert_eq!(stage.force(&id).await.as_deref(), Ok("access-0-3"), "it is refreshed like any other");
    }
}

/// A grant that was parked two refreshes after the one in the table, and this much later.
async fn parked_since(stage: &Stage, parked: &Parked, later_by: Duration) -> Parked {
    let row = stage.row(&parked.connection).await;
    let at = later(row.last_refresh_at(), later_by);
    Parked { commit: Commit { epoch: row.epoch + 2, at, ..parked.commit.clone() }, ..parked.clone() }
}

#[tokio::test]
async fn s4_a_grant_parked_since_a_backup_is_committed_over_what_was_restored() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let (id, parked) = with_parked(&stage).await;
    let parked = parked_since(&stage, &parked, Duration::from_secs(60)).await;
    assert_eq!(unpark(&stage, &parked).await, Ok(Unparked::Committed));
    assert!(stage.row(&id).await.grant() == Some(&parked.commit.grant));
}

#[tokio::test]
async fn s4_a_consent_after_a_restore_is_not_replaced_by_a_parked_grant() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let (id, parked) = with_parked(&stage).await;
    try_consent(&stage.installation, &stage.app, "acme", "acme").await.unwrap_or_else(|error| panic!("{error}"));
    let parked = parked_since(&stage, &parked, Duration::ZERO).await;
    let consented = stage.row(&id).await;
    assert_eq!(unpark(&stage, &parked).await, Ok(Unparked::Late));
    assert!(stage.row(&id).await == consented);
}

#[tokio::test]
async fn r6_a_consent_is_not_replaced_by_a_parked_grant() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let (id, parked) = with_parked(&stage).await;
    try_consent(&stage.installation, &stage.app, "acme", "acme").await.unwrap_or_else(|error| panic!("{error}"));
    let consented = stage.row(&id).await;
    assert_eq!(unpark(&stage, &parked).await, Ok(Unparked::Late));
    assert!(stage.row(&id).await == consented, "nothing was overwritten");
    assert!(stage.installation.platform.revoked().is_empty(), "revoking would end the consent's grant too");
}

#[tokio::test]
async fn r6_a_parked_grant_of_no_connection_is_late() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let (_, parked) = with_parked(&stage).await;
    let nobodys = Parked { connection: connection_id("nobody"), ..parked };
    assert_eq!(unpark(&stage, &nobodys).await, Ok(Unparked::Late));
    assert!(stage.installation.items_of(&nobodys.connection).await.is_empty());
}
