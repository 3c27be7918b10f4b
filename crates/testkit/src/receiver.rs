//! A receiver of webhooks on the loopback interface, which records its requests.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::loopback::Loopback;

/// The longest wait for a request.
const LONGEST: Duration = Duration::from_secs(30);

/// A receiver, served until it is dropped.
#[derive(Debug)]
pub struct Receiver {
    server: Loopback,
    state: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    requests: Mutex<Vec<Request>>,
    status: AtomicU16,
}

/// A received request.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, byte for byte.
    pub body: String,
}

impl Request {
    /// A header, which must be there.
    ///
    /// # Panics
    /// If it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_else(|| panic!("no {name}: {self:?}"))
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// If it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

impl Receiver {
    /// Starts a receiver that accepts everything.
    pub async fn start() -> Self {
        let state = Arc::new(Shared { requests: Mutex::default(), status: AtomicU16::new(200) });
        let server = Loopback::router(Router::new().fallback(receive).with_state(Arc::clone(&state))).await;
        Self { server, state }
    }

    /// An address of this receiver.
    pub fn url(&self) -> String {
        format!("{}/hooks", self.server.endpoint())
    }

    /// Answers with this status from now on.
    pub fn answer(&self, status: u16) {
        self.state.status.store(status, Ordering::Relaxed);
    }

    /// The requests since the last call.
    pub fn take(&self) -> Vec<Request> {
        std::mem::take(&mut self.state.requests.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits for the next requests.
    ///
    /// # Panics
    /// If there is none within thirty seconds.
    pub async fn next(&self) -> Vec<Request> {
        let waiting = async {
            let mut looks = tokio::time::interval(Duration::from_millis(5));
            loop {
                looks.tick().await;
                let requests = self.take();
                if !requests.is_empty() {
                    return requests;
                }
            }
        };
        tokio::time::timeout(LONGEST, waiting).await.expect("a request")
    }
}

async fn receive(State(state): State<Arc<Shared>>, headers: HeaderMap, body: String) -> StatusCode {
    state.requests.lock().unwrap_or_else(PoisonError::into_inner).push(Request { headers, body });
    StatusCode::from_u16(state.status.load(Ordering::Relaxed)).unwrap_or(StatusCode::OK)
}
