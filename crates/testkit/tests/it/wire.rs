//! `Wire` between the SDK and `DynamoDb`: forwarding, the journal, and the matching of rules.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use counterfoil_testkit::dynamodb::DynamoDb;
use counterfoil_testkit::wire::{Fault, Rule, Wire};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::dynamodb::{TABLE, client, create_table, is_there, put, text};

pub(crate) struct Setup {
    pub(crate) wire: Wire,
    /// Uses the proxy.
    pub(crate) client: Client,
    /// Does not use the proxy.
    pub(crate) direct: Client,
    _database: DynamoDb,
}

pub(crate) async fn setup() -> Setup {
    let database = DynamoDb::start().await;
    let direct = client(database.endpoint());
    create_table(&direct).await;
    let wire = Wire::before(database.endpoint()).await;
    Setup { client: client(wire.endpoint()), wire, direct, _database: database }
}

#[tokio::test]
async fn requests_are_forwarded_and_counted_in_order() {
    let setup = setup().await;

    put(&setup.client, "one").send().await.expect("written");
    put(&setup.client, "one").send().await.expect_err("the key is taken");
    assert!(is_there(&setup.client, "one").await);
    assert!(is_there(&setup.direct, "one").await);

    let requests = setup.wire.requests();
    let statuses: Vec<_> = requests.iter().map(|request| (request.operation.as_str(), request.status)).collect();
    let expected = [("PutItem", Some(200)), ("PutItem", Some(400)), ("GetItem", Some(200))];
    assert_eq!(statuses, expected);
    assert!(requests.iter().all(|request| request.body.contains("TableName") && request.response_bytes > 1));
    assert_eq!(setup.wire.counts(), BTreeMap::from([("GetItem".to_owned(), 1), ("PutItem".to_owned(), 2)]));

    setup.wire.inject(Rule::on("PutItem", Fault::Throttled));
    setup.wire.reset();
    assert_eq!(setup.wire.counts(), BTreeMap::new());
    put(&setup.client, "two").send().await.expect("no rule is left");
}

#[tokio::test]
async fn a_rule_does_not_apply_to_other_operations_and_bodies() {
    let setup = setup().await;
    setup.wire.inject(Rule::on("PutItem", Fault::Throttled).when(r#"{"S":"two"}"#));
    setup.wire.inject(Rule::on("DeleteItem", Fault::InternalServerError));

    put(&setup.client, "one").send().await.expect("another body");
    put(&setup.client, "two").send().await.expect_err("this body");
    put(&setup.client, "two").send().await.expect("the rule is used up");
    setup.client.delete_item().table_name(TABLE).key("pk", text("one")).send().await.expect_err("the second rule");
}

#[tokio::test]
async fn every_answer_carries_the_checksum_of_its_body() {
    let setup = setup().await;
    setup.wire.inject(Rule::on("PutItem", Fault::Throttled));

    for body in ["throttled by the wire", "refused by the database"] {
        let answer = raw_put(setup.wire.endpoint(), body).await;
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let checksum = head.lines().find_map(|line| line.strip_prefix("x-amz-crc32: ")).expect("a checksum");
        assert_eq!(checksum, crc32(body.as_bytes()).to_string(), "{answer}");
    }
}

/// One `PutItem` on a new connection.
async fn raw_put(endpoint: &str, body: &str) -> String {
    let address = endpoint.strip_prefix("http://").expect("an http endpoint");
    let mut stream = TcpStream::connect(address).await.expect("the wire listens");
    let request = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/x-amz-json-1.0\r\nconnection: close\r\n\
         x-amz-target: DynamoDB_20120810.PutItem\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer, then the end");
    answer
}

/// CRC-32 by its definition (ISO 3309), bit by bit, independent of the tested implementation.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |checksum, byte| {
        (0..8).fold(checksum ^ u32::from(*byte), |checksum, _| (checksum >> 1) ^ if checksum & 1 == 1 { 0xEDB8_8320 } else { 0 })
    })
}

#[tokio::test]
async fn connections_to_the_endpoint_are_kept_alive() {
    let upstream = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let wire = Wire::before(&format!("http://{}", upstream.local_addr().expect("an address"))).await;
    let client = client(wire.endpoint());
    let serving = tokio::spawn(async move {
        let (mut stream, _) = upstream.accept().await.expect("a connection");
        // A second connection is refused.
        drop(upstream);
        let mut buffer = vec![0; 64 * 1024];
        for _ in 0..2 {
            let read = stream.read(&mut buffer).await.expect("a request");
            assert!(read > 0, "the connection was closed");
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.expect("sent");
        }
    });

    for _ in 0..2 {
        client.list_tables().send().await.expect("an answer");
    }

    serving.await.expect("one connection for both");
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_a_bad_gateway() {
    // The port is bound and does not listen, so nobody answers there and no other test gets it.
    let reserved = TcpSocket::new_v4().expect("a socket");
    reserved.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let wire = Wire::before(&format!("http://{}", reserved.local_addr().expect("an address"))).await;

    let error = client(wire.endpoint()).list_tables().send().await.expect_err("nobody there");

    assert_eq!(error.raw_response().expect("the proxy's answer").status().as_u16(), 502);
    assert_eq!(error.code(), None);
}

#[tokio::test]
#[should_panic(expected = "GetItem never fails with TransactionConflict")]
async fn an_impossible_rule_is_refused() {
    let setup = setup().await;
    setup.wire.inject(Rule::on("GetItem", Fault::TransactionConflict));
}
