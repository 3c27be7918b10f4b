//! Requests and answers in a short form.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, header};
use http_body_util::BodyExt as _;
use lambda_http::RequestExt as _;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
use lambda_http::request::RequestContext;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{HOST, contract};

/// A request before it is sent.
#[must_use]
pub(crate) struct Ask(Request<Body>);

/// A GET request for a path and query, at the public host.
pub(crate) fn get(path: impl AsRef<str>) -> Ask {
    Ask::new(Method::GET, path)
}

/// A POST without a body.
pub(crate) fn post(path: impl AsRef<str>) -> Ask {
    Ask::new(Method::POST, path)
}

impl Ask {
    pub(crate) fn new(method: Method, path: impl AsRef<str>) -> Self {
        let request = Request::builder().method(method).uri(path.as_ref()).header(header::HOST, HOST);
        Self(request.body(Body::empty()).expect("a method and a path"))
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref().try_into().expect("bytes that a header may hold");
        self.0.headers_mut().append(name, value);
        self
    }

    /// Sends it to another host name.
    pub(crate) fn host(mut self, host: &'static str) -> Self {
        self.0.headers_mut().remove(header::HOST);
        self.header("host", host)
    }

    /// Adds an API key in the header.
    pub(crate) fn key(self, key: impl AsRef<str>) -> Self {
        self.header("x-api-key", key.as_ref())
    }

    /// Adds a deadline, as Lambda does.
    pub(crate) fn due_by(self, deadline: jiff::Timestamp) -> Self {
        let mut context = lambda_runtime::Context::default();
        context.deadline = u64::try_from(deadline.as_millisecond()).expect("after 1970");
        Self(self.0.with_lambda_context(context))
    }

    /// Sends it from this address, as API Gateway passes it on.
    pub(crate) fn from(self, source_ip: &str) -> Self {
        let mut context = ApiGatewayV2httpRequestContext::default();
        context.http.source_ip = Some(source_ip.to_owned());
        Self(self.0.with_request_context(RequestContext::ApiGatewayV2(context)))
    }

    pub(crate) fn body(mut self, body: impl Into<Body>) -> Self {
        *self.0.body_mut() = body.into();
        self
    }

    /// Sends it to a process.
    pub(crate) async fn to(self, server: &Router) -> Answer {
        let (method, path) = (self.0.method().clone(), self.0.uri().path().to_owned());
        let response = server.clone().oneshot(self.0).await.expect("a router never fails");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a whole body").to_bytes();
        let answer = Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).expect("every answer is text"),
        };
        contract::check(&method, &path, &answer);
        answer
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        Some(self.headers.get(name)?.to_str().expect("a header of text"))
    }

    /// The address of a redirect.
    pub(crate) fn location(&self) -> &str {
        self.header("location").unwrap_or_else(|| panic!("no redirect: {} {}", self.status, self.body))
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.body))
    }

    /// A text field of a JSON body.
    pub(crate) fn text(&self, field: &str) -> String {
        self.json()[field].as_str().unwrap_or_else(|| panic!("no {field}: {}", self.body)).to_owned()
    }

    /// The status and the code of a problem.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{} {}", self.status, self.body);
        (self.status, self.text("code"))
    }

    /// The content of a snapshot: status, content type and JSON body.
    pub(crate) fn shown(&self) -> Value {
        json!({ "status": self.status, "content_type": self.header("content-type"), "body": self.json() })
    }
}
