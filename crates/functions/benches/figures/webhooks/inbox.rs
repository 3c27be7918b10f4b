//! A receiver that notes when the requests arrive, and answers at once or never.

use std::collections::BTreeMap;
use std::future::pending;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// The longest wait for a request.
const LONGEST: Duration = Duration::from_secs(60);

/// The receiver, served until it is dropped.
pub(super) struct Inbox {
    url: String,
    state: Arc<Shared>,
    _server: JoinSet<()>,
}

struct Shared {
    answers: bool,
    /// The time of each request, by its `webhook-id`.
    arrivals: Mutex<BTreeMap<String, Vec<Instant>>>,
    arrived: Notify,
}

impl Inbox {
    /// Answers 200 at once.
    pub(super) async fn answering() -> Self {
        Self::open(true).await
    }

    /// Never answers.
    pub(super) async fn silent() -> Self {
        Self::open(false).await
    }

    async fn open(answers: bool) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let url = format!("http://{}/hooks", listener.local_addr().expect("a bound listener"));
        let state = Arc::new(Shared { answers, arrivals: Mutex::default(), arrived: Notify::new() });
        let router = Router::new().fallback(receive).with_state(Arc::clone(&state));
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.expect("it serves until it is dropped") });
        Self { url, state, _server: server }
    }

    pub(super) fn url(&self) -> String {
        self.url.clone()
    }

    /// Waits for the first request with this `webhook-id`.
    pub(super) async fn arrival(&self, id: &str) -> Instant {
        let waiting = async {
            loop {
                let arrived = self.state.arrived.notified();
                if let Some(times) = self.arrivals().get(id) {
                    return times[0];
                }
                arrived.await;
            }
        };
        tokio::time::timeout(LONGEST, waiting).await.expect("a request")
    }

    /// The time of each request, by its `webhook-id`.
    pub(super) fn arrivals(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Instant>>> {
        self.state.arrivals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn receive(State(state): State<Arc<Shared>>, headers: HeaderMap, _body: Bytes) {
    let now = Instant::now();
    let id = headers.get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    state.arrivals.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default().push(now);
    state.arrived.notify_waiters();
    if !state.answers {
        pending::<()>().await;
    }
}
