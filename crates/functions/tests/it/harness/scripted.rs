//! A platform that answers token requests exactly as a test says, for answers that the stand-in never gives: without a refresh token
//! or a lifetime, or with tokens that the test searches for. It confirms every company.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

type Answering = Box<dyn FnOnce() -> (u16, Value) + Send>;

#[derive(Default)]
struct Script {
    answers: VecDeque<Answering>,
    forms: Vec<String>,
}

/// The platform, which ends with the test.
pub(crate) struct ScriptedServer {
    base: String,
    script: Arc<Mutex<Script>>,
    server: JoinHandle<()>,
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl ScriptedServer {
    pub(crate) async fn start() -> Self {
        let script = Arc::<Mutex<Script>>::default();
        let router = Router::new()
            .route("/token", post(token))
            .route("/api/v3/company/{realm}/companyinfo/{id}", get(company))
            .with_state(Arc::clone(&script));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("bound"));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
        Self { base, script, server }
    }

    /// The variables that make the product use it.
    pub(crate) fn variables(&self) -> [(&'static str, String); 2] {
        [("QUICKBOOKS_TOKEN_URL", format!("{}/token", self.base)), ("QUICKBOOKS_API_URL", format!("{}/api", self.base))]
    }

    /// Sets the answer to the next token request.
    pub(crate) fn answer(&self, status: u16, body: Value) {
        self.answer_with(move || (status, body));
    }

    /// Sets a function that answers the next token request.
    pub(crate) fn answer_with(&self, answering: impl FnOnce() -> (u16, Value) + Send + 'static) {
        self.script.lock().expect("no holder panics").answers.push_back(Box::new(answering));
    }

    /// The forms of the token requests so far.
    pub(crate) fn forms(&self) -> Vec<String> {
        self.script.lock().expect("no holder panics").forms.clone()
    }
}

async fn token(
    State(script): State<Arc<Mutex<Script>>>,
    form: String,
) -> (StatusCode, [(&'static str, &'static str); 1], Json<Value>) {
    let answering = {
        let mut script = script.lock().expect("no holder panics");
        script.forms.push(form);
        script.answers.pop_front()
    };
    let (status, body) = answering.map_or_else(|| (500, json!({})), |answering| answering());
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [("intuit_tid", "1-scripted-trace")], Json(body))
}

async fn company(Path((_, _)): Path<(String, String)>) -> Json<Value> {
    Json(json!({ "CompanyInfo": { "CompanyName": "Scripted Company" } }))
}
