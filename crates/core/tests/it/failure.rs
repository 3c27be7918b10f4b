//! Temporary failures: what is retried, what rests, what is stored, and what a reader gets meanwhile.

use std::time::Duration;

use counterfoil_core::Error;
use counterfoil_core::model::connection::{DeathCause, GrantState};
use counterfoil_core::model::time::until;
use counterfoil_core::port::platform::TokenFailure;
use counterfoil_testkit::platform::{Reply, RotationPolicy};

use crate::harness::{Stage, count};

const PASSING: [TokenFailure; 5] = [
    TokenFailure::ClientRefused,
    TokenFailure::Throttled { retry_after: None },
    TokenFailure::Broken { status: 503 },
    TokenFailure::NoAnswer,
    TokenFailure::NotSent,
];

#[tokio::test]
async fn r10_a_failed_refresh_never_hides_a_token_that_is_still_valid() {
    for failure in PASSING {
        let stage = Stage::self_advancing(RotationPolicy::Strict).await;
        let id = stage.short_lived("acme").await;
        stage.installation.platform.script([Reply::Fail(failure.clone()), Reply::Fail(failure.clone())]);
        for _ in 0..3 {
            assert_eq!(stage.read(&id).await.as_deref(), Ok("access-0-1"), "{failure:?}");
        }
        assert!(stage.row(&id).await.last_failure.is_some(), "{failure:?}");
        assert!(stage.refreshes() <= 2, "{failure:?}: one attempt");
    }
}

#[tokio::test]
async fn a_failed_forced_refresh_is_an_error_although_the_old_token_is_valid() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.installation.connect(&stage.app, "acme").await;
    stage.installation.platform.script([Reply::Fail(TokenFailure::NotSent)]);
    let error = stage.force(&id).await.expect_err("it failed");
    assert!(matches!(error, Error::PlatformFailed { code: "platform_unavailable", retry_after: Some(_), .. }), "{error:?}");
    assert_eq!(stage.read(&id).await.as_deref(), Ok("access-0-1"));
}

#[tokio::test]
async fn r8_an_answered_fault_is_retried_once_within_the_lease() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    stage.installation.platform.script([Reply::Fail(TokenFailure::Broken { status: 503 })]);
    assert_eq!(stage.read(&id).await.as_deref(), Ok("access-0-2"));
    assert_eq!(stage.refreshes(), 2);
    assert_eq!(stage.installation.wire.counts()["PutItem"], 1, "one lease for both");
}

#[tokio::test]
async fn r8_a_backoff_is_kept_on_the_row_and_holds_for_every_process() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    stage.installation.platform.script(std::iter::repeat_n(Reply::Fail(TokenFailure::NotSent), 3));
    let mut pauses = Vec::new();
    for attempt in 1..=3 {
        for _ in 0..5 {
            let other = stage.installation.process_at(&stage.clock);
            let error = crate::harness::read(&other, &id).await.expect_err("it fails");
            assert_eq!(error.code(), "platform_unavailable");
        }
        assert_eq!(stage.refreshes(), attempt, "one for each pause");
        let last_failure = stage.row(&id).await.last_failure.expect("on record");
        assert_eq!(usize::try_from(last_failure.failures), Ok(attempt));
        let pause = until(stage.app.now(), last_failure.retry_at);
        pauses.push(pause);
        stage.clock.advance(pause);
    }
    assert!(pauses[2] >= pauses[0], "{pauses:?}");
    assert_eq!(stage.read(&id).await.as_deref(), Ok("access-0-2"));
    assert_eq!(stage.row(&id).await.last_failure, None, "a success forgets them");
}

#[tokio::test]
async fn r8_a_throttled_platform_gets_no_request_during_its_pause() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    let minute = Duration::from_secs(60);
    stage.installation.platform.script([Reply::Fail(TokenFailure::Throttled { retry_after: Some(minute) })]);
    let error = stage.read(&id).await.expect_err("throttled");
    assert!(
        matches!(error, Error::PlatformFailed { code: "platform_throttled", retry_after: Some(time), .. } if time == minute),
        "{error:?}"
    );
    stage.clock.advance(Duration::from_secs(59));
    stage.read(&id).await.expect_err("not yet");
    assert_eq!(stage.refreshes(), 1);
    stage.clock.advance(Duration::from_secs(1));
    stage.read(&id).await.expect("a token");
}

#[tokio::test]
async fn r7_after_an_unknown_outcome_the_token_rests_and_is_then_presented_again() {
    for policy in [RotationPolicy::Stable, RotationPolicy::Grace, RotationPolicy::Daily] {
        let stage = rested_after_a_lost_answer(policy).await;
        let id = counterfoil_testkit::fixture::connection_id("acme");
        assert!(stage.read(&id).await.is_ok(), "{policy:?}");
        let presented = stage.installation.platform.presented();
        assert_eq!(presented.len(), 2, "{policy:?}");
        assert_eq!(presented[0].token, presented[1].token, "{policy:?}");
        let apart = until(presented[0].at, presented[1].at);
        assert_eq!(apart, stage.app.settings.lease + stage.app.settings.rest, "{policy:?}");
        assert_eq!(stage.row(&id).await.last_failure, None, "{policy:?}");
    }
}

#[tokio::test]
async fn r7_a_refusal_after_an_unknown_outcome_is_a_rotation_lost() {
    for policy in [RotationPolicy::Strict, RotationPolicy::Family] {
        let stage = rested_after_a_lost_answer(policy).await;
        let id = counterfoil_testkit::fixture::connection_id("acme");
        assert_eq!(stage.read(&id).await.expect_err("refused").code(), "grant_refused");
        let row = stage.row(&id).await;
        assert!(
            matches!(row.grant_state, GrantState::NeedsReauthorization { cause: DeathCause::RotationLost, .. }),
            "{policy:?}"
        );
        assert_eq!(count(&stage.installation, &id, "evt_", "reason", "rotation_lost").await, 1, "{policy:?}");
    }
}

/// The platform has processed a refresh whose answer was lost, and the token has rested without being sent again.
async fn rested_after_a_lost_answer(policy: RotationPolicy) -> Stage {
    let stage = Stage::new(policy).await;
    let id = stage.expired("acme").await;
    stage.installation.platform.script([Reply::LoseAnswer(TokenFailure::NoAnswer)]);
    assert_eq!(stage.read(&id).await.expect_err("no answer").code(), "platform_unavailable");
    stage.clock.advance(stage.app.settings.lease);
    for _ in 0..30 {
        assert_eq!(stage.read(&id).await.expect_err("it rests").code(), "refresh_outcome_unknown");
        stage.clock.advance(stage.app.settings.rest / 30);
    }
    assert_eq!(stage.refreshes(), 1, "{policy:?}: presented while it should rest");
    stage
}

#[tokio::test]
async fn r7_a_fault_that_hid_a_rotation_is_a_rotation_lost_too() {
    let stage = Stage::self_advancing(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    stage.installation.platform.script([Reply::LoseAnswer(TokenFailure::Broken { status: 502 })]);
    assert_eq!(stage.read(&id).await.expect_err("refused").code(), "grant_refused");
    let row = stage.row(&id).await;
    assert!(matches!(row.grant_state, GrantState::NeedsReauthorization { cause: DeathCause::RotationLost, .. }));
}
