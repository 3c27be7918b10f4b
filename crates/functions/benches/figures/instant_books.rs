//! Intuit's API as fast as it can be: it remembers each answer of the stand-in and gives it again at once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use reqwest::Client;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The API; it stops when dropped.
pub(crate) struct InstantBooks {
    address: String,
    desk: Arc<Desk>,
    server: JoinHandle<()>,
}

struct Desk {
    upstream: String,
    client: Client,
    answers: Mutex<BTreeMap<String, Bytes>>,
    requests: Mutex<u64>,
}

impl InstantBooks {
    /// Before the stand-in's API.
    pub(crate) async fn before(upstream: &str) -> Self {
        let client = Client::builder().no_proxy().build().expect("a client");
        let desk =
            Arc::new(Desk { upstream: upstream.to_owned(), client, answers: Mutex::default(), requests: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound").to_string();
        let routes = Router::new().fallback(answer).with_state(Arc::clone(&desk));
        let server = tokio::spawn(async move { axum::serve(listener, routes).await.expect("serves") });
        Self { address, desk, server }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many requests there were so far.
    pub(crate) fn requests(&self) -> u64 {
        *self.desk.requests.lock().expect("no panic inside")
    }
}

impl Drop for InstantBooks {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(desk): State<Arc<Desk>>, uri: Uri, headers: HeaderMap) -> Response {
    *desk.requests.lock().expect("no panic inside") += 1;
    let place = uri.path_and_query().expect("a path").to_string();
    let known = desk.answers.lock().expect("no panic inside").get(&place).cloned();
    let body = match known {
        Some(body) => body,
        None => match desk.ask(&place, &headers).await {
            Ok(body) => body,
            Err(status) => return status.into_response(),
        },
    };
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

impl Desk {
    async fn ask(&self, place: &str, headers: &HeaderMap) -> Result<Bytes, StatusCode> {
        let mut request = self.client.get(format!("{}{place}", self.upstream));
        for name in [AUTHORIZATION, ACCEPT] {
            request = request.header(&name, headers[&name].clone());
        }
        let answer = request.send().await.map_err(|_| StatusCode::BAD_GATEWAY)?;
        if answer.status() != StatusCode::OK {
            return Err(answer.status());
        }
        let body = answer.bytes().await.map_err(|_| StatusCode::BAD_GATEWAY)?;
        self.answers.lock().expect("no panic inside").insert(place.to_owned(), body.clone());
        Ok(body)
    }
}
