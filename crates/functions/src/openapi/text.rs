//! What the document says about a route beyond its types: a summary, the parameters of its query, its statuses and its error codes.

use counterfoil_core::model::name::CompanyKey;
use counterfoil_core::model::platform::PlatformName;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::signature::{AnswerBody, Schemas};
use crate::surface::words::COMPANY_KEY;

/// The type of pages.
pub(crate) const HTML: &str = "text/html";

/// What the document says about a route.
#[derive(Clone)]
pub(crate) struct Text {
    pub(crate) summary: &'static str,
    pub(crate) detail: &'static str,
    pub(crate) queries: Vec<Value>,
    /// The statuses of success.
    pub(crate) statuses: &'static [u16],
    /// The error codes of this route, without those that its types and its surface imply.
    pub(crate) codes: &'static [&'static str],
    /// Further content types of an answer with 200.
    pub(crate) also: &'static [&'static str],
    /// The schema of the answer, if the handler's type does not have it.
    pub(crate) answer: Option<fn(&mut Schemas) -> Value>,
    /// Whether it reads the table or a secret.
    pub(crate) uses_table: bool,
}

impl Text {
    pub(crate) fn new(summary: &'static str) -> Self {
        Self { summary, detail: "", queries: Vec::new(), statuses: &[200], codes: &[], also: &[], answer: None, uses_table: true }
    }

    pub(crate) fn detail(self, detail: &'static str) -> Self {
        Self { detail, ..self }
    }

    pub(crate) fn query<const N: usize>(self, queries: [Value; N]) -> Self {
        Self { queries: queries.into(), ..self }
    }

    pub(crate) fn queries(self, queries: impl Iterator<Item = Value>) -> Self {
        Self { queries: queries.collect(), ..self }
    }

    pub(crate) fn statuses(self, statuses: &'static [u16]) -> Self {
        Self { statuses, ..self }
    }

    pub(crate) fn codes(self, codes: &'static [&'static str]) -> Self {
        Self { codes, ..self }
    }

    pub(crate) fn also(self, also: &'static [&'static str]) -> Self {
        Self { also, ..self }
    }

    pub(crate) fn answers<T: AnswerBody>(self) -> Self {
        Self { answer: Some(T::schema), ..self }
    }

    /// A JSON object, whose fields are not described.
    pub(crate) fn answers_an_object(self) -> Self {
        Self { answer: Some(|_| json!({ "type": "object" })), ..self }
    }

    pub(crate) fn without_table(self) -> Self {
        Self { uses_table: false, ..self }
    }
}

/// A parameter of a query.
pub(crate) fn query(name: &str, description: &str, schema: &Value) -> Value {
    json!({ "name": name, "in": "query", "required": false, "description": description, "schema": schema })
}

/// The same, which must be present.
pub(crate) fn required(mut parameter: Value) -> Value {
    parameter["required"] = true.into();
    parameter
}

pub(crate) fn text(name: &str, longest: usize, description: &str) -> Value {
    query(name, description, &json!({ "type": "string", "minLength": 1, "maxLength": longest }))
}

/// A text that is not refused, whatever it is.
pub(crate) fn any_text(name: &str, description: &str) -> Value {
    query(name, description, &json!({ "type": "string" }))
}

pub(crate) fn word(name: &str, words: &[&str], description: &str) -> Value {
    query(name, description, &json!({ "type": "string", "enum": words }))
}

pub(crate) fn flag(name: &str, description: &str) -> Value {
    query(name, description, &json!({ "type": "boolean", "default": false }))
}

pub(crate) fn number(name: &str, least: u64, most: u64, default: u64, description: &str) -> Value {
    let schema = json!({ "type": "integer", "minimum": least, "maximum": most, "default": default });
    query(name, description, &schema)
}

pub(crate) fn date(name: &str, description: &str) -> Value {
    query(name, description, &json!({ "type": "string", "format": "date" }))
}

/// RFC 3339, or seconds since 1970.
pub(crate) fn time(name: &str, description: &str) -> Value {
    let seconds = json!({ "type": "integer", "minimum": Timestamp::MIN.as_second(), "maximum": Timestamp::MAX.as_second() });
    let text = json!({ "type": "string", "format": "date-time" });
    let description = format!("{description} RFC 3339, or seconds since 1970.");
    query(name, &description, &json!({ "anyOf": [text, seconds] }))
}

pub(crate) fn company_key(description: &str) -> Value {
    let schema = json!({ "type": "string", "pattern": COMPANY_KEY, "maxLength": CompanyKey::LONGEST });
    query("companyKey", description, &schema)
}

/// A platform that a customer connects by a consent.
pub(crate) fn platform_with_oauth(description: &str) -> Value {
    word("platform", &PlatformName::with_oauth().map(PlatformName::as_str).collect::<Vec<_>>(), description)
}

pub(crate) fn platform(description: &str) -> Value {
    word("platform", &PlatformName::ALL.map(PlatformName::as_str), description)
}
