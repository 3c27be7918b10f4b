//! The events of `events/` with a key, a state and a cookie of the test.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value};
use url::form_urlencoded;

/// A sample event to send to a function.
#[derive(Clone)]
#[must_use]
pub(crate) struct Sample(Value);

impl Sample {
    /// The event of a function.
    pub(crate) fn of(function: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../events/{function}.json"));
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("events/{function}.json: {error}"));
        Self(serde_json::from_str(&text).expect("an event is JSON"))
    }

    /// Sets a header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.0["headers"][name] = value.into();
        self
    }

    /// Replaces the cookies.
    pub(crate) fn cookies(mut self, cookies: &[String]) -> Self {
        self.0["cookies"] = cookies.into();
        self
    }

    /// Replaces the query, in both places like API Gateway.
    pub(crate) fn query(mut self, raw: &str) -> Self {
        let decoded: Map<_, _> =
            form_urlencoded::parse(raw.as_bytes()).map(|(name, value)| (name.into_owned(), value.into())).collect();
        self.0["rawQueryString"] = raw.into();
        self.0["queryStringParameters"] = decoded.into();
        self
    }

    /// Replaces the body of the message of a queue.
    pub(crate) fn message(mut self, body: &str) -> Self {
        self.0["Records"][0]["body"] = body.into();
        self
    }

    /// The event for the function.
    pub(crate) fn to_json(&self) -> Value {
        self.0.clone()
    }
}
