//! `counterfoil keyring`, on a laptop and on a deployment with stand-ins for AWS.

use counterfoil_store::Table;
use counterfoil_store::aws::local_config;
use counterfoil_testkit::dynamodb::DynamoDb;
use counterfoil_testkit::secrets_manager::SecretsManager;
use serde_json::Value;

use crate::harness::Machine;

const KEYRING: &str = r#"{"primary":"canary-key-of-forty-three-characters-or-more-1"}"#;
/// 2026-01-01T00:00:00Z: before the time of the machine's clock.
const LONG_AGO: i64 = 1_767_225_600;

struct Deployment {
    machine: Machine,
    secrets: SecretsManager,
    _database: DynamoDb,
}

async fn deployment() -> Deployment {
    let database = DynamoDb::start().await;
    Table::new(&local_config(database.endpoint()), "counterfoil").create().await.expect("a table in an empty database");
    let secrets = SecretsManager::start([("keyring".to_owned(), KEYRING.to_owned())]).await;
    let mut machine = Machine::new();
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", "any"),
        ("AWS_SECRET_ACCESS_KEY", "any"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL_DYNAMODB", database.endpoint()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.endpoint()),
        ("TABLE_NAME", "counterfoil"),
        ("KEYRING_SECRET_ARN", "keyring"),
    ] {
        machine.set(name, value);
    }
    Deployment { machine, secrets, _database: database }
}

impl Deployment {
    fn keyring(&self) -> Value {
        serde_json::from_str(&self.secrets.value("keyring")).expect("JSON")
    }
}

fn old_key() -> Value {
    serde_json::from_str::<Value>(KEYRING).expect("JSON")["primary"].clone()
}

#[tokio::test]
async fn a_new_key_opens_before_it_seals_and_an_interrupted_rotation_continues() {
    let deployment = deployment().await;
    let machine = &deployment.machine;
    let now = jiff_now();
    deployment.secrets.set_now(now);
    let said = machine.printed(&["keyring", "rotate", "--no-wait"]).await;
    assert!(said.contains("is added") && !said.contains("canary"), "{said}");
    let added = deployment.keyring();
    assert_eq!(added["primary"], old_key(), "the old key still seals");
    let new_key = added["older"][0].clone();
    assert!(new_key.as_str().is_some_and(|key| key.len() == 64), "{added}");

    // If the command runs again too early, it waits for the same key and adds no other.
    let said = machine.printed(&["keyring", "rotate", "--no-wait"]).await;
    assert!(said.contains("every process knows it"), "{said}");
    assert_eq!(deployment.keyring(), added);
    let status = machine.printed(&["keyring", "status"]).await;
    assert!(status.contains("not used for sealing yet"), "{status}");
}

#[tokio::test]
async fn a_key_seals_only_after_every_process_knows_it() {
    let deployment = deployment().await;
    let machine = &deployment.machine;
    deployment.secrets.set_now(LONG_AGO);
    machine.printed(&["keyring", "rotate", "--no-wait"]).await;
    let new_key = deployment.keyring()["older"][0].clone();
    // By the stand-in's clock the key was added long ago.
    let said = machine.printed(&["keyring", "rotate"]).await;
    assert!(said.contains("seals from now on"), "{said}");
    let promoted = deployment.keyring();
    assert_eq!((&promoted["primary"], &promoted["older"]), (&new_key, &Value::from(vec![old_key()])));
    machine.printed(&["keyring", "reseal"]).await;
    let status = machine.printed(&["keyring", "status"]).await;
    assert!(status.contains("nothing in the table needs it") && !status.contains("canary"), "{status}");
    // The next rotation adds a new key.
    machine.printed(&["keyring", "rotate", "--no-wait"]).await;
    assert_eq!(deployment.keyring()["older"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_deployment_whose_keyring_is_not_named_is_refused() {
    let mut deployment = deployment().await;
    deployment.machine.set("KEYRING_SECRET_ARN", "");
    let said = deployment.machine.refusal(&["keyring", "rotate"]).await;
    assert!(said.contains("KEYRING_SECRET_ARN"), "{said}");
}

#[tokio::test]
async fn an_invalid_keyring_command_is_refused() {
    let machine = Machine::new();
    for wrong in [&["keyring"][..], &["keyring", "remove"], &["keyring", "reseal", "--no-wait"], &["keyring", "status", "acme"]] {
        assert_eq!(machine.run(wrong).await.status.code(), Some(2), "clap's own: {wrong:?}");
    }
}

#[tokio::test]
async fn a_keyring_in_a_variable_is_not_changed() {
    let mut machine = Machine::new();
    machine.set("KEYRING", KEYRING);
    let said = machine.refusal(&["keyring", "rotate"]).await;
    assert!(said.contains("KEYRING") && !said.contains("canary"), "{said}");
}

#[tokio::test]
async fn a_folder_without_a_keyring_is_named() {
    let said = Machine::new().refusal(&["keyring", "status"]).await;
    assert!(said.contains("There is no keyring in") && said.contains("counterfoil dev"), "{said}");
}

#[tokio::test]
async fn a_laptops_keyring_is_rotated_and_its_tokens_are_sealed_again() {
    let machine = Machine::new();
    let dev = machine.dev(&[]).await;
    dev.connect("acme").await;
    let token = dev.token("acme").await;
    let said = machine.refusal(&["keyring", "rotate"]).await;
    assert!(said.contains("Stop `counterfoil dev` first"), "{said}");
    dev.stop().await;

    machine.printed(&["keyring", "rotate"]).await;
    let keyring = machine.path(".counterfoil/keyring.json");
    let rotated: Value = serde_json::from_str(&std::fs::read_to_string(&keyring).expect("a file")).expect("JSON");
    let status = machine.printed(&["keyring", "status"]).await;
    assert!(status.contains("is needed"), "{status}");
    machine.printed(&["keyring", "reseal"]).await;
    let status = machine.printed(&["keyring", "status"]).await;
    assert!(status.contains("Remove it"), "{status}");

    // The token opens without the old key.
    std::fs::write(&keyring, serde_json::json!({ "primary": rotated["primary"] }).to_string()).expect("a file to write");
    let dev = machine.dev(&[]).await;
    assert_eq!(dev.token("acme").await, token);
    dev.stop().await;
}

#[expect(clippy::disallowed_methods, reason = "the command itself runs on the machine's clock")]
fn jiff_now() -> i64 {
    jiff::Timestamp::now().as_second()
}
