//! `DynamoDb` with the SDK. The tests of the proxy use `table` and `client` too.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use counterfoil_testkit::dynamodb::DynamoDb;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) const TABLE: &str = "items";

/// A client that does not retry, so that a test sees each answer.
pub(crate) fn client(endpoint: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

pub(crate) async fn create_table(client: &Client) {
    let key = KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash);
    let attribute = AttributeDefinition::builder().attribute_name("pk").attribute_type(ScalarAttributeType::S);
    client
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key.build().expect("complete"))
        .attribute_definitions(attribute.build().expect("complete"))
        .send()
        .await
        .expect("a table in an empty database");
}

pub(crate) fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// Writes the item only if it does not exist.
pub(crate) fn put(client: &Client, key: &str) -> PutItemFluentBuilder {
    client.put_item().table_name(TABLE).item("pk", text(key)).condition_expression("attribute_not_exists(pk)")
}

pub(crate) async fn is_there(client: &Client, key: &str) -> bool {
    let answer = client.get_item().table_name(TABLE).key("pk", text(key)).consistent_read(true).send().await;
    answer.expect("a table to read").item.is_some()
}

#[tokio::test]
async fn a_table_takes_items_and_holds_their_conditions() {
    let database = DynamoDb::start().await;
    let client = client(database.endpoint());
    create_table(&client).await;

    put(&client, "one").send().await.expect("the first of its key");
    let second = put(&client, "one").send().await.expect_err("the key is taken").into_service_error();

    assert!(second.is_conditional_check_failed_exception(), "{second:?}");
    assert!(is_there(&client, "one").await);
}

#[tokio::test]
async fn two_databases_share_nothing() {
    let (one, other) = (DynamoDb::start().await, DynamoDb::start().await);

    create_table(&client(one.endpoint())).await;

    let tables = client(other.endpoint()).list_tables().send().await.expect("an answer").table_names.expect("a list");
    assert_eq!(tables, Vec::<String>::new());
}

#[tokio::test]
async fn a_dropped_database_closes_its_connections() {
    let database = DynamoDb::start().await;
    let address = database.endpoint().strip_prefix("http://").expect("an http endpoint");
    let mut connection = TcpStream::connect(address).await.expect("it listens");
    connection.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("sent");
    let read = connection.read(&mut [0; 4096]).await.expect("an answer");
    assert!(read > 0, "closed while the database was there");

    drop(database);

    let rest = tokio::time::timeout(Duration::from_secs(10), connection.read_to_end(&mut Vec::new())).await;
    rest.expect("closed in time").expect("closed in order");
}
