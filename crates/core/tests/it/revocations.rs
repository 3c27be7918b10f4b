//! Pending revocations: retried, one at a time, and sent only if this ends no other grant (T-5, R-15).

use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::App;
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::revocation::{RETRIED_FOR, Revocation, RevocationId};
use counterfoil_core::port::clock::Clock;
use counterfoil_core::port::platform::TokenFailure;
use counterfoil_core::port::store::ALL_SHARDS;
use counterfoil_core::service::revocation::revoke::{RevocationStatus, revoke};
use counterfoil_core::service::worker::revoke_due::revoke_due;
use counterfoil_core::service::worker::shards::Report;
use counterfoil_testkit::fixture::try_consent;
use counterfoil_testkit::platform::{Habits, Reply, RotationPolicy, ScriptedPlatforms};
use counterfoil_testkit::wire::{Fault, Rule};

use crate::harness::{Stage, count, disconnect};

const TIME: Duration = Duration::from_secs(57);
/// Longer than any pause.
pub(crate) const LONG: Duration = Duration::from_secs(21_601);

/// One run of the worker.
pub(crate) async fn run(stage: &Stage) -> Report {
    revoke_due(&stage.app, &ALL_SHARDS, TIME).await.unwrap_or_else(|error| panic!("{error}"))
}

/// A connection that was disconnected while its platform was down. The platform works from the next request on.
pub(crate) async fn unconfirmed(stage: &Stage) -> ConnectionId {
    let id = stage.installation.connect(&stage.app, "acme").await;
    stage.installation.platform.be_deaf(1);
    assert_eq!(stage.disconnect(&id).await, RevocationStatus::Pending);
    id
}

pub(crate) async fn pending(stage: &Stage, id: &ConnectionId) -> usize {
    count(&stage.installation, id, "REVOCATION#", "platform", "quickbooks").await
}

#[tokio::test]
async fn t5_a_revocation_is_retried_until_it_is_confirmed_with_a_pause_that_doubles() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = unconfirmed(&stage).await;
    stage.installation.platform.be_deaf(3);
    let mut pause = stage.app.settings.revocation_backoff_first;
    for _ in 0..3 {
        stage.clock.advance((pause / 2).saturating_sub(Duration::from_secs(1)));
        assert_eq!(run(&stage).await.due, 0, "less than half of {pause:?}");
        stage.clock.advance(pause / 2 + Duration::from_secs(1));
        assert_eq!(run(&stage).await, Report { due: 1, done: 0, left: 1, ..Report::default() });
        pause *= 2;
    }
    stage.clock.advance(pause);
    assert_eq!(run(&stage).await, Report { due: 1, done: 1, left: 0, ..Report::default() });
    assert_eq!((stage.installation.platform.revoked().len(), pending(&stage, &id).await), (1, 0));
    assert_eq!(run(&stage).await, Report::default());
}

#[tokio::test]
async fn t5_a_revocation_is_given_up_after_thirty_days_and_its_tokens_are_deleted() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = unconfirmed(&stage).await;
    stage.installation.platform.be_deaf(usize::MAX);
    stage.clock.advance(RETRIED_FOR.saturating_sub(Duration::from_secs(1)));
    assert_eq!(run(&stage).await.left, 1);
    stage.clock.advance(LONG);
    assert_eq!(run(&stage).await.done, 1);
    assert_eq!(pending(&stage, &id).await, 0);
    assert_eq!(count(&stage.installation, &id, "AUDIT#", "action", "platform_not_told").await, 1);
}

#[tokio::test]
async fn t5_two_processes_never_send_one_revocation_at_the_same_time() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = unconfirmed(&stage).await;
    stage.clock.advance(LONG);
    let other = stage.installation.process_at(&stage.clock);
    let revocation = RevocationId { connection: id, grant: 1.into() };
    let send = async |app: &App| revoke(app, &revocation, app.clock.elapsed() + TIME).await;
    // The first process has claimed it, and then its machine stops.
    stage.installation.wire.inject(Rule::on("Query", Fault::Throttled).times(100));
    assert_eq!(send(&stage.app).await, Ok(RevocationStatus::Pending));
    stage.installation.wire.reset();
    assert!(stage.installation.platform.revoked().is_empty());
    assert_eq!(send(&other).await, Ok(RevocationStatus::Pending), "not before its pause is over");
    stage.clock.advance(LONG);
    let (one, two) = tokio::join!(send(&stage.app), send(&other));
    assert!([&one, &two].contains(&&Ok(RevocationStatus::Completed)), "{one:?} {two:?}");
    assert_eq!(stage.installation.platform.revoked().len(), 1);
}

#[tokio::test]
async fn t5_no_revocation_begins_that_could_not_end_in_time() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = unconfirmed(&stage).await;
    stage.clock.advance(LONG);
    let too_short = stage.app.settings.longest_revocation().saturating_sub(Duration::from_secs(1));
    let report = revoke_due(&stage.app, &ALL_SHARDS, too_short).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((report.left, pending(&stage, &id).await), (1, 1));
    assert_eq!(run(&stage).await.done, 1, "and it was not claimed either");
}

#[tokio::test]
async fn t5_a_failure_stays_on_its_row() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    for key in ["one", "two", "three"] {
        let id = stage.installation.connect(&stage.app, key).await;
        stage.installation.platform.be_deaf(1);
        stage.disconnect(&id).await;
    }
    stage.clock.advance(LONG);
    stage.installation.platform.be_deaf(1);
    assert_eq!(run(&stage).await, Report { due: 3, done: 2, left: 1, ..Report::default() });
    stage.clock.advance(LONG);
    stage.installation.wire.inject(Rule::on("UpdateItem", Fault::Throttled).times(8));
    assert_eq!(run(&stage).await, Report { due: 1, done: 0, failed: 1, ..Report::default() });
    stage.installation.wire.reset();
    assert_eq!(run(&stage).await.done, 1);
}

#[tokio::test]
async fn t5_a_revocation_without_the_clients_credentials_is_postponed() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.installation.connect(&stage.app, "acme").await;
    let clock = Arc::clone(&stage.clock) as Arc<dyn Clock>;
    let without = App { platforms: Arc::new(ScriptedPlatforms::without_credentials()), ..stage.installation.app(clock) };
    assert_eq!(disconnect(&without, &id).await, Ok(RevocationStatus::Pending));
    assert_eq!(run(&stage).await.due, 0);
    stage.clock.advance(LONG);
    assert_eq!(run(&stage).await.done, 1);
    assert_eq!(stage.installation.platform.revoked(), ["refresh-0-0"]);
}

#[tokio::test]
async fn t5_a_revocation_waits_for_an_open_lease_and_its_rest() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    stage.installation.platform.script([Reply::LoseAnswer(TokenFailure::NoAnswer)]);
    assert_eq!(stage.read(&id).await.expect_err("no answer").code(), "platform_unavailable");
    assert_eq!(stage.disconnect(&id).await, RevocationStatus::Pending, "the platform may still be at it");
    let rest = stage.app.settings.rest_of(PlatformName::Quickbooks);
    stage.clock.advance((stage.app.settings.lease + rest).saturating_sub(Duration::from_secs(1)));
    assert_eq!(run(&stage).await.due, 0);
    stage.clock.advance(Duration::from_secs(1));
    assert_eq!(run(&stage).await.done, 1);
    assert_eq!(stage.installation.platform.revoked(), ["refresh-0-0"]);
}

#[tokio::test]
async fn a_platform_without_revocation_gets_no_request() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    stage.installation.platform.set_habits(Habits { cannot_revoke: true, ..Habits::default() });
    let id = stage.installation.connect(&stage.app, "acme").await;
    assert_eq!(stage.disconnect(&id).await, RevocationStatus::Completed);
    assert!(stage.installation.platform.revoked().is_empty());
    assert_eq!(count(&stage.installation, &id, "AUDIT#", "action", "platform_not_told").await, 1);
}

/// A platform whose API is called before a revocation, and a connection with an expired access token.
async fn asks_first() -> (Stage, ConnectionId) {
    let stage = Stage::new(RotationPolicy::Strict).await;
    stage.installation.platform.set_habits(Habits { asks_before_revoking: true, ..Habits::default() });
    let id = stage.expired("acme").await;
    (stage, id)
}

#[tokio::test]
async fn t6_a_revocation_that_calls_the_api_first_stores_its_fresh_token_before_using_it() {
    let (stage, id) = asks_first().await;
    assert_eq!(stage.disconnect(&id).await, RevocationStatus::Pending, "a request has no time for a refresh too");
    assert_eq!(stage.refreshes(), 0);
    stage.installation.platform.be_deaf(1);
    assert_eq!(run(&stage).await.left, 1);
    assert_eq!((stage.refreshes(), stage.installation.platform.revoked().len()), (1, 0));
    stage.clock.advance(Duration::from_secs(300));
    assert_eq!(run(&stage).await.done, 1);
    assert_eq!(stage.installation.platform.revoked(), ["refresh-0-1"], "what the refresh brought");
    assert_eq!(stage.refreshes(), 1, "its access token was still good");
}

#[tokio::test]
async fn t6_a_refused_refresh_means_that_the_grant_has_ended() {
    let (stage, id) = asks_first().await;
    stage.disconnect(&id).await;
    stage.installation.platform.revoke("acme");
    assert_eq!(run(&stage).await.done, 1);
    assert!(stage.installation.platform.revoked().is_empty());
    assert_eq!(count(&stage.installation, &id, "AUDIT#", "action", "platform_told").await, 1);
}

#[tokio::test]
async fn t6_another_failure_of_the_refresh_is_retried() {
    let (stage, id) = asks_first().await;
    stage.disconnect(&id).await;
    stage.installation.platform.script([Reply::Fail(TokenFailure::Broken { status: 500 })]);
    assert_eq!(run(&stage).await.left, 1);
    stage.clock.advance(LONG);
    assert_eq!(run(&stage).await.done, 1);
    assert_eq!(stage.installation.platform.revoked(), ["refresh-0-1"]);
}

#[tokio::test]
async fn t5_a_new_consent_has_the_grant_before_revoked_where_grants_stand_by_themselves() {
    for stands_alone in [false, true] {
        let stage = Stage::new(RotationPolicy::Stable).await;
        stage.installation.platform.set_habits(Habits { grants_are_independent: stands_alone, ..Habits::default() });
        let id = stage.installation.connect(&stage.app, "acme").await;
        try_consent(&stage.installation, &stage.app, "acme", "acme").await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(pending(&stage, &id).await, usize::from(stands_alone));
        run(&stage).await;
        let revoked = stage.installation.platform.revoked();
        assert_eq!(revoked, if stands_alone { vec!["refresh-0-0".to_owned()] } else { Vec::new() });
        assert_eq!(stage.force(&id).await.as_deref(), Ok("access-1-2"), "the new one lives");
    }
}

#[tokio::test]
async fn t5_a_token_that_a_connection_still_uses_is_not_revoked() {
    let stage = Stage::new(RotationPolicy::Stable).await;
    stage.installation.platform.set_habits(Habits { grants_are_independent: true, ..Habits::default() });
    let id = stage.installation.connect(&stage.app, "acme").await;
    let row = stage.row(&id).await;
    let revocation = RevocationId { connection: id.clone(), grant: 0.into() };
    let grant = row.grant().expect("a grant").clone();
    let same = Revocation::new(revocation, row.company, grant, stage.app.now());
    stage.app.revocations.put_revocation(&same).await.expect("a table that answers");
    assert_eq!(run(&stage).await.done, 1);
    assert!(stage.installation.platform.revoked().is_empty());
}
