//! The rotation policies other than Intuit's, as a client sees them.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::harness::{DAY, LARKSPUR, Tokens, World, refusal, tokens};

async fn with_policy(policy: &str) -> (World, Tokens) {
    let world = World::start().await;
    world.control("settings", json!({ "rotation": policy })).await;
    let given = world.connect(LARKSPUR).await;
    (world, given)
}

/// Checks that the token is refused as invalid.
async fn assert_dead(world: &World, refresh_token: &str) {
    let (status, body) = refusal(world.refresh(refresh_token).await).await;
    assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")));
}

/// The control route's report of the only grant.
async fn seen(world: &World) -> Value {
    let grant = &world.control_get("state").await["grants"][0];
    json!([grant["live"], grant["ended_by"], grant["refreshes"], grant["rotations"], grant["repeated_answers"]])
}

#[tokio::test]
async fn stable_tokens_do_not_change_even_if_an_answer_is_lost() {
    let (world, given) = with_policy("stable").await;
    world.pass(90 * DAY).await;
    world.control("faults", json!({ "at": "token", "kind": "answer_lost_after_rotating", "times": 1 })).await;
    assert!(world.refresh_request(&given.refresh).send().await.is_err());
    assert_eq!(world.refreshed(&given.refresh).await.refresh, given.refresh);
    assert_eq!(seen(&world).await, json!([true, null, 2, 0, 0]));
}

#[tokio::test]
async fn the_stand_in_starts_with_the_daily_preset() {
    let world = World::start().await;
    let at_start = world.control_get("settings").await;
    world.control("settings", json!({ "rotation": "family" })).await;
    assert_eq!(world.control("settings", json!({ "rotation": "daily" })).await, at_start);
}

#[tokio::test]
async fn grace_gives_the_same_answer_again_for_half_an_hour() {
    let (world, given) = with_policy("grace").await;
    let first = world.refreshed(&given.refresh).await;
    assert_ne!(first.refresh, given.refresh);
    world.pass(1_700).await;
    let again = world.refreshed(&given.refresh).await;
    assert_eq!((&again.access, &again.refresh), (&first.access, &first.refresh));
    let left = again.body["expires_in"].as_i64().expect("a number");
    assert!((1_840..=1_900).contains(&left), "{left}");
    assert_eq!(seen(&world).await, json!([true, null, 1, 1, 1]));

    world.pass(200).await;
    assert_dead(&world, &given.refresh).await;
    world.refreshed(&first.refresh).await;
    assert_eq!(seen(&world).await, json!([true, null, 2, 2, 1]));
}

#[tokio::test]
async fn grace_an_expired_access_token_is_not_answered_again() {
    let (world, given) = with_policy("grace").await;
    world.control("settings", json!({ "access_token_seconds": 60 })).await;
    let first = world.refreshed(&given.refresh).await;
    world.pass(100).await;
    let again = world.refreshed(&given.refresh).await;
    assert_eq!((&again.refresh, &again.body["expires_in"]), (&first.refresh, &json!(60)));
    assert_eq!(world.probe(LARKSPUR, &again.access).await, StatusCode::OK);
}

#[tokio::test]
async fn grace_a_lost_answer_can_be_requested_again() {
    let (world, given) = with_policy("grace").await;
    world.control("faults", json!({ "at": "token", "kind": "status_after_rotating", "times": 1 })).await;
    assert_eq!(world.refresh(&given.refresh).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    let recovered = world.refreshed(&given.refresh).await;
    world.refreshed(&recovered.refresh).await;
}

#[tokio::test]
async fn setting_the_clock_back_gives_no_grace() {
    let (world, given) = with_policy("strict").await;
    world.refreshed(&given.refresh).await;
    world.pass(-100).await;
    assert_dead(&world, &given.refresh).await;
}

#[tokio::test]
async fn strict_an_old_token_is_invalid_immediately_and_harms_nothing() {
    let (world, given) = with_policy("strict").await;
    let first = world.refreshed(&given.refresh).await;
    assert_dead(&world, &given.refresh).await;
    world.refreshed(&first.refresh).await;
    assert_eq!(seen(&world).await, json!([true, null, 2, 2, 0]));
}

#[tokio::test]
async fn family_presenting_an_old_token_ends_the_grant() {
    let (world, given) = with_policy("family").await;
    let first = world.refreshed(&given.refresh).await;
    assert_dead(&world, &given.refresh).await;
    assert_dead(&world, &first.refresh).await;
    assert_eq!(seen(&world).await, json!([false, "replaced_token_presented", 1, 1, 0]));
}

#[tokio::test]
async fn if_races_are_allowed_the_second_request_is_answered_as_a_later_one() {
    for (policy, status) in [("stable", 200), ("grace", 200), ("strict", 400)] {
        let (world, given) = with_policy(policy).await;
        let fault = json!({ "at": "token", "kind": "slow", "delay_ms": 1_000, "times": 1 });
        world.control("faults", fault).await;
        let first = tokio::spawn(world.refresh_request(&given.refresh).send());
        world.until(|state| state["requests"]["token.refresh_token"] == 1).await;
        assert_eq!(world.refresh(&given.refresh).await.status().as_u16(), status, "{policy}");
        let won = tokens(first.await.expect("no panic").expect("answers")).await;
        world.refreshed(&won.refresh).await;
        assert_eq!(world.control_get("state").await["max_in_flight_per_refresh_token"], 2, "{policy}");
    }
}

#[tokio::test]
async fn other_fields_go_over_a_rotation_policy() {
    let world = World::start().await;
    let changed = world.control("settings", json!({ "rotation": "grace", "grace_seconds": 5 })).await;
    assert_eq!((&changed["grace_seconds"], &changed["rotate_after_seconds"]), (&json!(5), &json!(0)));
    let never = world.control("settings", json!({ "rotate_after_seconds": null })).await;
    assert_eq!((&never["grace_seconds"], &never["rotate_after_seconds"]), (&json!(5), &json!(null)));
    let (status, answer) = world.try_control("settings", json!({ "rotation": "moody" })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(answer["error"].as_str().expect("a reason").contains("unknown variant `moody`"), "{answer}");
}
