//! A running function: its process, its proxy to the table, and its answers as API Gateway reads them.

use counterfoil_testkit::lambda::Lambda;
use counterfoil_testkit::wire::Wire;
use serde_json::Value;

/// A function in its own process, with its own proxy.
pub(crate) struct Function {
    pub(crate) lambda: Lambda,
    pub(crate) wire: Wire,
}

/// An answer to an HTTP event: payload format 2.0.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u64,
    pub(crate) headers: Value,
    /// `name=value`, as the browser sends them.
    pub(crate) cookies: Vec<String>,
    pub(crate) body: String,
}

impl Function {
    /// The answer to an HTTP event.
    pub(crate) async fn answer(&self, event: &Value) -> Answer {
        match self.lambda.invoke(event).await {
            Ok(answer) => Answer::read(&answer),
            Err(error) => panic!("{error}\n{}", self.lambda.logs()),
        }
    }
}

impl Answer {
    fn read(answer: &Value) -> Self {
        assert_eq!(answer["isBase64Encoded"], false, "{answer}");
        let cookies = answer["cookies"].as_array().cloned().unwrap_or_default();
        let pair = |cookie: &Value| cookie.as_str()?.split(';').next().map(str::to_owned);
        Self {
            status: answer["statusCode"].as_u64().unwrap_or_else(|| panic!("no status in {answer}")),
            headers: answer["headers"].clone(),
            cookies: cookies.iter().filter_map(pair).collect(),
            body: answer["body"].as_str().unwrap_or_default().to_owned(),
        }
    }

    /// The body, after a check of the status.
    pub(crate) fn json(&self, status: u64) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The address of its redirect, after a check of the status.
    pub(crate) fn location(&self, status: u64) -> &str {
        assert_eq!(self.status, status, "{self:?}");
        self.headers["location"].as_str().unwrap_or_else(|| panic!("{self:?}"))
    }
}
