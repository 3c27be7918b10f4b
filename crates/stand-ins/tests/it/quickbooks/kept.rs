//! The state that a stand-in with a file restores after a restart. Nothing is written at its end, so dropping a stand-in has the same
//! effect as a kill.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use counterfoil_stand_ins::{KeptFileError, StandIns};
use reqwest::StatusCode;
use serde_json::json;
use tempfile::TempDir;

use super::harness::{DAY, HARBOR, LARKSPUR, World, refusal, registrations};

fn place() -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("stand-in.json");
    (folder, file)
}

#[tokio::test]
async fn tokens_stay_valid_after_a_restart_and_replaced_ones_are_recognized() {
    let (_folder, file) = place();
    let world = World::kept_in(&file).await;
    world.control("settings", json!({ "rotation": "family" })).await;
    let given = world.connect(LARKSPUR).await;
    let other = world.connect(HARBOR).await;
    let first = world.refreshed(&given.refresh).await;
    drop(world);

    let world = World::kept_in(&file).await;
    assert_eq!(world.probe(LARKSPUR, &first.access).await, StatusCode::OK);
    let second = world.refreshed(&first.refresh).await;
    assert_eq!(world.refresh(&first.refresh).await.status(), StatusCode::BAD_REQUEST);
    drop(world);

    let world = World::kept_in(&file).await;
    assert_eq!(world.refresh(&second.refresh).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(world.control_get("state").await["grants"][0]["ended_by"], "replaced_token_presented");
    assert_eq!(world.revoke(&other.refresh).await, StatusCode::OK);
    drop(world);

    let world = World::kept_in(&file).await;
    assert_eq!(world.control_get("state").await["grants"][1]["ended_by"], "revoked_by_app");
    let third = world.connect(LARKSPUR).await;
    world.refreshed(&third.refresh).await;
}

#[tokio::test]
async fn the_change_of_a_lost_answer_is_stored_too() {
    let (_folder, file) = place();
    let world = World::kept_in(&file).await;
    world.control("settings", json!({ "rotation": "strict" })).await;
    let given = world.connect(LARKSPUR).await;
    world.control("faults", json!({ "at": "token", "kind": "answer_lost_after_rotating", "times": 1 })).await;
    assert!(world.refresh_request(&given.refresh).send().await.is_err());
    drop(world);

    let world = World::kept_in(&file).await;
    assert_eq!(world.refresh(&given.refresh).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn settings_clock_and_disconnects_are_stored_until_a_reset() {
    let (_folder, file) = place();
    let world = World::kept_in(&file).await;
    let given = world.connect(LARKSPUR).await;
    world.control("settings", json!({ "access_token_seconds": 120 })).await;
    world.pass(50 * DAY).await;
    let now = world.control_get("clock").await["now"].as_i64().expect("a number");
    world.control("revoke", json!({ "realm": LARKSPUR })).await;
    drop(world);

    let world = World::kept_in(&file).await;
    assert_eq!(world.control_get("settings").await["access_token_seconds"], 120);
    let later = world.control_get("clock").await["now"].as_i64().expect("a number");
    assert!((now..now + 60).contains(&later), "{now} {later}");
    assert_eq!(world.refresh(&given.refresh).await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(world.control_get("state").await["grants"][0]["ended_by"], "disconnected_by_customer");
    world.control("reset", json!({})).await;
    drop(world);

    let world = World::kept_in(&file).await;
    assert_eq!(world.control_get("state").await["grants"], json!([]));
    assert!(world.control_get("clock").await["now"].as_i64().expect("a number") < now);
}

#[tokio::test]
async fn only_its_owner_can_read_the_file_which_the_first_change_creates() {
    let (_folder, file) = place();
    let world = World::kept_in(&file).await;
    assert!(!file.exists());
    world.connect(LARKSPUR).await;
    assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_damaged_file_is_named_and_left_alone() {
    let (_folder, file) = place();
    World::kept_in(&file).await.connect(LARKSPUR).await;
    let good = fs::read_to_string(&file).expect("text");
    let half = &good[..good.len() / 2];
    let far_away =
        r#"{"quickbooks":{"clock_ahead":"PT9999999H","ledger":{"settings":{},"grants":{},"tokens":{},"last_grant":0}}}"#;
    let unbounded = far_away.replace("9999999", "1").replace(r#""settings":{}"#, r#""settings":{"access_token_seconds":0}"#);
    for damaged in ["", "[]", r#"{"quickbooks":{}}"#, half, far_away, &unbounded] {
        fs::write(&file, damaged).expect("written");
        let error = StandIns::kept_in(&file, registrations()).err().expect("damaged");
        assert!(matches!(error, KeptFileError::Damaged { .. }), "{error}");
        let said = error.to_string();
        assert!(said.contains("stand-in.json is damaged. Delete it"), "{said}");
        assert_eq!(fs::read_to_string(&file).expect("text"), damaged);
    }
    fs::write(&file, far_away.replace("9999999", "1")).expect("written");
    assert!(StandIns::kept_in(&file, registrations()).is_ok());
}

#[tokio::test]
async fn a_change_that_cannot_be_stored_is_answered_with_an_error() {
    let (folder, file) = place();
    let world = World::kept_in(&file).await;
    let given = world.connect(LARKSPUR).await;
    drop(folder);
    let (status, body) = refusal(world.refresh(&given.refresh).await).await;
    assert_eq!((status, &body["error"]), (500, &json!("server_error")));
    let (status, body) = world.try_control("settings", json!({ "rotation": "stable" })).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(body["error"].as_str().expect("a reason").contains("cannot be written"), "{body}");
}
