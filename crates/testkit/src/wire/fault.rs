//! The faults of a request, and `DynamoDB`'s answers for them.
//! Source: `DynamoDB` developer guide, "Error handling"; API reference, `TransactWriteItems`, "Errors".

use std::time::Duration;

use hyper::body::Bytes;
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

const CONFLICT: &str = "Transaction is ongoing for the item";
const TYPE_PREFIX: &str = "com.amazonaws.dynamodb.v20120810#";

/// A fault of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `ProvisionedThroughputExceededException`. Not applied. Clients retry it.
    Throttled,
    /// Another transaction conflicts: `TransactionConflictException` for a single write; for a transaction
    /// `TransactionCanceledException` with `TransactionConflict` as the reason of its first item. Not applied.
    TransactionConflict,
    /// `InternalServerError`, status 500. Not applied here; the real service may apply it. Clients retry it.
    InternalServerError,
    /// Applied, then the connection closes without an answer.
    TimeoutAfterApply,
    /// Not applied; the connection closes without an answer.
    TimeoutBeforeApply,
    /// Applied after this time, even if its client has given up by then and tried again.
    Delay(Duration),
    /// Applied and answered when the test calls [`Wire::release`].
    ///
    /// [`Wire::release`]: super::Wire::release
    UntilReleased,
    /// Not applied, and not answered while its client waits: the moment to kill the client, see [`Wire::held`].
    ///
    /// [`Wire::held`]: super::Wire::held
    Hold,
    /// Applied, and not answered while its client waits.
    HoldAnswer,
    /// Applied, then `ValidationException` with a message that repeats the request and its answer, as messages of the real service repeat
    /// values. Clients do not retry it.
    Repeated,
}

impl Fault {
    /// Whether the fault is possible for the operation: conflicts only for writes and transactions, the others for every operation.
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

/// `ValidationException` that repeats what was asked and answered.
pub(super) fn repeated(asked: &[u8], answered: &[u8]) -> Response<Bytes> {
    let [asked, answered] = [asked, answered].map(String::from_utf8_lossy);
    refuse(StatusCode::BAD_REQUEST, "ValidationException", json!({"message": format!("Not valid: {asked} {answered}")}))
}

/// The error for a conflict, for a single write or a transaction.
pub(super) fn transaction_conflict(body: &[u8]) -> Response<Bytes> {
    match transaction_length(body) {
        Some(items) => transaction_canceled(items),
        None => refuse(StatusCode::BAD_REQUEST, "TransactionConflictException", json!({"message": CONFLICT})),
    }
}

/// The reasons for each item of the transaction: the first item conflicts, the others have no reason.
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

/// The number of items of a transaction; `None` if the request is not one.
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
