//! Reads requests.

use super::value::Value;
use crate::qbxml::{BYTES_MOST, Element};

/// The key of an object of attributes.
const ATTRIBUTES: &str = "_attributes";
/// Attributes of requests, which may be written like those of answers: with a capital letter.
const CAPITALIZED: [(&str, &str); 6] = [
    ("DefMacro", "defMacro"),
    ("Iterator", "iterator"),
    ("IteratorID", "iteratorID"),
    ("MetaData", "metaData"),
    ("RequestID", "requestID"),
    ("UseMacro", "useMacro"),
];

/// Why JSON is no request. No error quotes a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidJson {
    /// Too long for a document.
    #[error("The body is larger than 6 MiB.")]
    TooLarge,
    /// It is not JSON.
    #[error("The body is not JSON: see line {line}, column {column}.")]
    Syntax {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// An object has a key twice.
    #[error("An object of the body has a key twice: see line {line}, column {column}.")]
    RepeatedKey {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// It is something else than an object of requests.
    #[error("The body must be an object of qbXML requests, for example {{\"CheckQueryRq\":{{\"MaxReturned\":10}}}}.")]
    NoRequest,
    /// The name of a request does not end with `Rq`.
    #[error("{0:?} is not the name of a qbXML request, which ends with Rq.")]
    NotARequest(String),
    /// A request is not an object.
    #[error("{0} must be an object.")]
    NotAnObject(String),
    /// A list inside of a list.
    #[error("{0} must not be a list inside of a list.")]
    NestedList(String),
    /// An attribute is an object or a list.
    #[error("{0} is an attribute, and must be a text, a number or a boolean.")]
    Attribute(String),
}

/// The requests of a JSON object, in the order of its keys. A list of objects is as many requests or elements of the same name. A key
/// that begins with a small letter is an attribute, because no element of a request does; so is a key of an object `_attributes`. `null`
/// leaves an element out.
///
/// # Errors
/// [`InvalidJson`].
pub fn requests(json: &str) -> Result<Vec<Element>, InvalidJson> {
    if json.len() > BYTES_MOST {
        return Err(InvalidJson::TooLarge);
    }
    let value: Value = serde_json::from_str(json).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        if error.is_data() { InvalidJson::RepeatedKey { line, column } } else { InvalidJson::Syntax { line, column } }
    })?;
    let Value::Object(members) = value else { return Err(InvalidJson::NoRequest) };
    let mut requests = Element::default();
    for (name, value) in members {
        if !name.ends_with("Rq") {
            return Err(InvalidJson::NotARequest(name));
        }
        let values = if let Value::List(values) = value { values } else { vec![value] };
        if !values.iter().all(|value| matches!(value, Value::Object(_))) {
            return Err(InvalidJson::NotAnObject(name));
        }
        add(&mut requests, &name, Value::List(values))?;
    }
    if requests.children.is_empty() { Err(InvalidJson::NoRequest) } else { Ok(requests.children) }
}

/// Adds a member of an object to its element.
fn add(parent: &mut Element, name: &str, value: Value) -> Result<(), InvalidJson> {
    let values = if let Value::List(values) = value { values } else { vec![value] };
    for value in values {
        let mut child = Element::new(name);
        match value {
            Value::Null => continue,
            Value::List(_) => return Err(InvalidJson::NestedList(name.to_owned())),
            Value::Object(members) => members.into_iter().try_for_each(|(name, value)| member(&mut child, &name, value))?,
            value => child.text = scalar(name, value)?,
        }
        parent.children.push(child);
    }
    Ok(())
}

fn member(element: &mut Element, name: &str, value: Value) -> Result<(), InvalidJson> {
    match value {
        Value::Object(members) if name == ATTRIBUTES => {
            members.into_iter().try_for_each(|(name, value)| attribute(element, &name, value))
        }
        value => match CAPITALIZED.iter().find(|(key, _)| *key == name) {
            Some((_, name)) => attribute(element, name, value),
            None if name.starts_with(|first: char| first.is_ascii_lowercase()) => attribute(element, name, value),
            None => add(element, name, value),
        },
    }
}

fn attribute(element: &mut Element, name: &str, value: Value) -> Result<(), InvalidJson> {
    if value != Value::Null {
        let text = scalar(name, value)?;
        element.attributes.retain(|(other, _)| other != name);
        element.attributes.push((name.to_owned(), text));
    }
    Ok(())
}

/// The text of a value. A number is written without an exponent.
fn scalar(name: &str, value: Value) -> Result<String, InvalidJson> {
    match value {
        Value::Text(text) => Ok(text),
        Value::Boolean(value) => Ok(value.to_string()),
        Value::Number(number) => {
            let whole =
                number.as_i64().map(|number| number.to_string()).or_else(|| number.as_u64().map(|number| number.to_string()));
            Ok(whole.or_else(|| number.as_f64().map(|number| number.to_string())).unwrap_or_default())
        }
        Value::Null | Value::List(_) | Value::Object(_) => Err(InvalidJson::Attribute(name.to_owned())),
    }
}
