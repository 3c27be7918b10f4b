//! Stands in for SQS, whose client has the same endpoint: it takes every message and keeps its text.
//! Source: SQS API reference, `SendMessage`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::Response;
use hyper::body::Bytes;
use serde_json::{Value, json};

/// A message that was sent to a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The URL of the queue.
    pub queue: String,
    /// The text.
    pub text: String,
}

#[derive(Debug, Default)]
pub(super) struct Queue(Mutex<Vec<Message>>);

impl Queue {
    /// Keeps the message of a request, also of one that is then refused.
    pub(super) fn arrived(&self, body: &[u8]) {
        let request: Value = serde_json::from_slice(body).expect("a request is JSON");
        let field = |name: &str| request[name].as_str().expect("a message has a queue and a text").to_owned();
        self.messages().push(Message { queue: field("QueueUrl"), text: field("MessageBody") });
    }

    pub(super) fn all(&self) -> Vec<Message> {
        self.messages().clone()
    }

    fn messages(&self) -> MutexGuard<'_, Vec<Message>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer to a message that was taken.
pub(super) fn taken() -> Response<Bytes> {
    let body = json!({ "MessageId": "00000000-0000-0000-0000-000000000000", "MD5OfMessageBody": "0".repeat(32) });
    let answer = Response::builder().header("content-type", "application/x-amz-json-1.0").body(Bytes::from(body.to_string()));
    answer.expect("a header that is valid")
}
