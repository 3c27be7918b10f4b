//! A server before the stand-ins, which is also a webhook endpoint. It learns the secrets that pass. It forwards each request, or repeats
//! it in every part of an error.

use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

use super::secrets::{Kind, Secrets};

/// The largest body.
const BODY_MOST: usize = 16 << 20;
/// The path of the webhook endpoint.
pub(super) const HOOKS: &str = "/hooks/canary-path-of-an-endpoint-4f1d";

/// What has passed.
#[derive(Default)]
pub(super) struct Passed {
    pub(super) secrets: Secrets,
    /// The requests to the webhook endpoint, with their headers.
    pub(super) delivered: Vec<String>,
    stand_ins: Option<Router>,
    /// The status and the code of the errors; forwards without.
    trouble: Option<(u16, &'static str)>,
}

/// The server, which ends with the test.
pub(super) struct Mirror {
    pub(super) base: String,
    passed: Arc<Mutex<Passed>>,
    server: JoinHandle<()>,
}

impl Drop for Mirror {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Mirror {
    pub(super) async fn start() -> Self {
        let passed = Arc::<Mutex<Passed>>::default();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&passed));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("bound"));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
        Self { base, passed, server }
    }

    pub(super) fn passed(&self) -> MutexGuard<'_, Passed> {
        self.passed.lock().expect("no holder panics")
    }

    pub(super) fn before(&self, stand_ins: Router) {
        self.passed().stand_ins = Some(stand_ins);
    }

    /// Answers with this status and error code from now on, and repeats the request in every part of the answer.
    pub(super) fn repeats(&self, status: u16, code: &'static str) {
        self.passed().trouble = Some((status, code));
    }

    pub(super) fn forwards(&self) {
        self.passed().trouble = None;
    }
}

async fn answer(State(passed): State<Arc<Mutex<Passed>>>, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, BODY_MOST).await.expect("a whole body");
    let text = format!("{} {} {:?} {}", head.method, head.uri, head.headers, String::from_utf8_lossy(&body));
    let (stand_ins, trouble) = {
        let mut passed = passed.lock().expect("no holder panics");
        learn_of_request(&mut passed.secrets, &head.headers, &body);
        if head.uri.path().starts_with("/hooks") {
            passed.delivered.push(text.clone());
            let secrets = passed.secrets.of(Kind::SigningSecret).join(" ");
            return in_every_part(passed.trouble.map_or(200, |(status, _)| status), "hooks", &format!("{secrets} {text}"));
        }
        (passed.stand_ins.clone().expect("they are set"), passed.trouble)
    };
    if let Some((status, code)) = trouble {
        return in_every_part(status, code, &text);
    }
    let response = stand_ins.oneshot(Request::from_parts(head, Body::from(body))).await.expect("a router never fails");
    let (head, body) = response.into_parts();
    let body = to_bytes(body, BODY_MOST).await.expect("a whole body");
    learn_of_answer(&mut passed.lock().expect("no holder panics").secrets, &body);
    Response::from_parts(head, Body::from(body))
}

/// An error that says this text in its fields, its headers and its redirect.
fn in_every_part(status: u16, code: &str, text: &str) -> Response<Body> {
    let line: String = text.chars().map(|c| if c.is_ascii_graphic() { c } else { ' ' }).collect();
    let header = line.get(..4_000.min(line.len())).unwrap_or_default();
    let error = json!({ "message": text, "Message": text, "Detail": text, "detail": text, "code": text, "element": text });
    let body = json!({
        "error": code, "error_description": text, "error_uri": text, "message": text, "title": text, "type": text, "Detail": text,
        "Fault": { "Error": [error], "type": text }, "errors": [error], "Elements": [{ "ValidationErrors": [error] }],
    });
    let response = Response::builder()
        .status(StatusCode::from_u16(status).expect("a status"))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::LOCATION, format!("https://elsewhere.example.com/?{}", line.replace(' ', "+")))
        .header(header::WWW_AUTHENTICATE, format!("Bearer error=\"{code}\", error_description=\"{}\"", header.replace('"', "'")))
        .header(header::SET_COOKIE, format!("echo={header}"));
    let traces = ["intuit_tid", "xero-correlation-id", "x-request-id", "x-correlation-id"];
    let response = traces.into_iter().fold(response, |response, name| response.header(name, header));
    response.body(Body::from(body.to_string())).expect("a response")
}

fn learn_of_request(secrets: &mut Secrets, headers: &HeaderMap, body: &[u8]) {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    secrets.keep(bearer.unwrap_or_default(), Kind::AccessToken);
    for (name, value) in url::form_urlencoded::parse(body) {
        match &*name {
            "code" => secrets.keep(&value, Kind::Code),
            "code_verifier" => secrets.keep(&value, Kind::Verifier),
            "refresh_token" => secrets.keep(&value, Kind::RefreshToken),
            "client_secret" => secrets.keep(&value, Kind::ClientSecret),
            _ => {}
        }
    }
}

fn learn_of_answer(secrets: &mut Secrets, body: &[u8]) {
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else { return };
    for (name, kind) in [("access_token", Kind::AccessToken), ("refresh_token", Kind::RefreshToken)] {
        secrets.keep(body.get(name).and_then(Value::as_str).unwrap_or_default(), kind);
    }
}
