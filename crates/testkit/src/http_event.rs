//! The event of a request at API Gateway's HTTP API, in payload format 2.0.
//! Source: API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs in API Gateway".
//!
//! It does three things that a hand-written event often lacks: the path is percent-decoded, cookies are not among the headers, and a body is
//! text only for a few content types (a form is base64).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

const API_DOMAIN: &str = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com";
const API_ID: &str = "a1b2c3d4e5";
const CALLER_ADDRESS: &str = "192.0.2.7";
const CALLER_AGENT: &str = "counterfoil-test/1";
const ROUTE_KEY: &str = "$default";
/// 2026-01-01T00:00:00Z. The gateway's clock stands still; the function has its own.
const ARRIVED_MILLISECONDS: i64 = 1_767_225_600_000;

/// A request at the gateway. The route is `$default`, without path parameters.
#[derive(Clone, Debug)]
#[must_use]
pub struct HttpEvent {
    method: String,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    cookies: Vec<String>,
    body: Option<Vec<u8>>,
}

impl HttpEvent {
    /// A client's request. `target` is the percent-encoded path and, after a `?`, the query.
    pub fn new(method: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: BTreeMap::new(),
            cookies: Vec::new(),
            body: None,
        }
    }

    /// A GET.
    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// A POST without a body.
    pub fn post(target: &str) -> Self {
        Self::new("POST", target)
    }

    /// Adds a header. The gateway writes its name in lower case and joins the values of repeated headers with commas.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = name.to_ascii_lowercase();
        if name == "cookie" {
            return value.split("; ").fold(self, Self::cookie);
        }
        self.headers
            .entry(name)
            .and_modify(|values| {
                values.push(',');
                values.push_str(value);
            })
            .or_insert_with(|| value.to_owned());
        self
    }

    /// Adds a cookie: `name=value`.
    pub fn cookie(mut self, pair: &str) -> Self {
        self.cookies.push(pair.to_owned());
        self
    }

    /// Sets the body. Its content type is set as a header.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sets a JSON body and its content type.
    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    /// Sets a form as the body, and its content type.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.header("content-type", "application/x-www-form-urlencoded").body(body)
    }

    /// The event for the function.
    pub fn to_json(&self) -> Value {
        let path = percent_decode_str(&self.path).decode_utf8_lossy();
        let headers = self.headers_with_gateways();
        let mut event = json!({
            "version": "2.0",
            "routeKey": ROUTE_KEY,
            "rawPath": path,
            "rawQueryString": self.query,
            "headers": headers,
            "requestContext": self.request_context(&path, &headers),
            "isBase64Encoded": false,
        });
        if !self.cookies.is_empty() {
            event["cookies"] = json!(self.cookies);
        }
        if !self.query.is_empty() {
            event["queryStringParameters"] = self.query_parameters();
        }
        if let Some(body) = &self.body {
            let text = self.as_text(body);
            event["isBase64Encoded"] = json!(text.is_none());
            event["body"] = json!(text.map_or_else(|| STANDARD.encode(body), str::to_owned));
        }
        event
    }

    /// The client's headers, and those that the gateway adds.
    fn headers_with_gateways(&self) -> BTreeMap<String, String> {
        let length = self.body.as_ref().map_or(0, Vec::len).to_string();
        let mut headers: BTreeMap<String, String> = [
            ("accept", "*/*"),
            ("content-length", length.as_str()),
            ("host", API_DOMAIN),
            ("user-agent", CALLER_AGENT),
            ("x-amzn-trace-id", "Root=1-69559b00-000000000000000000000000"),
            ("x-forwarded-for", CALLER_ADDRESS),
            ("x-forwarded-port", "443"),
            ("x-forwarded-proto", "https"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        headers.extend(self.headers.clone());
        headers
    }

    fn request_context(&self, path: &str, headers: &BTreeMap<String, String>) -> Value {
        let domain = &headers["host"];
        let prefix = domain.split('.').next().unwrap_or_default();
        let arrived = Timestamp::from_millisecond(ARRIVED_MILLISECONDS).expect("a moment in 2026");
        json!({
            "accountId": "000000000000",
            "apiId": API_ID,
            "domainName": domain,
            "domainPrefix": prefix,
            "http": {
                "method": self.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": CALLER_ADDRESS,
                "userAgent": headers["user-agent"],
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": ROUTE_KEY,
            "stage": "$default",
            "time": arrived.strftime("%d/%b/%Y:%H:%M:%S %z").to_string(),
            "timeEpoch": ARRIVED_MILLISECONDS,
        })
    }

    /// The decoded query. The values of repeated parameters are joined with commas.
    fn query_parameters(&self) -> Value {
        let mut parameters = Map::new();
        for (name, value) in form_urlencoded::parse(self.query.as_bytes()) {
            let joined = match parameters.get(name.as_ref()).and_then(Value::as_str) {
                Some(earlier) => format!("{earlier},{value}"),
                None => value.into_owned(),
            };
            parameters.insert(name.into_owned(), Value::String(joined));
        }
        Value::Object(parameters)
    }

    /// The body, if the gateway passes it as text. This is not documented for each content type; the types here were measured: `text/*`, JSON,
    /// XML and JavaScript are text; a form, a `+json` type and a missing type are base64.
    fn as_text<'body>(&self, body: &'body [u8]) -> Option<&'body str> {
        let content_type = self.headers.get("content-type")?;
        let essence = content_type.split(';').next()?.trim().to_ascii_lowercase();
        let textual = essence.starts_with("text/")
            || matches!(essence.as_str(), "application/json" | "application/xml" | "application/javascript");
        if textual { std::str::from_utf8(body).ok() } else { None }
    }
}
