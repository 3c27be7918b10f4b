//! What can go wrong with a request, and the answers `DynamoDB` gives then.
//! Source: `DynamoDB` developer guide, "Error handling"; API reference, `TransactWriteItems`, "Errors".

use std::time::Duration;

use hyper::body::Bytes;
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

const CONFLICT: &str = "Transaction is ongoing for the item";
const TYPE_PREFIX: &str = "com.amazonaws.dynamodb.v20120810#";

/// What befalls a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `ProvisionedThroughputExceededException`. Not applied; clients retry it.
    Throttled,
    /// Another transaction holds an item: `TransactionConflictException` for a single write, for a transaction
    /// `TransactionCanceledException` with `TransactionConflict` as the reason of its first item. Not applied.
    TransactionConflict,
    /// `InternalServerError`, status 500. Not applied here, though the real one leaves that open; clients retry it.
    InternalServerError,
    /// Applied, then the connection closes without an answer.
    TimeoutAfterApply,
    /// Not applied; the connection closes without an answer.
    TimeoutBeforeApply,
    /// Applied so much later, also when its client has given up by then and has perhaps tried again.
    Delay(Duration),
    /// Applied when the test says so, [`Wire::release`], and answered then.
    ///
    /// [`Wire::release`]: super::Wire::release
    UntilReleased,
    /// Not applied and not answered for as long as its client waits: the moment to kill it, see [`Wire::held`].
    ///
    /// [`Wire::held`]: super::Wire::held
    Hold,
    /// Applied, and not answered for as long as its client waits.
    HoldAnswer,
}

impl Fault {
    /// Conflicts are about writes and transactions; anything else can happen to every request.
    pub(super) fn can_befall(self, operation: &str) -> bool {
        let conflicts = matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems" | "TransactGetItems");
        self != Self::TransactionConflict || conflicts
    }
}

/// `ProvisionedThroughputExceededException`.
pub(super) fn throttled() -> Response<Bytes> {
    let message = "The level of configured provisioned throughput for the table was exceeded. \
                   Consider increasing your provisioning level with the UpdateTable API.";
    refuse(StatusCode::BAD_REQUEST, "ProvisionedThroughputExceededException", json!({"message": message}))
}

/// `InternalServerError`.
pub(super) fn internal_server_error() -> Response<Bytes> {
    refuse(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", json!({"message": "Internal server error"}))
}

/// The conflict as it is told to `body`, a single write or a transaction.
pub(super) fn transaction_conflict(body: &[u8]) -> Response<Bytes> {
    match transaction_length(body) {
        Some(items) => transaction_canceled(items),
        None => refuse(StatusCode::BAD_REQUEST, "TransactionConflictException", json!({"message": CONFLICT})),
    }
}

/// A reason for each item of the transaction, in its order: the first is in conflict, nothing is wrong with the others.
fn transaction_canceled(items: usize) -> Response<Bytes> {
    let mut reasons = vec![json!({"Code": "None"}); items];
    if let Some(first) = reasons.first_mut() {
        *first = json!({"Code": "TransactionConflict", "Message": CONFLICT});
    }
    let codes: Vec<_> = reasons.iter().filter_map(|reason| reason["Code"].as_str()).collect();
    let message = format!("Transaction cancelled, please refer cancellation reasons for specific reasons [{}]", codes.join(", "));
    let body = json!({"Message": message, "CancellationReasons": reasons});
    refuse(StatusCode::BAD_REQUEST, "TransactionCanceledException", body)
}

/// How many items a transaction is about; `None` when the request is not one.
fn transaction_length(body: &[u8]) -> Option<usize> {
    let request: Value = serde_json::from_slice(body).ok()?;
    Some(request.get("TransactItems")?.as_array()?.len())
}

fn refuse(status: StatusCode, kind: &str, mut body: Value) -> Response<Bytes> {
    body["__type"] = Value::String(format!("{TYPE_PREFIX}{kind}"));
    let body = Bytes::from(body.to_string());
    Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amzn-errortype", kind)
        .header("x-amzn-requestid", "00000000000000000000000000000000000000000000000000AA")
        .header("x-amz-crc32", crc32fast::hash(&body))
        .body(body)
        .expect("a status and headers that are all valid")
}
