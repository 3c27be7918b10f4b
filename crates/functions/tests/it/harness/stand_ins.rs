//! The stand-ins of all platforms: served on a port for the product, and called directly by the test.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use counterfoil_stand_ins::{Registrations, StandIns};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower::ServiceExt as _;
use url::Url;

/// The realms of two companies with real books.
pub(crate) const LARKSPUR: &str = "9130357849012345";
pub(crate) const HARBOR: &str = "9130357849067890";

/// The client ids and secrets of the other platforms' stand-ins.
pub(crate) static OTHER_KEYS: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    let keys = settings("").into_iter().filter(|(name, _)| is_key(name) && !name.starts_with(QUICKBOOKS));
    keys.map(|(name, value)| (&*name.leak(), &*value.leak())).collect()
});

const QUICKBOOKS: &str = "QUICKBOOKS_";

fn is_key(variable: &str) -> bool {
    variable.ends_with("_CLIENT_ID") || variable.ends_with("_CLIENT_SECRET")
}

/// The variables that make the product use all stand-ins at this base address.
pub(crate) fn settings(base: &str) -> Vec<(String, String)> {
    let of = |platform: &'static str| {
        let named = move |(ending, value)| (format!("{}_{ending}", platform.to_ascii_uppercase()), value);
        counterfoil_stand_ins::variables(platform, base).into_iter().map(named)
    };
    counterfoil_stand_ins::names().flat_map(of).collect()
}

/// The stand-ins, which end with the test.
pub(crate) struct PlatformServers {
    router: Router,
    address: String,
    server: JoinHandle<()>,
}

impl Drop for PlatformServers {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl PlatformServers {
    pub(super) async fn start(redirect_uri: &str) -> Self {
        let mut registrations = Registrations::default();
        for name in counterfoil_stand_ins::names() {
            let uri = if name == "quickbooks" { redirect_uri.to_owned() } else { format!("{redirect_uri}/{name}") };
            registrations.register(name, &uri).expect("a redirect URI");
        }
        let stand_ins = StandIns::new(registrations);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        Self {
            router: stand_ins.router(),
            address: address.to_string(),
            server: tokio::spawn(async move { stand_ins.serve(listener).await.expect("serves") }),
        }
    }

    /// The variables that make the product use the stand-ins: the addresses of all, and Intuit's client id and secret. Those of the
    /// others are [`OTHER_KEYS`], for tests that want them.
    pub(super) fn variables(&self) -> BTreeMap<String, String> {
        let settings = settings(&format!("http://{}", self.address)).into_iter();
        settings.filter(|(name, _)| !is_key(name) || name.starts_with(QUICKBOOKS)).collect()
    }

    /// Presses "connect" on the page at this address. Returns the path and query of the callback.
    pub(crate) async fn consent(&self, authorize_url: &str, realm: &str) -> String {
        self.decide(authorize_url, &[("decision", "connect"), ("realm", realm)]).await
    }

    /// Presses "cancel".
    pub(crate) async fn cancel(&self, authorize_url: &str) -> String {
        self.decide(authorize_url, &[("decision", "cancel")]).await
    }

    /// Presses a button on the page of any platform, after this choice.
    pub(crate) async fn decide(&self, authorize_url: &str, decision: &[(&str, &str)]) -> String {
        let page = Url::parse(authorize_url).expect("a whole address");
        let form =
            url::form_urlencoded::Serializer::new(page.query().expect("parameters").to_owned()).extend_pairs(decision).finish();
        let request = Request::post(page.path()).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = request.header(header::HOST, page.authority()).body(Body::from(form));
        let answer = self.router.clone().oneshot(request.expect("a request")).await.expect("a router never fails");
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "the page refused {authorize_url}");
        let callback = answer.headers()[header::LOCATION].to_str().expect("text");
        let callback = Url::parse(callback).expect("a whole address");
        format!("{}?{}", callback.path(), callback.query().expect("parameters"))
    }

    /// The stand-ins of all platforms.
    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    /// A control request.
    pub(crate) async fn control(&self, route: &str, body: Value) -> Value {
        self.control_at("quickbooks", route, body).await
    }

    /// A control request to the stand-in of any platform.
    pub(crate) async fn control_at(&self, platform: &str, route: &str, body: Value) -> Value {
        self.send(Request::post(format!("/{platform}/__control/{route}")), body.to_string()).await
    }

    /// The number of active grants at any platform.
    pub(crate) async fn live_grants_at(&self, platform: &str) -> usize {
        let state = self.state_at(platform).await;
        state["grants"].as_array().expect("a list").iter().filter(|grant| grant["live"] == true).count()
    }

    async fn state_at(&self, platform: &str) -> Value {
        self.send(Request::get(format!("/{platform}/__control/state")), String::new()).await
    }

    /// The number of requests to the token endpoint of any platform.
    pub(crate) async fn token_requests_at(&self, platform: &str) -> u64 {
        let state = self.state_at(platform).await;
        let endpoints = ["token.authorization_code", "token.refresh_token", "token.invalid"];
        endpoints.iter().map(|endpoint| state["requests"][endpoint].as_u64().expect("an endpoint that is counted")).sum()
    }

    /// The number of requests to an endpoint: `token.authorization_code`, `token.refresh_token`, `api`.
    pub(crate) async fn requests(&self, endpoint: &str) -> u64 {
        self.requests_at("quickbooks", endpoint).await
    }

    /// The same for any platform.
    pub(crate) async fn requests_at(&self, platform: &str, endpoint: &str) -> u64 {
        self.state_at(platform).await["requests"][endpoint].as_u64().expect("an endpoint that is counted")
    }

    /// The number of requests with a code or a refresh token.
    pub(crate) async fn token_requests(&self) -> u64 {
        self.requests("token.authorization_code").await + self.requests("token.refresh_token").await
    }

    /// Makes an endpoint (`token`, `api`) fail until the faults are cleared.
    pub(crate) async fn fault(&self, at: &str, kind: &str) {
        self.control("faults", json!({ "at": at, "kind": kind })).await;
    }

    pub(crate) async fn no_more_faults(&self) {
        self.send(Request::delete("/quickbooks/__control/faults"), String::new()).await;
    }

    async fn send(&self, request: axum::http::request::Builder, body: String) -> Value {
        let request = request.body(Body::from(body)).expect("a request");
        let answer = self.router.clone().oneshot(request).await.expect("a router never fails");
        let status = answer.status();
        let body = answer.into_body().collect().await.expect("a whole body").to_bytes();
        assert_eq!(status, StatusCode::OK, "{}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).expect("JSON")
    }
}

/// A parameter of an address, absolute or relative.
pub(crate) fn parameter(address: &str, name: &str) -> Option<String> {
    let query = address.split_once('?')?.1;
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find_map(|(found, value)| (found == name).then(|| value.into_owned()))
}

/// The address with another value of one parameter; `None` removes it.
pub(crate) fn with_parameter(address: &str, name: &str, value: Option<&str>) -> String {
    let (path, query) = address.split_once('?').expect("parameters");
    let kept = url::form_urlencoded::parse(query.as_bytes()).filter(|(found, _)| found != name);
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .extend_pairs(value.map(|value| (name, value)))
        .finish();
    format!("{path}?{query}")
}
