//! What a function answers to an HTTP event, as the gateway reads it: response of payload format 2.0.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

/// The answer as the client gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// The headers; names are lower case.
    pub headers: BTreeMap<String, String>,
    /// Each is the value of one `Set-Cookie` header.
    pub cookies: Vec<String>,
    /// The body; empty when there is none.
    pub body: String,
}

/// As the function writes it. Without a status code the gateway takes the whole answer for a 200's JSON body; no function
/// of ours may rely on that, so here it must be present.
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
    /// When the gateway would make a 500 of it, or the body is not UTF-8.
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

    /// The value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is not.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("a body not JSON ({error}): {}", self.body))
    }
}
