//! The protection of the ports that `dev` opens against pages and other users of this machine.

use std::net::Ipv6Addr;

use reqwest::header::{AUTHORIZATION, HOST, HeaderMap};
use reqwest::{Method, RequestBuilder, Response, StatusCode};

use crate::harness::{Dev, Machine};

/// A port, and a valid request to it. The table and the control routes need the key.
struct Port {
    name: &'static str,
    url: String,
    needs_key: bool,
}

fn ports(dev: &Dev) -> [Port; 4] {
    let stand_in = dev.told("stand_ins_url");
    [
        Port { name: "front", url: dev.url("/health"), needs_key: false },
        Port { name: "stand-in", url: format!("{stand_in}/xero/identity/.well-known/none"), needs_key: false },
        Port { name: "control", url: format!("{stand_in}/zoho/__control/state"), needs_key: true },
        Port { name: "table", url: dev.told("dynamodb_url").to_owned(), needs_key: true },
    ]
}

impl Port {
    /// The request, with the key if it needs one.
    fn good(&self, dev: &Dev) -> RequestBuilder {
        let request = self.keyless(dev);
        if self.needs_key { request.header(AUTHORIZATION, self.signed(dev.told("dynamodb_access_key"))) } else { request }
    }

    fn keyless(&self, dev: &Dev) -> RequestBuilder {
        if self.name != "table" {
            return dev.client.get(&self.url);
        }
        let request = dev.client.post(&self.url).header("x-amz-target", "DynamoDB_20120810.ListTables");
        request.header("content-type", "application/x-amz-json-1.0").body("{}")
    }

    /// The key as an AWS client signs it, or as a bearer token.
    fn signed(&self, key: &str) -> String {
        if self.name == "control" {
            return format!("Bearer {key}");
        }
        let scope = "20260101/us-east-1/dynamodb/aws4_request";
        format!("AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders=host;x-amz-date, Signature=00")
    }

    /// Checks that the request was let through: the stand-in has nothing at that address.
    fn passed(&self, answer: &Response) {
        let wanted = if self.name == "stand-in" { StatusCode::NOT_FOUND } else { StatusCode::OK };
        assert_eq!(answer.status(), wanted, "{}", self.name);
    }

    fn refused(&self, answer: &Response, wanted: StatusCode, why: &str) {
        assert_eq!(answer.status(), wanted, "{}: {why}", self.name);
        let shared = |headers: &HeaderMap| headers.keys().any(|name| name.as_str().starts_with("access-control-allow"));
        assert!(!shared(answer.headers()), "{}: {why}", self.name);
    }
}

async fn sent(request: RequestBuilder) -> Response {
    request.send().await.expect("answers")
}

fn port_of(url: &str) -> u16 {
    reqwest::Url::parse(url).expect("an address").port().expect("a port")
}

#[tokio::test]
async fn a_request_with_a_foreign_host_name_is_refused() {
    let machine = Machine::new();
    let dev = machine.dev(&["--ephemeral"]).await;
    for port in ports(&dev) {
        let number = port_of(&port.url);
        for host in [
            format!("localhost:{number}"),
            format!("LOCALHOST:{number}"),
            format!("127.0.0.1:{number}"),
            format!("[::1]:{number}"),
        ] {
            port.passed(&sent(port.good(&dev).header(HOST, host)).await);
        }
        for host in [
            format!("evil.example.com:{number}"),
            format!("localhost.evil.example.com:{number}"),
            format!("127.0.0.1.evil.example.com:{number}"),
            format!("localhost:{}", number ^ 1),
            "localhost".to_owned(),
            "127.0.0.1".to_owned(),
        ] {
            let answer = sent(port.good(&dev).header(HOST, &host)).await;
            port.refused(&answer, StatusCode::MISDIRECTED_REQUEST, &host);
        }
    }
    if std::net::TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
        let front = dev.url("/health").replace("localhost", "[::1]");
        assert_eq!(sent(dev.client.get(front)).await.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_page_reaches_neither_the_table_nor_the_control_with_a_key_or_without() {
    let machine = Machine::new();
    let dev = machine.dev(&["--ephemeral"]).await;
    for port in ports(&dev).into_iter().filter(|port| port.needs_key) {
        port.passed(&sent(port.good(&dev).header("sec-fetch-site", "none")).await);
        for (name, value) in [
            ("origin", "https://evil.example.com"),
            ("origin", "null"),
            ("origin", dev.told("base_url")),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "same-origin"),
        ] {
            port.refused(&sent(port.good(&dev).header(name, value)).await, StatusCode::FORBIDDEN, value);
        }
        let preflight = dev.client.request(Method::OPTIONS, &port.url).header("origin", "https://evil.example.com");
        let preflight = preflight.header("access-control-request-method", "POST");
        let preflight = preflight.header("access-control-request-headers", "authorization, x-amz-target");
        port.refused(&sent(preflight).await, StatusCode::FORBIDDEN, "a preflight");
    }
}

#[tokio::test]
async fn the_table_and_the_control_routes_require_the_key_of_this_run() {
    let machine = Machine::new();
    let dev = machine.dev(&["--ephemeral"]).await;
    let earlier = dev.told("dynamodb_access_key").to_owned();
    dev.stop().await;
    let dev = machine.dev(&["--ephemeral"]).await;
    assert_ne!(dev.told("dynamodb_access_key"), earlier);
    for port in ports(&dev).into_iter().filter(|port| port.needs_key) {
        port.refused(&sent(port.keyless(&dev)).await, StatusCode::FORBIDDEN, "no key");
        for key in ["", "local", &earlier, dev.told("api_key")] {
            let request = port.keyless(&dev).header(AUTHORIZATION, port.signed(key));
            port.refused(&sent(request).await, StatusCode::FORBIDDEN, key);
        }
    }
}

/// The guard must let through a browser that follows links from the server to a stand-in's page, and back.
#[tokio::test]
async fn a_browser_reaches_a_stand_ins_page_and_form_through_the_server() {
    let machine = Machine::new();
    let dev = machine.dev(&["--ephemeral"]).await;
    let start = sent(dev.client.get(dev.url("/oauth/start/acme")).header("sec-fetch-site", "cross-site")).await;
    let page = start.headers()["location"].to_str().expect("text").to_owned();
    assert_eq!(sent(dev.client.get(page).header("sec-fetch-site", "same-site")).await.status(), StatusCode::OK);
    dev.connect("acme").await;
}
