//! A token endpoint that answers every request with a new token after a delay, and counts concurrent requests.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The endpoint. Dropping it stops the server.
pub(crate) struct SlowPlatform {
    address: String,
    desk: Arc<Desk>,
    server: JoinHandle<()>,
}

struct Desk {
    takes: Duration,
    load: Mutex<Load>,
}

/// The load that it got.
#[derive(Default, Clone, Copy)]
pub(crate) struct Load {
    /// The number of requests.
    pub(crate) requests: usize,
    /// The largest number of concurrent requests.
    pub(crate) at_once: usize,
    /// The time from the first request to the last answer.
    pub(crate) lasted: Duration,
    under_way: usize,
    began: Option<Instant>,
}

impl SlowPlatform {
    pub(crate) async fn start(takes: Duration) -> Self {
        let desk = Arc::new(Desk { takes, load: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound").to_string();
        let routes = Router::new().route("/token", post(token)).with_state(Arc::clone(&desk));
        let server = tokio::spawn(async move { axum::serve(listener, routes).await.expect("serves") });
        Self { address, desk, server }
    }

    pub(crate) fn token_url(&self) -> String {
        format!("http://{}/token", self.address)
    }

    pub(crate) fn load(&self) -> Load {
        *self.desk.load.lock().expect("no panic inside")
    }
}

impl Drop for SlowPlatform {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn token(State(desk): State<Arc<Desk>>) -> Json<Value> {
    let number = {
        let mut load = desk.load.lock().expect("no panic inside");
        load.began.get_or_insert_with(Instant::now);
        load.requests += 1;
        load.under_way += 1;
        load.at_once = load.at_once.max(load.under_way);
        load.requests
    };
    tokio::time::sleep(desk.takes).await;
    let mut load = desk.load.lock().expect("no panic inside");
    load.under_way -= 1;
    load.lasted = load.began.map_or(Duration::ZERO, |began| began.elapsed());
    // As long as Intuit's tokens.
    Json(json!({
        "token_type": "bearer",
        "access_token": format!("{number:0>1000}"),
        "expires_in": 3_600,
        "refresh_token": format!("RT1-{number:0>44}"),
        "x_refresh_token_expires_in": 8_726_400,
    }))
}
