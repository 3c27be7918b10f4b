//! `counterfoil copy-newer`: its tables, and what it copies.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_store::Table;
use counterfoil_store::aws::local_config;
use counterfoil_testkit::dynamodb::DynamoDb;

use crate::harness::{Machine, text};

const BOTH: [&str; 5] = ["copy-newer", "--from", "old", "--to", "restored"];

/// Two tables. The old one has one item more.
async fn tables() -> (Machine, Client, DynamoDb) {
    let database = DynamoDb::start().await;
    let config = local_config(database.endpoint());
    for name in ["old", "restored"] {
        Table::new(&config, name).create().await.expect("a table in an empty database");
    }
    let client = Client::new(&config);
    let key = |name| AttributeValue::S(format!("{name} of an item"));
    let put = client.put_item().table_name("old").item("PK", key("PK")).item("SK", key("SK"));
    put.send().await.expect("a table");
    let mut machine = Machine::new();
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", "any"),
        ("AWS_SECRET_ACCESS_KEY", "any"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL_DYNAMODB", database.endpoint()),
    ] {
        machine.set(name, value);
    }
    (machine, client, database)
}

async fn restored(client: &Client) -> i32 {
    client.scan().table_name("restored").send().await.expect("a table").count
}

#[tokio::test]
async fn a_dry_run_counts_and_the_copy_writes() {
    let (machine, client, _database) = tables().await;
    let said = machine.printed(&[&BOTH[..], &["--dry-run"]].concat()).await;
    assert!(said.contains("TO COPY"), "{said}");
    assert_eq!(restored(&client).await, 0);
    let said = machine.printed(&BOTH).await;
    assert!(said.contains("COPIED") && said.contains("other items"), "{said}");
    assert_eq!(restored(&client).await, 1);
}

#[tokio::test]
async fn two_tables_must_be_named() {
    let machine = Machine::new();
    for incomplete in [&BOTH[..1], &BOTH[..3], &["copy-newer", "--to", "restored"]] {
        let output = machine.run(incomplete).await;
        assert_eq!(output.status.code(), Some(2), "clap's own: {}", text(&output.stderr));
    }
    let said = machine.refusal(&["copy-newer", "--from", "one", "--to", "one"]).await;
    assert!(said.contains("Name two tables"), "{said}");
}

#[tokio::test]
async fn a_missing_table_is_named() {
    let (machine, _client, _database) = tables().await;
    let said = machine.refusal(&["copy-newer", "--from", "old", "--to", "elsewhere"]).await;
    assert!(said.contains("elsewhere"), "{said}");
}
