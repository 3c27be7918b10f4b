//! The server of Lambda's Runtime API, version 2018-06-01: sends events and receives answers.
//! Source: AWS Lambda developer guide, "Using the Lambda runtime API for custom runtimes".

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::{Notify, oneshot, watch};

use crate::loopback::Loopback;

/// The largest answer of a function in bytes, as in Lambda's own error (a little more than 6 MB).
const ANSWER_BYTES_MAX: usize = 6_291_556;

#[derive(Debug)]
pub(super) struct RuntimeApi {
    server: Loopback,
    exchange: Arc<Exchange>,
}

/// The function's result for an event: the body that it sent.
#[derive(Debug)]
pub(super) enum Answer {
    Response(Bytes),
    Error(Bytes),
}

/// Passes events from the test to the function, and answers back.
#[derive(Debug)]
struct Exchange {
    function_arn: String,
    desk: Mutex<Desk>,
    offered: Notify,
    init_failure: watch::Sender<Option<Bytes>>,
    first_poll: OnceLock<Instant>,
    first_answer: OnceLock<Instant>,
}

/// At most one event waits and one is being processed. A later event replaces an earlier one.
#[derive(Debug, Default)]
struct Desk {
    events_so_far: u32,
    waiting: Option<Event>,
    expected: Option<(String, oneshot::Sender<Answer>)>,
}

#[derive(Debug)]
struct Event {
    request_id: String,
    deadline: Timestamp,
    body: String,
}

impl RuntimeApi {
    pub(super) async fn start(function_arn: String) -> Self {
        let exchange = Arc::new(Exchange {
            function_arn,
            desk: Mutex::default(),
            offered: Notify::new(),
            init_failure: watch::Sender::new(None),
            first_poll: OnceLock::new(),
            first_answer: OnceLock::new(),
        });
        let runtime = Router::new()
            .route("/invocation/next", get(next))
            .route("/invocation/{request_id}/response", post(response))
            .route("/invocation/{request_id}/error", post(error))
            .route("/init/error", post(init_error))
            .layer(DefaultBodyLimit::max(ANSWER_BYTES_MAX))
            .with_state(Arc::clone(&exchange));
        let server = Loopback::router(Router::new().nest("/2018-06-01/runtime", runtime)).await;
        Self { server, exchange }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Offers an event to the function. The future is its answer.
    pub(super) fn offer(&self, body: String, limit: Duration) -> impl Future<Output = Answer> + use<> {
        let (answered, answer) = oneshot::channel();
        self.exchange.desk().put(body, Timestamp::now() + limit, answered);
        self.exchange.offered.notify_one();
        async move {
            match answer.await {
                Ok(answer) => answer,
                // A later event replaced this one, which gets no answer.
                Err(_) => std::future::pending().await,
            }
        }
    }

    /// Waits until the function reports that it cannot start.
    pub(super) async fn init_failure(&self) -> Bytes {
        let mut failure = self.exchange.init_failure.subscribe();
        let body = failure.wait_for(Option::is_some).await.expect("the sender lives as long as this");
        body.clone().expect("waited for it")
    }

    pub(super) fn first_poll(&self) -> Option<Instant> {
        self.exchange.first_poll.get().copied()
    }

    pub(super) fn first_answer(&self) -> Option<Instant> {
        self.exchange.first_answer.get().copied()
    }
}

impl Exchange {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn next_event(&self) -> Event {
        loop {
            if let Some(event) = self.desk().waiting.take() {
                return event;
            }
            self.offered.notified().await;
        }
    }

    fn answered(&self, request_id: &str, answer: Answer) -> Response {
        self.first_answer.get_or_init(Instant::now);
        let Some(answered) = self.desk().take_expected(request_id) else {
            let body = json!({"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"});
            return (StatusCode::BAD_REQUEST, Json(body)).into_response();
        };
        // If the test gave the invocation up, nobody waits. The function need not know.
        drop(answered.send(answer));
        accepted()
    }
}

impl Desk {
    fn put(&mut self, body: String, deadline: Timestamp, answered: oneshot::Sender<Answer>) {
        self.events_so_far += 1;
        let request_id = format!("00000000-0000-4000-8000-{:012}", self.events_so_far);
        self.expected = Some((request_id.clone(), answered));
        self.waiting = Some(Event { request_id, deadline, body });
    }

    fn take_expected(&mut self, request_id: &str) -> Option<oneshot::Sender<Answer>> {
        let (_, answered) = self.expected.take_if(|(expected, _)| expected == request_id)?;
        Some(answered)
    }
}

async fn next(State(exchange): State<Arc<Exchange>>) -> Response {
    exchange.first_poll.get_or_init(Instant::now);
    let Event { request_id, deadline, body } = exchange.next_event().await;
    let headers = [
        ("lambda-runtime-aws-request-id", request_id),
        ("lambda-runtime-deadline-ms", deadline.as_millisecond().to_string()),
        ("lambda-runtime-invoked-function-arn", exchange.function_arn.clone()),
        ("lambda-runtime-trace-id", "Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0".into()),
        ("content-type", "application/json".into()),
    ];
    (headers, body).into_response()
}

async fn response(
    State(exchange): State<Arc<Exchange>>,
    Path(request_id): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Ok(body) = body else {
        drop(exchange.answered(&request_id, Answer::Error(too_large())));
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    exchange.answered(&request_id, Answer::Response(body))
}

fn too_large() -> Bytes {
    let message = format!("Response payload size exceeded maximum allowed payload size ({ANSWER_BYTES_MAX} bytes).");
    let error = json!({"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message});
    error.to_string().into()
}

async fn error(State(exchange): State<Arc<Exchange>>, Path(request_id): Path<String>, body: Bytes) -> Response {
    exchange.answered(&request_id, Answer::Error(body))
}

async fn init_error(State(exchange): State<Arc<Exchange>>, body: Bytes) -> Response {
    exchange.init_failure.send_replace(Some(body));
    accepted()
}

fn accepted() -> Response {
    (StatusCode::ACCEPTED, Json(json!({"status": "OK"}))).into_response()
}
