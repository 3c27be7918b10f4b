//! An end user with a Web Connector. Each call runs with the parts of a process of its own, on a clock that does not move by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::http::request::Builder;
use counterfoil_core::model::desktop::end_user::EndUserName;
use counterfoil_core::port::clock::Clock as _;
use counterfoil_core::service::job::POLL;
use counterfoil_functions::router;
use counterfoil_functions::wiring::{World, assemble};
use counterfoil_store::aws::local_config;
use counterfoil_testkit::clock::MovableClock;
use counterfoil_testkit::wire::Wire;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

use crate::binaries;
use crate::deployment::{BASE_URL, Deployment};

const VERSION: &str = "<QBXML><QBXMLMsgsRs><HostQueryRs requestID=\"1\" statusCode=\"0\" statusSeverity=\"Info\"><HostRet>\
    <ProductName>QuickBooks</ProductName></HostRet></HostQueryRs></QBXMLMsgsRs></QBXML>";

/// The pause of a Web Connector that got no work (Intuit's programmer's guide, chapter 10).
pub(crate) const PAUSE: Duration = Duration::from_secs(5);

/// The end user, and what its Web Connector signs in with.
pub(crate) struct Office {
    pub(crate) deployment: Deployment,
    pub(crate) wire: Wire,
    pub(crate) clock: Arc<MovableClock>,
    pub(crate) name: EndUserName,
    pub(crate) password: String,
    /// The file with which its Web Connector is set up.
    pub(crate) qwc: String,
    key: String,
    calls: AtomicU32,
}

impl Office {
    /// An end user whose QuickBooks has answered once.
    pub(crate) async fn open() -> Self {
        let deployment = Deployment::start(binaries()).await;
        let wire = Wire::metered_before(deployment.table_endpoint()).await;
        let clock = Arc::new(MovableClock::new(deployment.operator.now()));
        let key = deployment.key(Duration::ZERO).await;
        let server = process(&deployment, &wire, &clock);
        let publishable = json!({ "name": "page", "scopes": ["consent:start"] });
        let publishable = made(&server, &key, "/v1/api-keys", &publishable).await["data"]["key"].clone();
        let new = json!({ "companyName": "Larkspur Bikes", "sourceId": "1", "email": "books@larkspur.example" });
        let id = made(&server, &key, "/v1/end-users", &new).await["id"].clone();
        let session = json!({ "publishableKey": publishable, "endUserId": id });
        let link = made(&server, &key, "/v1/auth-sessions", &session).await["authFlowUrl"].clone();
        let page = link.as_str().and_then(|link| link.strip_prefix(BASE_URL)).expect("our own address");
        let shown = text(&server, Request::post(page).header("origin", BASE_URL), String::new()).await;
        let password = between(&shown, "<code id=\"password\">", "</code>").to_owned();
        let qwc = text(&server, Request::get(page.replacen('?', "/connector.qwc?", 1)), String::new()).await;
        let name = EndUserName::of_user_name(between(&qwc, "<UserName>", "</UserName>")).expect("a user name");
        let office = Self { deployment, wire, clock, name, password, qwc, key, calls: AtomicU32::new(0) };
        let ticket = office.signs_in().await;
        assert!(office.next(&ticket, "<QBXML/>").await.contains("HostQueryRq"));
        office.answers(&ticket).await;
        office
    }

    /// A process of its own.
    pub(crate) fn process(&self) -> Router {
        process(&self.deployment, &self.wire, &self.clock)
    }

    /// Begins a health check of the partner: the time that it takes on the clock.
    pub(crate) fn asks(&self) -> JoinHandle<Duration> {
        let server = self.process();
        let ask = Request::get("/v1/quickbooks-desktop/health-check").header("authorization", format!("Bearer {}", self.key));
        let ask = ask.header("conductor-end-user-id", self.name.id.as_str());
        tokio::spawn(async move {
            let answer: Value = serde_json::from_str(&text(&server, ask, String::new()).await).expect("JSON");
            assert_eq!(answer["status"], "ok", "{answer}");
            Duration::from_millis(answer["duration"].as_u64().expect("milliseconds"))
        })
    }

    /// Signs in while a job waits: the ticket.
    pub(crate) async fn signs_in(&self) -> String {
        let user_name = self.name.user_name();
        let arguments = [("strUserName", &*user_name), ("strPassword", &self.password)];
        let answer = self.call("authenticate", &arguments).await;
        between(&answer, "<string>", "</string>").to_owned()
    }

    /// The answer to a request for work.
    pub(crate) async fn next(&self, ticket: &str, host: &str) -> String {
        self.call("sendRequestXML", &work(ticket, host)).await
    }

    /// A request for work that waits, in a task.
    pub(crate) fn waits(&self, ticket: &str) -> JoinHandle<String> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let (server, body) = (self.process(), envelope("sendRequestXML", &work(ticket, "")));
        tokio::spawn(async move { text(&server, soap(), body).await })
    }

    /// QuickBooks answers.
    pub(crate) async fn answers(&self, ticket: &str) {
        let arguments = [("ticket", ticket), ("response", VERSION), ("hresult", ""), ("message", "")];
        assert!(self.call("receiveResponseXML", &arguments).await.contains(">50<"));
    }

    /// A call of the Web Connector: the answer.
    pub(crate) async fn call(&self, method: &str, arguments: &[(&str, &str)]) -> String {
        self.calls.fetch_add(1, Ordering::SeqCst);
        calls(&self.process(), method, arguments).await
    }

    /// The number of calls of the Web Connector since this was asked last.
    pub(crate) fn calls(&self) -> u32 {
        self.calls.swap(0, Ordering::SeqCst)
    }

    /// A request of the partner that the Web Connector finds when it signs in. The session is held open from now on.
    pub(crate) async fn session(&self) -> String {
        let asking = self.asks();
        self.clock.until_asleep(1).await;
        let ticket = self.signs_in().await;
        assert!(self.next(&ticket, "<QBXML/>").await.contains("HostQueryRq"));
        self.answers(&ticket).await;
        self.clock.advance(POLL);
        asking.await.expect("an answer");
        ticket
    }
}

/// The routes over a table and a clock.
fn process(deployment: &Deployment, wire: &Wire, clock: &Arc<MovableClock>) -> Router {
    let world = World { clock: clock.clone(), is_real_time: false, ..World::real() };
    router::all(&assemble(&deployment.config(), &local_config(wire.endpoint()), world))
}

/// What a held session took.
pub(crate) struct Held {
    /// The calls of the Web Connector.
    pub(crate) calls: u32,
    /// How long its calls for work waited.
    pub(crate) waited: Duration,
}

/// A session without further requests, until it ends by itself.
pub(crate) async fn held(office: &Office, ticket: &str) -> Held {
    let clock = Arc::new(MovableClock::self_advancing(office.clock.now()));
    let server = process(&office.deployment, &office.wire, &clock);
    let (mut made, mut waited) = (1, Duration::ZERO);
    loop {
        let began = clock.elapsed();
        calls(&server, "sendRequestXML", &work(ticket, "")).await;
        waited += clock.elapsed().saturating_sub(began);
        made += 2;
        if !calls(&server, "getLastError", &[("ticket", ticket)]).await.contains(">NoOp<") {
            break;
        }
        clock.advance(PAUSE);
    }
    calls(&server, "closeConnection", &[("ticket", ticket)]).await;
    Held { calls: made, waited }
}

/// An update for which there is no work: the number of calls.
pub(crate) async fn idle_poll(server: &Router, user_name: &str, password: &str) -> u32 {
    calls(server, "serverVersion", &[]).await;
    calls(server, "clientVersion", &[("strVersion", "2.3.0.215")]).await;
    let answer = calls(server, "authenticate", &[("strUserName", user_name), ("strPassword", password)]).await;
    assert!(answer.contains("<string>none</string>"), "{answer}");
    calls(server, "closeConnection", &[("ticket", "none")]).await;
    4
}

/// A call of a Web Connector to this process.
async fn calls(server: &Router, method: &str, arguments: &[(&str, &str)]) -> String {
    text(server, soap(), envelope(method, arguments)).await
}

fn soap() -> Builder {
    Request::post("/qbwc").header("content-type", "text/xml; charset=utf-8")
}

fn work<'a>(ticket: &'a str, host: &'a str) -> [(&'a str, &'a str); 4] {
    [("ticket", ticket), ("strHCPResponse", host), ("qbXMLMajorVers", "16"), ("qbXMLMinorVers", "0")]
}

fn envelope(method: &str, arguments: &[(&str, &str)]) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let arguments: String =
        arguments.iter().map(|(name, value)| format!("<{name}>{}</{name}>", escaped(value))).collect::<Vec<_>>().concat();
    format!(
        "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>\
         <{method} xmlns=\"http://developer.intuit.com/\">{arguments}</{method}></soap:Body></soap:Envelope>"
    )
}

async fn made(server: &Router, key: &str, path: &str, new: &Value) -> Value {
    let request = Request::post(path).header("authorization", format!("Bearer {key}")).header("content-type", "application/json");
    let request = request.header("idempotency-key", path);
    serde_json::from_str(&text(server, request, new.to_string()).await).expect("JSON")
}

async fn text(server: &Router, request: Builder, body: String) -> String {
    let host = BASE_URL.trim_start_matches("https://");
    let request = request.header("host", host).body(Body::from(body)).expect("a request");
    let answer = server.clone().oneshot(request).await.expect("an answer");
    let status = answer.status();
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    let body = String::from_utf8(body.to_vec()).expect("a text");
    assert!(status.is_success(), "{status}: {body}");
    body
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    text.split(from).nth(1).and_then(|rest| rest.split(to).next()).unwrap_or_else(|| panic!("no {from}: {text}"))
}
