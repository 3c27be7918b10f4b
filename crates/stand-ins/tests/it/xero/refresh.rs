//! Refresh and revocation: a new token at every use, half an hour of grace, sixty days, and the effect of a revocation.

use reqwest::StatusCode;
use serde_json::json;

use super::{MAPLE, PEMBERTON, World};
use crate::world::{DAY, answered};

async fn assert_dead(world: &World, refresh_token: &str) {
    assert_eq!(answered(world.refresh(refresh_token).await).await, (400, json!({ "error": "invalid_grant" })));
}

#[tokio::test]
async fn every_refresh_rotates_and_the_old_token_works_for_half_an_hour() {
    let world = World::start().await;
    let given = world.connect(&[MAPLE]).await;
    let first = world.refreshed(&given.refresh).await;
    assert_ne!(first.refresh, given.refresh);
    world.pass(1_700).await;
    let again = world.refreshed(&given.refresh).await;
    assert_eq!((&again.access, &again.refresh), (&first.access, &first.refresh));
    world.pass(100).await;
    assert_dead(&world, &given.refresh).await;
    assert_ne!(world.refreshed(&first.refresh).await.refresh, first.refresh);
}

#[tokio::test]
async fn r7_a_lost_answer_can_be_requested_again() {
    let world = World::start().await;
    let given = world.connect(&[MAPLE]).await;
    world.control("faults", json!({ "at": "token", "kind": "status_after_rotating", "times": 1 })).await;
    let lost = world.refresh(&given.refresh).await;
    assert_eq!(lost.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(!lost.text().await.expect("text").starts_with('{'));
    let recovered = world.refreshed(&given.refresh).await;
    world.refreshed(&recovered.refresh).await;
}

#[tokio::test]
async fn a_refresh_token_dies_after_sixty_days_unused() {
    let world = World::start().await;
    let given = world.connect(&[MAPLE]).await;
    world.pass(59 * DAY).await;
    let used = world.refreshed(&given.refresh).await;
    world.pass(59 * DAY).await;
    let last = world.refreshed(&used.refresh).await;
    world.pass(60 * DAY).await;
    assert_dead(&world, &last.refresh).await;
}

#[tokio::test]
async fn the_rotation_policy_is_xeros_own() {
    let world = World::start().await;
    let settings = world.control_get("settings").await;
    assert_eq!(world.control("settings", json!({ "rotation": "grace" })).await, settings);
}

#[tokio::test]
async fn r15_revoking_disconnects_all_organisations_of_the_user() {
    let world = World::start().await;
    let one = world.connect(&[MAPLE]).await;
    let other = world.connect(&[PEMBERTON]).await;
    assert_eq!(world.revoke(&one.refresh).await, StatusCode::OK);
    for given in [&one, &other] {
        assert_dead(&world, &given.refresh).await;
        assert_eq!(world.probe(&given.access, PEMBERTON).await, StatusCode::UNAUTHORIZED);
    }
    let fresh = world.connect(&[MAPLE]).await;
    assert_eq!(world.connections(&fresh.access, &[]).await.len(), 1);
}

#[tokio::test]
async fn revoking_a_token_that_cannot_be_revoked_succeeds_and_changes_nothing() {
    let world = World::start().await;
    let given = world.connect(&[MAPLE]).await;
    for token in ["made-up", &given.access] {
        assert_eq!(world.revoke(token).await, StatusCode::OK);
    }
    assert_eq!(world.probe(&given.access, MAPLE).await, StatusCode::OK);
    let unsigned = world.client.post(&world.endpoints.revoke).form(&[("token", &given.refresh)]);
    assert_eq!(answered(unsigned.send().await.expect("answers")).await, (400, json!({ "error": "invalid_client" })));
    world.refreshed(&given.refresh).await;
}
