//! A machine with a wrong clock sends no refresh token and returns valid tokens.

use std::time::Duration;

use counterfoil_core::port::clock::Clock as _;
use counterfoil_testkit::platform::RotationPolicy;

use crate::harness::Stage;

/// Two answers of the table by whose dates this machine is ahead by this time.
fn answers_say(stage: &Stage, ahead: Duration) {
    let now = stage.clock.now();
    for _ in 0..2 {
        stage.app.skew.note(now, now, now - ahead);
    }
}

#[tokio::test]
async fn a_process_with_a_wrong_clock_writes_and_sends_nothing() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    answers_say(&stage, Duration::from_secs(60));
    let error = stage.read(&id).await.expect_err("its token has ended");
    assert_eq!(error.code(), "clock_skewed");
    assert_eq!(stage.refreshes(), 0);
    assert!(!stage.installation.wire.counts().contains_key("PutItem"), "no lease");

    answers_say(&stage, Duration::from_secs(1));
    assert!(stage.read(&id).await.is_ok(), "once the clock is right it goes on");
}

#[tokio::test]
async fn a_process_with_a_wrong_clock_serves_a_valid_token() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.short_lived("acme").await;
    answers_say(&stage, Duration::from_secs(60));
    assert_eq!(stage.read(&id).await.as_deref(), Ok("access-0-1"));
    assert_eq!(stage.force(&id).await.map_err(|error| error.code()), Err("clock_skewed"));
    assert_eq!(stage.refreshes(), 0);
}

#[tokio::test]
async fn a_clock_within_the_allowed_skew_refreshes() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    answers_say(&stage, Duration::from_secs(12));
    assert!(stage.read(&id).await.is_ok());
    assert_eq!(stage.refreshes(), 1);
}
