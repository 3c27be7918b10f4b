//! The data that survives the server's end, and how the server ends.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use reqwest::StatusCode;
use serde_json::json;

use crate::harness::Machine;

#[tokio::test]
async fn keys_and_tokens_survive_a_stop_and_a_kill() {
    let machine = Machine::new();
    let dev = machine.dev(&[]).await;
    dev.connect("acme").await;
    let (api_key, token) = (dev.told("api_key").to_owned(), dev.token("acme").await);
    dev.stop().await;

    let dev = machine.dev(&[]).await;
    assert_eq!(dev.told("api_key"), api_key);
    assert_eq!(dev.token("acme").await, token);
    dev.connect("second").await;
    dev.kill().await;

    let dev = machine.dev(&[]).await;
    assert_eq!(dev.told("api_key"), api_key);
    assert_eq!(dev.token("acme").await, token);
    assert!(!dev.token("second").await.is_empty());
}

#[tokio::test]
async fn the_stand_in_keeps_its_consents_after_a_stop_and_a_kill() {
    let mut machine = Machine::new();
    machine.set("FORCED_INTERVAL_MS", "1");
    let dev = machine.dev(&[]).await;
    // Every refresh gives a new refresh token, so a lost one would lose the connection.
    dev.tell_stand_in("settings", &json!({ "rotation": "family" })).await;
    dev.connect("acme").await;
    let first = dev.refreshed("acme").await;
    dev.kill().await;

    let dev = machine.dev(&[]).await;
    let second = dev.refreshed("acme").await;
    assert_ne!(second, first);
    dev.stop().await;

    let dev = machine.dev(&[]).await;
    assert_ne!(dev.refreshed("acme").await, second);
    let mode = fs::metadata(machine.path(".counterfoil/stand-in.json")).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn an_ephemeral_run_forgets_connections_but_keeps_the_keys() {
    let machine = Machine::new();
    let dev = machine.dev(&["--ephemeral"]).await;
    dev.connect("acme").await;
    let api_key = dev.told("api_key").to_owned();
    dev.stop().await;
    for file in ["dynamodb.sqlite", "stand-in.json"] {
        assert!(!machine.path(".counterfoil").join(file).exists(), "{file}");
    }

    let dev = machine.dev(&["--ephemeral"]).await;
    assert_eq!(dev.told("api_key"), api_key);
    assert_eq!(dev.ask_token("acme", &api_key).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_revoked_key_of_the_laptop_is_created_again() {
    let machine = Machine::new();
    let dev = machine.dev(&[]).await;
    let api_key = dev.told("api_key").to_owned();
    let keys = machine.printed_json(&["key", "list", "--json"]).await;
    let key = keys.as_array().expect("a list").iter().find(|key| key["name"] == "dev").expect("the key");
    machine.printed(&["key", "revoke", key["id"].as_str().expect("an id")]).await;
    dev.stop().await;

    let dev = machine.dev(&[]).await;
    assert_ne!(dev.told("api_key"), api_key);
    assert_eq!(dev.ask_token("acme", &api_key).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(dev.ask_token("acme", dev.told("api_key")).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn sigterm_lets_a_refresh_finish_and_answers_its_caller() {
    let machine = Machine::new();
    let dev = machine.dev(&[]).await;
    dev.connect("acme").await;
    dev.tell_stand_in("settings", &json!({ "token_delay_ms": 1_000 })).await;
    let forced = dev.client.post(dev.url("/api/token/acme/refresh")).header("X-API-Key", dev.told("api_key"));
    let forced = tokio::spawn(forced.send());
    dev.until_refreshes(1).await;
    dev.signal("TERM").await;
    let answer = forced.await.expect("no panic").expect("answers");
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(dev.end().await, Some(0));
}

#[tokio::test]
async fn a_refresh_is_stored_although_its_caller_disconnected() {
    let machine = Machine::new();
    let dev = machine.dev(&[]).await;
    dev.connect("acme").await;
    let before = dev.token("acme").await;
    dev.tell_stand_in("settings", &json!({ "token_delay_ms": 1_000 })).await;
    let forced = dev.client.post(dev.url("/api/token/acme/refresh")).header("X-API-Key", dev.told("api_key"));
    let forced = tokio::spawn(forced.send());
    dev.until_refreshes(1).await;
    forced.abort();
    dev.stop().await;

    let dev = machine.dev(&[]).await;
    assert_ne!(dev.token("acme").await, before);
}

#[tokio::test]
async fn s6_a_lost_keyring_is_not_replaced() {
    let machine = Machine::new();
    machine.dev(&[]).await.stop().await;
    let keyring = machine.path(".counterfoil/keyring.json");
    fs::remove_file(&keyring).expect("removed");
    assert!(machine.refusal(&["dev", "--port", "0"]).await.contains("keyring"));
    assert!(!keyring.exists());
    fs::write(&keyring, "{\"canary\"").expect("written");
    let said = machine.refusal(&["dev", "--port", "0"]).await;
    assert!(said.contains("keyring") && !said.contains("canary"), "{said}");
}

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).permissions().mode() & 0o777
}

/// Whoever can read the files could read the sealed tokens and the keys' hashes.
#[tokio::test]
async fn only_the_owner_can_read_each_file_whatever_the_umask_and_its_earlier_rights() {
    let machine = Machine::new();
    let folder = machine.path(".counterfoil");
    let dev = machine.dev(&[]).await;
    dev.connect("acme").await;
    let names =
        ["dynamodb.sqlite", "dynamodb.sqlite-wal", "dynamodb.sqlite-shm", "dev.json", "keyring.json", "stand-in.json", "lock"];
    for name in names.iter().filter(|name| folder.join(name).exists()) {
        assert_eq!(mode(&folder.join(name)), 0o600, "{name}");
    }
    dev.kill().await;

    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("ours");
    for name in names.iter().filter(|name| folder.join(name).exists()) {
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o644)).expect("ours");
    }
    let dev = machine.dev(&[]).await;
    assert_eq!(mode(&folder), 0o700);
    for name in ["dynamodb.sqlite", "dynamodb.sqlite-wal", "dynamodb.sqlite-shm", "dev.json"] {
        assert!(!folder.join(name).exists() || mode(&folder.join(name)) == 0o600, "{name}");
    }
    assert!(!dev.token("acme").await.is_empty());
}

#[tokio::test]
async fn a_folder_that_others_share_is_refused_and_left_as_it_is() {
    let machine = Machine::new();
    let shared = machine.path("shared");
    for (file, open) in [("somebodys", 0o755), ("lock", 0o777)] {
        fs::create_dir(&shared).expect("made");
        fs::write(shared.join(file), "").expect("written");
        fs::set_permissions(&shared, fs::Permissions::from_mode(open)).expect("ours");
        let said = machine.refusal(&["dev", "--port", "0", "--data-dir", "shared"]).await;
        assert!(said.contains("shared") && said.contains("chmod 700"), "{said}");
        assert_eq!(mode(&shared), open);
        fs::remove_dir_all(&shared).expect("removed");
    }
    fs::create_dir(&shared).expect("made");
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o777)).expect("ours");
    machine.refusal(&["dev", "--port", "0", "--data-dir", "shared", "--redirect-uri", "no address"]).await;
    assert_eq!(mode(&shared), 0o700, "an empty one is made ours");
}
