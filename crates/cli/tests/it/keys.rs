//! `counterfoil key`, with and without a running server.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{Machine, text};

#[tokio::test]
async fn a1_a_key_is_created_used_listed_and_revoked_while_the_server_runs() {
    let machine = Machine::new();
    let dev = machine.dev(&["--ephemeral"]).await;
    dev.connect("acme").await;
    let create = ["key", "create", "--name", "my app", "--scope", "tokens:read", "--expires-in-days", "30", "--json"];
    let made = machine.printed_json(&create).await;
    let (id, api_key) = (made["id"].as_str().expect("an id"), made["api_key"].as_str().expect("a key"));
    assert_eq!(made["scopes"], json!(["tokens:read"]));
    assert_eq!(dev.ask_token("acme", api_key).await.0, StatusCode::OK);

    let listed = machine.printed(&["key", "list"]).await;
    assert!(listed.contains(id) && listed.contains("my app"), "{listed}");
    assert!(!listed.contains(api_key) && !listed.contains(dev.told("api_key")), "{listed}");

    // A new key, because a verified key is cached for up to a minute.
    let other = machine.printed(&["key", "create", "--name", "other", "--scope", "tokens:read"]).await;
    let other = other.lines().next().expect("the key");
    machine.printed(&["key", "revoke", &id_of(&machine, "other").await]).await;
    assert_eq!(dev.ask_token("acme", other).await.0, StatusCode::UNAUTHORIZED);
}

async fn id_of(machine: &Machine, name: &str) -> String {
    let keys = machine.printed_json(&["key", "list", "--json"]).await;
    let named = |key: &&Value| key["name"] == name;
    keys.as_array().expect("a list").iter().find(named).expect("listed")["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn a1_a_key_is_rotated_by_the_command_line() {
    let machine = Machine::new();
    let dev = machine.dev(&["--ephemeral"]).await;
    dev.connect("acme").await;
    machine.printed(&["key", "create", "--name", "app", "--scope", "tokens:read"]).await;
    let old = id_of(&machine, "app").await;
    let rotate = ["key", "rotate", &old, "--overlap-seconds", "0", "--json"];
    let made = machine.printed_json(&rotate).await;
    assert_eq!((&made["name"], &made["scopes"], &made["expires_at"]), (&json!("app"), &json!(["tokens:read"]), &Value::Null));
    assert_eq!(dev.ask_token("acme", made["api_key"].as_str().expect("a key")).await.0, StatusCode::OK);
    assert!(machine.refusal(&rotate).await.contains("is revoked"));
    assert!(machine.refusal(&["key", "rotate", "0123456789abcdef"]).await.contains("has no key"));
    let too_long = ["key", "rotate", &old, "--overlap-seconds", "604801"];
    assert_eq!(machine.run(&too_long).await.status.code(), Some(2));
}

#[tokio::test]
async fn a_command_opens_the_database_if_no_server_runs() {
    let machine = Machine::new();
    machine.dev(&[]).await.stop().await;
    let key = machine.printed(&["key", "create", "--name", "for a page", "--publishable"]).await;
    let key = key.lines().next().expect("the key").to_owned();
    assert!(key.starts_with("cf_pub_default_"), "{key}");
    assert!(machine.printed(&["key", "revoke", &id_of(&machine, "for a page").await]).await.contains("is revoked"));
    assert!(machine.printed(&["key", "revoke", &id_of(&machine, "for a page").await]).await.contains("already revoked"));
    let keys = machine.printed_json(&["key", "list", "--json"]).await;
    let revoked = keys.as_array().expect("a list").iter().filter(|key| !key["revoked_at"].is_null()).count();
    assert_eq!(revoked, 1);
    let dev = machine.dev(&[]).await;
    assert_eq!(dev.ask_token("acme", &key).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_invalid_key_is_refused_and_nothing_is_stored() {
    let machine = Machine::new();
    let _dev = machine.dev(&["--ephemeral"]).await;
    let unknown = machine.run(&["key", "create", "--name", "x", "--scope", "tokens:write"]).await;
    assert_eq!(unknown.status.code(), Some(2));
    let said = text(&unknown.stderr);
    assert!(said.contains("consent:start, tokens:read, ") && said.contains("admin"), "{said}");
    for wrong in [
        &["key", "create", "--name", "x"][..],
        &["key", "create", "--name", " ", "--scope", "admin"],
        &["key", "create", "--name", "x", "--scope", "admin", "--expires-in-days", "0"],
        &["key", "create", "--name", "x", "--scope", "admin", "--partner", "No Such"],
        &["key", "revoke", "not-an-id"],
    ] {
        assert_eq!(machine.run(wrong).await.status.code(), Some(2), "{wrong:?}");
    }
    let publishable = ["key", "create", "--name", "x", "--publishable", "--scope", "tokens:read"];
    assert!(machine.refusal(&publishable).await.contains("consent:start"));
    for command in [
        &["key", "create", "--name", "x", "--scope", "admin", "--partner", "nobody"][..],
        &["key", "list", "--partner", "nobody"],
    ] {
        assert!(machine.refusal(command).await.contains("counterfoil partner create nobody"), "{command:?}");
    }
    assert!(machine.refusal(&["key", "revoke", "0123456789abcdef"]).await.contains("has no key"));
    let keys = machine.printed_json(&["key", "list", "--json"]).await;
    assert_eq!(keys.as_array().expect("a list").len(), 2);
}
