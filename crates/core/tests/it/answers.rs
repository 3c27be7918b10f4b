//! The fields that a token answer has and lacks.

use std::time::Duration;

use counterfoil_testkit::platform::RotationPolicy;

use crate::harness::{Stage, in_time};

#[tokio::test]
async fn r11_a_missing_refresh_token_keeps_the_old_one_and_its_ends() {
    let stage = Stage::new(RotationPolicy::Stable).await;
    let id = stage.expired("acme").await;
    let before = stage.row(&id).await;
    stage.read(&id).await.expect("a token");
    let after = stage.row(&id).await;
    let [before, after] = [&before, &after].map(|row| row.grant().expect("a grant"));
    assert!(after.refresh_token == before.refresh_token);
    assert_eq!(after.refresh_token_expires_at, before.refresh_token_expires_at);
    assert_eq!(after.hard_expires_at, before.hard_expires_at);
    stage.clock.advance(Duration::from_secs(3_600));
    stage.read(&id).await.expect("a token");
    assert_eq!(stage.presented(), ["refresh-0-0", "refresh-0-0"]);
}

#[tokio::test]
async fn r11_a_present_refresh_token_replaces_the_old_one() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    for hour in 1..=3 {
        stage.read(&id).await.expect("a token");
        let row = stage.row(&id).await;
        assert_eq!(row.epoch, 1 + hour);
        assert_eq!(row.refreshed_at, Some(stage.app.now()));
        stage.clock.advance(Duration::from_secs(3_600));
    }
    assert_eq!(stage.presented(), ["refresh-0-0", "refresh-0-1", "refresh-0-2"]);
}

#[tokio::test]
async fn r11_expiry_counts_from_the_moment_of_sending() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.expired("acme").await;
    let sent_at = stage.app.now();
    let gate = stage.installation.platform.hold();
    let reader = crate::harness::reading(&stage.app, &id);
    gate.reached_by(1).await;
    stage.clock.advance(Duration::from_secs(5));
    gate.open();
    reader.await.expect("no panic").expect("a token");
    let row = stage.row(&id).await;
    let grant = row.grant().expect("a grant");
    assert_eq!(grant.issued_at, sent_at);
    assert_eq!(grant.access_token_life(), Duration::from_secs(3_600));
}

#[tokio::test]
async fn o15_missing_scopes_stay_recorded_if_a_refresh_names_none() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    stage.installation.platform.set_granted_scopes(Some(&["something else"]));
    let id = stage.expired("acme").await;
    let missing = async || stage.row(&id).await.grant().expect("a grant").missing_scopes.clone();
    assert_eq!(missing().await, ["accounting"]);
    stage.installation.platform.set_granted_scopes(None);
    stage.read(&id).await.expect("a token");
    assert_eq!(missing().await, ["accounting"]);
    stage.installation.platform.set_granted_scopes(Some(&["accounting"]));
    stage.clock.advance(Duration::from_secs(3_600));
    stage.read(&id).await.expect("a token");
    assert!(missing().await.is_empty());
}

#[tokio::test]
async fn t4_a_reader_gets_a_token_that_is_valid_for_the_requested_time() {
    let stage = Stage::new(RotationPolicy::Strict).await;
    let id = stage.installation.connect(&stage.app, "acme").await;
    let read = async |seconds| {
        let found = stage.app.connections.read(&id).await.expect("a table").expect("a connection");
        let min_valid = Some(Duration::from_secs(seconds));
        counterfoil_core::service::vault::read::read_token(&stage.app, found, min_valid, in_time(&stage.app))
            .await
            .map(|token| token.access_token.expose().to_owned())
    };
    assert_eq!(read(1_801).await.as_deref(), Ok("access-0-1"), "half its life is the most that can be asked for");
    stage.clock.advance(Duration::from_secs(1_801));
    assert_eq!(read(1_799).await.as_deref(), Ok("access-0-1"));
    assert_eq!(stage.refreshes(), 0);
    assert_eq!(read(1_800).await.as_deref(), Ok("access-0-2"));
}
