//! `DynamoDB`'s JSON protocol over the embedded database. The database's own server answers everybody on a port that cannot be protected.
//! So its operations are routes of our server here, and no other port is opened.

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc::Sender;

use super::new_events::{NewEvent, events_in};

/// `DynamoDB`'s largest request body, in bytes.
const BODY_MOST: usize = 16 * 1024 * 1024;

/// The only route. New events are named to `events`, if there is one.
pub(super) fn router(database: Database, events: Option<Sender<NewEvent>>) -> Router {
    Router::new().route("/", post(answer)).layer(DefaultBodyLimit::max(BODY_MOST)).with_state((database, events))
}

type Served = (Database, Option<Sender<NewEvent>>);

async fn answer(State((database, events)): State<Served>, headers: HeaderMap, body: String) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let operation = target.and_then(|target| target.strip_prefix("DynamoDB_20120810.")).unwrap_or_default();
    let new_events = if events.is_some() { events_in(operation, &body) } else { Vec::new() };
    let (status, body) = outcome(&database, operation, &body);
    if status == 200 {
        for event in new_events {
            // If there is no room, the sweep finds it.
            drop(events.as_ref().map(|events| events.try_send(event)));
        }
    }
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(CONTENT_TYPE, "application/x-amz-json-1.0")], body).into_response()
}

/// The status and the body of an answer.
fn outcome(database: &Database, operation: &str, body: &str) -> (u16, String) {
    match run(database, operation, body) {
        Some(Ok(body)) => (200, body),
        Some(Err(error)) => (error.status_code(), error.to_json()),
        None => (400, UNKNOWN.to_owned()),
    }
}

const UNKNOWN: &str = r#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#;

/// Runs an operation; `None` if it is not one on tables or items.
fn run(database: &Database, operation: &str, body: &str) -> Option<dynoxide::Result<String>> {
    Some(match operation {
        "CreateTable" => with(body, |request| database.create_table(request)),
        "DeleteTable" => with(body, |request| database.delete_table(request)),
        "DescribeTable" => with(body, |request| database.describe_table(request)),
        "ListTables" => with(body, |request| database.list_tables(request)),
        "UpdateTable" => with(body, |request| database.update_table(request)),
        "UpdateTimeToLive" => with(body, |request| database.update_time_to_live(request)),
        "DescribeTimeToLive" => with(body, |request| database.describe_time_to_live(request)),
        "GetItem" => with(body, |request| database.get_item(request)),
        "PutItem" => with(body, |request| database.put_item(request)),
        "UpdateItem" => with(body, |request| database.update_item(request)),
        "DeleteItem" => with(body, |request| database.delete_item(request)),
        "Query" => with(body, |request| database.query(request)),
        "Scan" => with(body, |request| database.scan(request)),
        "BatchGetItem" => with(body, |request| database.batch_get_item(request)),
        "BatchWriteItem" => with(body, |request| database.batch_write_item(request)),
        "TransactGetItems" => with(body, |request| database.transact_get_items(request)),
        "TransactWriteItems" => with(body, |request| database.transact_write_items(request)),
        "ExecuteStatement" => with(body, |request| database.execute_statement(request)),
        _ => return None,
    })
}

fn with<Q, A>(body: &str, act: impl FnOnce(Q) -> dynoxide::Result<A>) -> dynoxide::Result<String>
where
    Q: DeserializeOwned,
    A: Serialize,
{
    let request = serde_json::from_str(body).map_err(|error| DynoxideError::ValidationException(error.to_string()))?;
    let answer = act(request)?;
    serde_json::to_string(&answer).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};

    use serde_json::Value;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    /// Requests whose answers the store reads: items, failed conditions, and transactions with their reasons.
    const REQUESTS: [(&str, &str); 14] = [
        ("PutItem", r#"{"TableName":"items","Item":{"PK":{"S":"a"},"n":{"N":"1"}}}"#),
        ("PutItem", r#"{"TableName":"items","Item":{"PK":{"S":"a"}},"ConditionExpression":"attribute_not_exists(PK)"}"#),
        (
            "UpdateItem",
            r##"{"TableName":"items","Key":{"PK":{"S":"a"}},"UpdateExpression":"SET #n = :n","ConditionExpression":"#n = :m","ExpressionAttributeNames":{"#n":"n"},"ExpressionAttributeValues":{":n":{"N":"2"},":m":{"N":"7"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD"}"##,
        ),
        ("GetItem", r#"{"TableName":"items","Key":{"PK":{"S":"a"}},"ConsistentRead":true}"#),
        ("GetItem", r#"{"TableName":"items","Key":{"PK":{"S":"none"}}}"#),
        ("GetItem", r#"{"TableName":"nowhere","Key":{"PK":{"S":"a"}}}"#),
        ("BatchGetItem", r#"{"RequestItems":{"items":{"Keys":[{"PK":{"S":"a"}},{"PK":{"S":"b"}}]}}}"#),
        (
            "Query",
            r#"{"TableName":"items","KeyConditionExpression":"PK = :pk","ExpressionAttributeValues":{":pk":{"S":"a"}},"Limit":1}"#,
        ),
        (
            "TransactWriteItems",
            r#"{"TransactItems":[{"Put":{"TableName":"items","Item":{"PK":{"S":"b"}}}},{"ConditionCheck":{"TableName":"items","Key":{"PK":{"S":"a"}},"ConditionExpression":"attribute_not_exists(PK)","ReturnValuesOnConditionCheckFailure":"ALL_OLD"}}]}"#,
        ),
        ("TransactWriteItems", r#"{"TransactItems":[{"Put":{"TableName":"items","Item":{"PK":{"S":"c"}}}}]}"#),
        ("DeleteItem", r#"{"TableName":"items","Key":{"PK":{"S":"a"}},"ReturnValues":"ALL_OLD"}"#),
        ("Scan", r#"{"TableName":"items"}"#),
        ("Query", r#"{"TableName":"items"}"#),
        ("Nothing", "{}"),
    ];

    const TABLE: &str = r#"{"TableName":"items","AttributeDefinitions":[{"AttributeName":"PK","AttributeType":"S"}],"KeySchema":[{"AttributeName":"PK","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST"}"#;

    async fn asked(server: SocketAddr, operation: &str, body: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(server).await.expect("it listens");
        let request = format!(
            "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Amz-Target: DynamoDB_20120810.{operation}\r\n\
             Content-Type: application/x-amz-json-1.0\r\nX-Amz-Date: x\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=x, SignedHeaders=x, Signature=x\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, serde_json::from_str(body).expect("JSON"))
    }

    #[tokio::test]
    async fn an_operation_answers_as_by_the_databases_own_server() {
        let [ours, theirs] = [Database::memory(), Database::memory()].map(|made| made.unwrap_or_else(|error| panic!("{error}")));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let server = listener.local_addr().expect("bound");
        let serving = tokio::spawn(dynoxide::server::serve_on(listener, theirs));
        assert_eq!((asked(server, "CreateTable", TABLE).await.0, outcome(&ours, "CreateTable", TABLE).0), (200, 200));
        for (operation, body) in REQUESTS {
            let (status, text) = outcome(&ours, operation, body);
            let answer: Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!((status, answer), asked(server, operation, body).await, "{operation} {body}");
        }
        serving.abort();
    }
}
