//! AWS credentials from an operator's profile: a command, or single sign-on.

use std::fs;
use std::net::Ipv4Addr;

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::get;
use counterfoil_store::Table;
use counterfoil_store::aws::local_config;
use counterfoil_testkit::dynamodb::DynamoDb;
use counterfoil_testkit::wire::Wire;
use tokio::net::TcpListener;

use crate::harness::Machine;

const TABLE: &str = "counterfoil-Table-ABC";

/// Runs a command that reads the table, on a machine with a profile and a table behind a proxy.
async fn reads_the_table(machine: &mut Machine, profile: &str) {
    let database = DynamoDb::start().await;
    Table::new(&local_config(database.endpoint()), TABLE).create().await.expect("a table in an empty database");
    let wire = Wire::before(database.endpoint()).await;
    fs::write(machine.path("config"), profile).expect("a file in the machine's folder");
    let home = machine.path("").to_string_lossy().into_owned();
    let config = machine.path("config").to_string_lossy().into_owned();
    for (name, value) in [
        ("HOME", home.as_str()),
        ("PATH", "/usr/bin:/bin"),
        ("AWS_CONFIG_FILE", config.as_str()),
        ("AWS_PROFILE", "operator"),
        ("AWS_ENDPOINT_URL_DYNAMODB", wire.endpoint()),
        ("TABLE_NAME", TABLE),
    ] {
        machine.set(name, value);
    }
    machine.printed(&["partner", "create", "default"]).await;
    assert!(!wire.requests().is_empty());
}

#[tokio::test]
async fn a_profile_may_name_a_command_that_gives_credentials() {
    let mut machine = Machine::new();
    let given = r#"{"Version": 1, "AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "any"}"#;
    fs::write(machine.path("given.json"), given).expect("a file in the machine's folder");
    let command = format!("cat {}", machine.path("given.json").display());
    let profile = format!("[profile operator]\nregion = us-east-1\ncredential_process = {command}\n");
    reads_the_table(&mut machine, &profile).await;
}

/// Uses a token of `aws sso login` in its cache. The file's name is the SHA-1 of the session's name.
#[tokio::test]
async fn a_profile_may_use_single_sign_on() {
    let mut machine = Machine::new();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    machine.set("AWS_ENDPOINT_URL_SSO", &format!("http://{}", listener.local_addr().expect("bound")));
    tokio::spawn(axum::serve(listener, Router::new().route("/federation/credentials", get(role_credentials))).into_future());
    let cache = machine.path(".aws/sso/cache");
    fs::create_dir_all(&cache).expect("a folder in the machine's folder");
    let token = r#"{"accessToken": "a-token", "expiresAt": "2999-01-01T00:00:00Z", "region": "us-east-1", "startUrl": "https://d-1.awsapps.com/start"}"#;
    fs::write(cache.join("e274eeff768c6396088ec6eb091f4bf4d47ab1e0.json"), token).expect("a file in the machine's folder");
    let profile = "[profile operator]\nregion = us-east-1\nsso_session = work\nsso_account_id = 111122223333\nsso_role_name = Operator\n\
                   [sso-session work]\nsso_region = us-east-1\nsso_start_url = https://d-1.awsapps.com/start\n";
    reads_the_table(&mut machine, profile).await;
}

async fn role_credentials(headers: HeaderMap) -> String {
    assert_eq!(headers["x-amz-sso_bearer_token"], "a-token");
    let credentials =
        r#""accessKeyId": "AKIDEXAMPLE", "secretAccessKey": "any", "sessionToken": "any", "expiration": 32503680000000"#;
    format!("{{\"roleCredentials\": {{{credentials}}}}}")
}
