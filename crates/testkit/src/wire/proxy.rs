//! The proxy: HTTP/1.1 with kept-alive connections on both sides, and whole bodies.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, CONTENT_LENGTH, HeaderMap, TRANSFER_ENCODING};
use hyper::http::request::Parts;
use hyper::http::uri::{Authority, Scheme};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::capacity;
use super::fault::{self, Fault};
use super::journal::Journal;
use super::queue::{self, Queue};
use super::rule::Rules;
use crate::loopback::Stop;

/// `DynamoDB`'s limit for a request and for an answer.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
const UPSTREAM_LIMIT: Duration = Duration::from_secs(30);
/// The operation of SQS.
const SEND_MESSAGE: &str = "SendMessage";

#[derive(Debug)]
pub(super) struct Proxy {
    upstream: Authority,
    client: Client<HttpConnector, Full<Bytes>>,
    pub(super) journal: Journal,
    pub(super) rules: Rules,
    pub(super) queue: Queue,
    /// A permit for each request that is held.
    pub(super) held: Semaphore,
    /// A permit for each request with [`Fault::UntilReleased`] that may continue.
    pub(super) released: Semaphore,
    /// Whether requests ask for their consumed capacity.
    pub(super) metered: bool,
}

/// How a fault leaves a client without an answer.
#[derive(Debug, thiserror::Error)]
enum Unanswered {
    #[error("the connection closes")]
    Closed,
    #[error("the connection stays open until its client closes it")]
    Held,
}

type Answer = Result<Response<Bytes>, Unanswered>;

impl Proxy {
    pub(super) fn to(upstream_endpoint: &str) -> Self {
        let uri: Uri = upstream_endpoint.parse().expect("an endpoint is a URL");
        assert_eq!(uri.scheme(), Some(&Scheme::HTTP), "{upstream_endpoint} is not http://host:port");
        let upstream = uri.authority().expect("an http URL has a host").clone();
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Self {
            upstream,
            client,
            journal: Journal::default(),
            rules: Rules::default(),
            queue: Queue::default(),
            held: Semaphore::new(0),
            released: Semaphore::new(0),
            metered: false,
        }
    }

    /// Serves connections until it is stopped, and then closes them.
    pub(super) async fn serve(self: Arc<Self>, listener: TcpListener, mut stop: Stop) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                _ = &mut stop => return,
                accepted = listener.accept() => {
                    let (stream, _) = accepted.expect("a test has file descriptors left");
                    connections.spawn(Arc::clone(&self).converse(stream));
                }
                Some(_) = connections.join_next() => {}
            }
        }
    }

    async fn converse(self: Arc<Self>, stream: TcpStream) {
        stream.set_nodelay(true).expect("a TCP connection has the option");
        let service = service_fn(|request| {
            // A separate task: as at the real service, a request that has arrived is processed even if its client disconnects.
            let handling = tokio::spawn(Arc::clone(&self).handle(request));
            let held = &self.held;
            async move {
                let answer = handling.await.unwrap_or(Err(Unanswered::Closed));
                if matches!(answer, Err(Unanswered::Held)) {
                    held.add_permits(1);
                    std::future::pending::<()>().await;
                }
                answer.map(|answer| answer.map(Full::new))
            }
        });
        // A fault or the client ends it with an error, which is not reported.
        drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service).await);
    }

    async fn handle(self: Arc<Self>, request: Request<Incoming>) -> Answer {
        let (head, body) = request.into_parts();
        let Some(body) = whole(body).await else {
            return Err(Unanswered::Closed);
        };
        let operation = operation(&head.headers);
        let fault = self.rules.take(&operation, &body);
        let number = self.journal.arrived(&operation, &body, fault);
        if operation == SEND_MESSAGE {
            self.queue.arrived(&body);
        }
        let answer = self.answer(fault, head, body).await?;
        let capacity = if self.metered { capacity::read(answer.body()) } else { 0.0 };
        self.journal.answered(number, answer.status().as_u16(), answer.body().len(), capacity);
        Ok(answer)
    }

    async fn answer(&self, fault: Option<Fault>, head: Parts, body: Bytes) -> Answer {
        match fault {
            None => Ok(self.forward(head, body).await),
            Some(Fault::Delay(time)) => {
                #[expect(clippy::disallowed_methods, reason = "a network is slow in real time")]
                tokio::time::sleep(time).await;
                Ok(self.forward(head, body).await)
            }
            Some(Fault::UntilReleased) => {
                self.released.acquire().await.expect("it is never closed").forget();
                Ok(self.forward(head, body).await)
            }
            Some(Fault::Throttled) => Ok(fault::throttled()),
            Some(Fault::TransactionConflict) => Ok(fault::transaction_conflict(&body)),
            Some(Fault::InternalServerError) => Ok(fault::internal_server_error()),
            Some(Fault::TimeoutBeforeApply) => Err(Unanswered::Closed),
            Some(Fault::TimeoutAfterApply) => {
                self.forward(head, body).await;
                Err(Unanswered::Closed)
            }
            Some(Fault::Hold) => Err(Unanswered::Held),
            Some(Fault::Repeated) => {
                let answer = self.forward(head, body.clone()).await;
                Ok(fault::repeated(&body, answer.body()))
            }
            Some(Fault::HoldAnswer) => {
                self.forward(head, body).await;
                Err(Unanswered::Held)
            }
        }
    }

    /// Forwards the request and returns the answer; a 502 if the endpoint gives none.
    async fn forward(&self, mut head: Parts, mut body: Bytes) -> Response<Bytes> {
        if operation(&head.headers) == SEND_MESSAGE {
            return queue::taken();
        }
        head.uri = self.upstream_uri(head.uri);
        remove_hop_by_hop(&mut head.headers);
        if self.metered {
            head.headers.remove(CONTENT_LENGTH);
            body = capacity::ask(&body);
        }
        let request = Request::from_parts(head, Full::new(body));
        let exchange = async {
            let (mut head, body) = self.client.request(request).await.ok()?.into_parts();
            remove_hop_by_hop(&mut head.headers);
            Some(Response::from_parts(head, whole(body).await?))
        };
        let answer = tokio::time::timeout(UPSTREAM_LIMIT, exchange).await.ok().flatten();
        answer.unwrap_or_else(|| {
            let mut bad_gateway = Response::new(Bytes::from_static(b"no answer from the endpoint"));
            *bad_gateway.status_mut() = StatusCode::BAD_GATEWAY;
            bad_gateway
        })
    }

    fn upstream_uri(&self, asked: Uri) -> Uri {
        let mut parts = asked.into_parts();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(self.upstream.clone());
        Uri::from_parts(parts).expect("a request's URI has a path")
    }
}

/// The whole body; `None` if it is cut off or too long.
async fn whole(body: Incoming) -> Option<Bytes> {
    Some(Limited::new(body, BODY_BYTES_MAX).collect().await.ok()?.to_bytes())
}

/// The operation in the header: `DynamoDB_20120810.PutItem` is `PutItem`.
fn operation(headers: &HeaderMap) -> String {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let (_, operation) = target.rsplit_once('.').unwrap_or_default();
    operation.to_owned()
}

/// Removes the headers that belong to one connection. The body's length stays the same.
fn remove_hop_by_hop(headers: &mut HeaderMap) {
    for name in [CONNECTION, TRANSFER_ENCODING] {
        headers.remove(name);
    }
}
