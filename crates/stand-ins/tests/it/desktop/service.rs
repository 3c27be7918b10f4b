//! A web service that answers each call as a test says, and remembers the calls.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use counterfoil_stand_ins::web_connector::{Options, Problem, Qwc, WebConnector};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::company_file::{OWNER, company, document};

/// What the service does.
#[derive(Default)]
pub(super) struct Script {
    /// The results of each method, the last one again and again. A method without any answers an empty text.
    pub(super) results: HashMap<&'static str, Vec<String>>,
    /// Another whole answer than the right one: status, content type, body.
    pub(super) instead: Option<(u16, &'static str, String)>,
    /// The method, the headers and the body of each call.
    pub(super) calls: Vec<(String, HeaderMap, String)>,
}

impl Script {
    fn next(&mut self, method: &str) -> String {
        match self.results.get_mut(method) {
            Some(results) if results.len() > 1 => results.remove(0),
            Some(results) => results.first().cloned().unwrap_or_default(),
            None => String::new(),
        }
    }
}

/// A served script.
pub(super) struct Service {
    pub(super) script: Arc<Mutex<Script>>,
    pub(super) url: String,
    server: JoinHandle<()>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// The results that many tests share: a ticket, and one request for the host.
pub(super) fn one_request() -> HashMap<&'static str, Vec<String>> {
    let request = document("<HostQueryRq requestID=\"7\"/>").replace('<', "&lt;").replace('>', "&gt;");
    HashMap::from([
        ("authenticate", vec![strings(&["a-ticket", ""])]),
        ("sendRequestXML", vec![request]),
        ("receiveResponseXML", vec!["100".to_owned()]),
        ("closeConnection", vec!["OK".to_owned()]),
    ])
}

pub(super) fn strings(texts: &[&str]) -> String {
    texts.iter().flat_map(|text| ["<string>", text, "</string>"]).collect()
}

impl Service {
    pub(super) async fn start(results: HashMap<&'static str, Vec<String>>) -> Self {
        let script = Arc::new(Mutex::new(Script { results, ..Script::default() }));
        let routes =
            Router::new().route("/qbwc", post(answer).get(|| async { "a page" })).route("/support", get(|| async { "help" }));
        let listener = TcpListener::bind("localhost:0").await.expect("a free port");
        let url = format!("http://localhost:{}", listener.local_addr().expect("bound").port());
        let app = routes.with_state(Arc::clone(&script));
        Self { script, url, server: tokio::spawn(async move { axum::serve(listener, app).await.expect("serves") }) }
    }

    pub(super) fn qwc(&self) -> String {
        format!(
            "<?xml version=\"1.0\"?><QBWCXML><AppName>Counterfoil</AppName><AppID></AppID><AppURL>{url}/qbwc</AppURL>\
             <AppDescription>Checks &amp; bills</AppDescription><AppSupport>{url}/support</AppSupport><UserName>qbd_1</UserName>\
             <OwnerID>{OWNER}</OwnerID><FileID>{{aaaaaaaa-2222-3333-4444-555555555555}}</FileID><QBType>QBFS</QBType>\
             <Style>Document</Style><Scheduler><RunEveryNMinutes>1</RunEveryNMinutes></Scheduler><IsReadOnly>false</IsReadOnly></QBWCXML>",
            url = self.url
        )
    }

    /// A Web Connector for this service, with a company of ten checks.
    pub(super) async fn connector(&self) -> WebConnector {
        self.connector_of(&self.qwc()).await.expect("is added")
    }

    pub(super) async fn connector_of(&self, qwc: &str) -> Result<WebConnector, Problem> {
        let options = Options { pause: std::time::Duration::ZERO, ..Options::new("a password & more") };
        WebConnector::add(Qwc::read(qwc)?, options, company(10)).await
    }

    pub(super) fn calls(&self) -> Vec<String> {
        self.script.lock().expect("no holder panics").calls.iter().map(|(method, _, _)| method.clone()).collect()
    }

    /// The body of the first call of a method.
    pub(super) fn body(&self, method: &str) -> String {
        let script = self.script.lock().expect("no holder panics");
        script.calls.iter().find(|call| call.0 == method).unwrap_or_else(|| panic!("no call of {method}")).2.clone()
    }
}

async fn answer(
    State(script): State<Arc<Mutex<Script>>>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, [(&'static str, &'static str); 1], String) {
    let action = headers["soapaction"].to_str().expect("text").trim_matches('"');
    let method = action.rsplit('/').next().expect("a part").to_owned();
    let mut script = script.lock().expect("no holder panics");
    script.calls.push((method.clone(), headers.clone(), String::from_utf8(body.to_vec()).expect("UTF-8")));
    let result = script.next(&method);
    if let Some((status, kind, text)) = &script.instead {
        let text = text.replace("METHOD", &method).replace("RESULT", &result);
        return (StatusCode::from_u16(*status).expect("a status"), [("content-type", kind)], text);
    }
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>\
         <{method}Response xmlns=\"http://developer.intuit.com/\"><{method}Result>{result}</{method}Result></{method}Response>\
         </s:Body></s:Envelope>"
    );
    (StatusCode::OK, [("content-type", "text/xml; charset=utf-8")], body)
}
