//! `counterfoil doctor`, `partner` and `key` on a deployment with stand-ins for AWS, from an empty stack to a ready one.

use counterfoil_store::Table;
use counterfoil_store::aws::local_config;
use counterfoil_testkit::dynamodb::DynamoDb;
use counterfoil_testkit::secrets_manager::SecretsManager;

use crate::doctor::state_of;
use crate::harness::{Machine, text};

const TABLE: &str = "counterfoil-Table-ABC";
const KEYRING: &str = r#"{"primary":"canary-key-of-forty-three-characters-or-more-1"}"#;
const CREDENTIALS: &str = r#"{"QUICKBOOKS_CLIENT_ID":"canary-id","QUICKBOOKS_CLIENT_SECRET":"canary-secret"}"#;

async fn deployment(credentials: &str) -> (Machine, DynamoDb, SecretsManager) {
    let database = DynamoDb::start().await;
    let secrets = [("keyring", KEYRING), ("credentials", credentials)];
    let secrets = SecretsManager::start(secrets.map(|(name, value)| (name.to_owned(), value.to_owned()))).await;
    let mut machine = Machine::new();
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", "any"),
        ("AWS_SECRET_ACCESS_KEY", "any"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL_DYNAMODB", database.endpoint()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.endpoint()),
        ("TABLE_NAME", TABLE),
        ("PUBLIC_BASE_URL", "https://connect.example.com/"),
        ("OPEN_START", "false"),
        ("KEYRING_SECRET_ARN", "keyring"),
        ("CREDENTIALS_SECRET_ARN", "credentials"),
    ] {
        machine.set(name, value);
    }
    (machine, database, secrets)
}

async fn says(machine: &Machine, code: i32) -> String {
    let output = machine.run(&["doctor"]).await;
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(!said.contains("canary"), "{said}");
    said
}

#[tokio::test]
async fn s5_an_empty_stack_becomes_ready_by_following_the_doctors_advice() {
    let (machine, database, _secrets) = deployment(CREDENTIALS).await;
    assert_eq!(state_of(&says(&machine, 1).await, "table"), Some("missing"));

    Table::new(&local_config(database.endpoint()), TABLE).create().await.expect("made");
    let said = says(&machine, 1).await;
    assert_eq!(state_of(&said, "table"), Some("ok"), "{said}");
    for command in ["counterfoil partner create default", "counterfoil key create --partner default"] {
        assert!(said.contains(command), "{said}");
    }
    machine.printed(&["partner", "create", "default"]).await;
    machine.printed(&["key", "create", "--name", "our app", "--scope", "tokens:read"]).await;

    let said = says(&machine, 0).await;
    assert_eq!(state_of(&said, "credentials, quickbooks sandbox"), Some("missing"), "{said}");
    assert_eq!(state_of(&said, "notifications, quickbooks production"), Some("missing"), "{said}");
    assert_eq!(state_of(&said, "notifications, quickbooks sandbox"), None, "{said}");
    for (platform, path) in [("QuickBooks Online", ""), ("Xero", "/xero"), ("Zoho Books", "/zoho"), ("FreshBooks", "/freshbooks")]
    {
        let uri = format!("https://connect.example.com/oauth/callback{path}");
        let listed = said.lines().any(|line| line.trim_start().starts_with(platform) && line.ends_with(&format!(" {uri}")));
        assert!(listed, "{platform}: {said}");
        assert!(
            state_of(&said, &format!("credentials, {}", platform.split(' ').next().expect("a word").to_ascii_lowercase()))
                .is_some()
        );
    }
    assert!(!machine.path(".counterfoil").exists());
}

#[tokio::test]
async fn s5_each_missing_requirement_has_its_own_line() {
    let (mut machine, _database, _secrets) = deployment("{}").await;
    machine.set("PUBLIC_BASE_URL", "");
    machine.set("KEYRING_SECRET_ARN", "mistyped");
    machine.set("OPEN_START", "");
    let said = says(&machine, 1).await;
    for (state, subject) in [
        ("missing", "table"),
        ("wrong", "keyring"),
        ("missing", "public_base_url"),
        ("missing", "credentials, quickbooks production"),
        ("missing", "OPEN_START"),
    ] {
        assert_eq!(state_of(&said, subject), Some(state), "{subject}\n{said}");
    }
    machine.set("OPEN_START", "perhaps");
    assert_eq!(state_of(&says(&machine, 1).await, "configuration"), Some("wrong"));
}
