//! A function's answer to an HTTP event, in payload format 2.0.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

/// The answer for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// The headers. Names are in lower case.
    pub headers: BTreeMap<String, String>,
    /// The values of the `Set-Cookie` headers.
    pub cookies: Vec<String>,
    /// The body; empty if there is none.
    pub body: String,
}

/// The answer as the function writes it. If the status code is missing, the gateway takes the whole answer as the JSON body of a 200. Our
/// functions must not rely on that, so it is required here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    status_code: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    cookies: Vec<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

impl HttpAnswer {
    /// Reads a function's answer.
    ///
    /// # Panics
    ///
    /// If the gateway would answer 500, or the body is not UTF-8.
    pub fn read(answer: &Value) -> Self {
        let response =
            Response::deserialize(answer).unwrap_or_else(|error| panic!("not an answer to an HTTP event ({error}): {answer}"));
        let body = response.body.unwrap_or_default();
        let body = if response.is_base64_encoded {
            let bytes = STANDARD.decode(&body).unwrap_or_else(|error| panic!("a body not base64 ({error}): {body}"));
            String::from_utf8(bytes).unwrap_or_else(|error| panic!("a body not UTF-8: {error}"))
        } else {
            body
        };
        let headers = response.headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value));
        Self { status: response.status_code, headers: headers.collect(), cookies: response.cookies, body }
    }

    /// The value of a header. `name` must be in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// If the body is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("a body not JSON ({error}): {}", self.body))
    }
}
