//! Writes answers.

use std::collections::HashMap;

use super::kinds::typed;
use super::value::Value;
use crate::qbxml::{Element, Response};

/// The key of a text beside attributes. The schema has no such element.
const TEXT: &str = "_text";

/// Answers as a JSON object, with a key for each name of them. Objects keep the order of QuickBooks.
pub fn answer(responses: &[Response]) -> String {
    let mut members = Members::default();
    for response in responses {
        members.add(&response.name, of_response(response), false);
    }
    serde_json::to_string(&members.into_value()).expect("keys are texts")
}

fn of_response(response: &Response) -> Value {
    let mut members = Members::default();
    let mut number = |name: &str, value: Option<u32>| {
        if let Some(value) = value {
            members.add(name, Value::Number(value.into()), false);
        }
    };
    let has_status = response.status_code != 0;
    number("StatusCode", has_status.then_some(response.status_code));
    number("RetCount", response.ret_count);
    number("IteratorRemainingCount", response.iterator_remaining);
    if has_status {
        let severity: &'static str = response.severity.into();
        members.add("StatusSeverity", Value::Text(severity.to_owned()), false);
        members.add("StatusMessage", Value::Text(response.message.clone()), false);
    }
    if let Some(id) = &response.iterator_id {
        members.add("IteratorID", Value::Text(id.clone()), false);
    }
    let query = response.name.strip_suffix("QueryRs");
    for element in &response.returned {
        members.add(&element.name, of_element(element), query.is_some());
    }
    if let Some(query) = query.filter(|_| response.returned.is_empty()) {
        // Every report has the same objects.
        let object = if query.ends_with("Report") { "Report" } else { query };
        members.members.push((format!("{object}Ret"), Value::List(Vec::new())));
    }
    members.into_value()
}

fn of_element(element: &Element) -> Value {
    if element.attributes.is_empty() && element.children.is_empty() {
        return typed(&element.name, &element.text);
    }
    let mut members = Members::default();
    for (name, text) in &element.attributes {
        let name = capitalized(name);
        members.add(&name, typed(&name, text), false);
    }
    for child in &element.children {
        members.add(&child.name, of_element(child), false);
    }
    if !element.text.is_empty() {
        members.add(TEXT, Value::Text(element.text.clone()), false);
    }
    members.into_value()
}

fn capitalized(name: &str) -> String {
    let mut name = name.to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    name
}

/// The members of an object in the order of their first appearance. Members of one name become a list.
#[derive(Default)]
struct Members {
    members: Vec<(String, Value)>,
    positions: HashMap<String, usize>,
}

impl Members {
    /// Adds a member. `in_list` makes a list of a single one too.
    fn add(&mut self, name: &str, value: Value, in_list: bool) {
        match self.positions.get(name).and_then(|position| self.members.get_mut(*position)) {
            Some((_, Value::List(values))) => values.push(value),
            Some((_, first)) => *first = Value::List(vec![std::mem::replace(first, Value::Null), value]),
            None => {
                let value = if in_list { Value::List(vec![value]) } else { value };
                self.positions.insert(name.to_owned(), self.members.len());
                self.members.push((name.to_owned(), value));
            }
        }
    }

    fn into_value(self) -> Value {
        Value::Object(self.members)
    }
}
