//! `invalid_grant` ends a grant, and `invalid_client` does not.

use counterfoil_core::model::connection::{DeathCause, GrantState, Status};
use counterfoil_core::port::platform::TokenFailure;
use counterfoil_core::{Ended, Error};
use counterfoil_testkit::fixture::{Fixture, try_consent};
use counterfoil_testkit::platform::{Reply, RotationPolicy};
use counterfoil_testkit::wire::{Fault, Rule};
use tokio::task::JoinSet;

use crate::harness::{Stage, count, eventually, read, reading, row};

#[tokio::test(flavor = "multi_thread")]
async fn r8_a_grant_ends_once_with_one_event_however_many_read_it() {
    let installation = Fixture::in_real_time(RotationPolicy::Strict).await;
    let processes = [installation.process(), installation.process()];
    let id = installation.connect_expired(&processes[0], "acme").await;
    let before = row(&processes[0], &id).await;
    installation.platform.revoke("acme");
    installation.wire.reset();
    let gate = installation.platform.hold();
    let mut readers = JoinSet::new();
    for app in processes.iter().flat_map(|app| std::iter::repeat_n(app, 15)) {
        let (app, id) = (app.clone(), id.clone());
        readers.spawn(async move { read(&app, &id).await.expect_err("the grant is gone").code() });
    }
    gate.reached_by(1).await;
    eventually("every reader has looked", async || installation.wire.counts()["BatchGetItem"] >= 30).await;
    gate.open();
    let codes = readers.join_all().await;
    let with = |code| codes.iter().filter(|found| **found == code).count();
    assert_eq!((with("grant_refused"), with("reauthorization_required")), (1, 29), "{codes:?}");

    assert_eq!(installation.platform.refreshes(), 1);
    assert_eq!(count(&installation, &id, "evt_", "event", "oauth.reauthorization_required").await, 1);
    assert_eq!(count(&installation, &id, "evt_", "reason", "revoked").await, 1);
    assert_eq!(count(&installation, &id, "AUDIT#", "action", "grant_ended").await, 1);
    let after = row(&processes[0], &id).await;
    let GrantState::NeedsReauthorization { grant, cause } = &after.grant_state else { panic!("it must be dead") };
    assert!(Some(grant) == before.grant(), "the tokens are kept: a late commit may still win");
    assert_eq!((*cause, after.epoch, after.due_at), (DeathCause::Revoked, before.epoch, None));
}

#[tokio::test]
async fn r8_a_refusal_of_a_replaced_token_serves_the_new_grant() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    stage.installation.platform.script([Reply::Fail(TokenFailure::Refused)]);
    let gate = stage.installation.platform.hold();
    let reader = reading(&stage.app, &id);
    gate.reached_by(1).await;
    try_consent(&stage.installation, &stage.app, "acme", "acme").await.unwrap_or_else(|error| panic!("{error}"));
    gate.open();
    assert_eq!(reader.await.expect("no panic").as_deref(), Ok("access-1-1"));
    assert_eq!(stage.row(&id).await.status(), Status::Active);
    assert_eq!(count(&stage.installation, &id, "evt_", "event", "oauth.reauthorization_required").await, 0);
    assert_eq!(count(&stage.installation, &id, "AUDIT#", "action", "grant_ended").await, 0);
}

#[tokio::test]
async fn r8_a_dead_grant_is_not_refreshed_until_a_consent_revives_it() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    stage.installation.platform.revoke("acme");
    assert_eq!(stage.read(&id).await.expect_err("refused").code(), "grant_refused");
    for _ in 0..3 {
        let error = stage.read(&id).await.expect_err("dead");
        assert!(matches!(error, Error::ConsentNeeded { found: Ended::Before, .. }), "{error:?}");
    }
    assert_eq!(stage.force(&id).await.expect_err("dead").code(), "reauthorization_required");
    assert_eq!(stage.refreshes(), 1);
    try_consent(&stage.installation, &stage.app, "acme", "acme").await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(stage.read(&id).await.as_deref(), Ok("access-1-1"));
    assert_eq!(count(&stage.installation, &id, "evt_", "event", "oauth.reauthorized").await, 1);
}

#[tokio::test]
async fn r8_a_refusal_is_recorded_despite_conflicts_and_lost_answers() {
    for fault in [Fault::TransactionConflict, Fault::TimeoutAfterApply, Fault::Throttled] {
        let stage = Stage::self_advancing(RotationPolicy::Strict).await;
        let id = stage.expired("acme").await;
        stage.installation.platform.revoke("acme");
        stage.installation.wire.inject(Rule::on("TransactWriteItems", fault));
        stage.read(&id).await.expect_err("refused");
        let row = stage.row(&id).await;
        let revoked = matches!(row.grant_state, GrantState::NeedsReauthorization { cause: DeathCause::Revoked, .. });
        assert!(revoked, "{fault:?}: {:?}", row.last_failure);
        assert_eq!(count(&stage.installation, &id, "evt_", "event", "oauth.reauthorization_required").await, 1, "{fault:?}");
        assert_eq!(stage.refreshes(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn r8_a_refusal_of_our_own_credentials_ends_no_grant() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    stage.installation.platform.script([Reply::Fail(TokenFailure::ClientRefused)]);
    assert_eq!(stage.read(&id).await.expect_err("refused").code(), "client_refused");
    let row = stage.row(&id).await;
    assert_eq!((row.status(), row.epoch), (Status::Active, 1));
    let last_failure = row.last_failure.expect("it is on record");
    assert_eq!((last_failure.code.as_str(), last_failure.doubtful), ("client_refused", false));
    assert_eq!(count(&stage.installation, &id, "AUDIT#", "action", "grant_ended").await, 0);
    stage.clock.advance(stage.app.settings.backoff_first);
    assert_eq!(stage.read(&id).await.as_deref(), Ok("access-0-2"), "it goes on once the credentials are right");
    assert_eq!(stage.row(&id).await.last_failure, None);
}
