//! The schemas of bodies and answers, by name.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::openapi::codes::CODES;
use crate::signature::{AnswerBody, Schemas};

/// The schemas of the document so far.
#[derive(Default)]
pub(crate) struct Components(BTreeMap<String, Value>);

impl Components {
    /// Adds schemas.
    ///
    /// # Panics
    /// If two different ones have one name.
    pub(crate) fn add(&mut self, schemas: Schemas) {
        for (name, schema) in schemas {
            let mut schema = serde_json::to_value(schema).expect("a schema is JSON");
            tidy(&mut schema);
            let known = self.0.entry(name.clone()).or_insert_with(|| schema.clone());
            assert_eq!(*known, schema, "two types have the name {name} in the document: rename one with #[schema(as = …)]");
        }
    }

    /// Adds the schema of a type.
    pub(crate) fn add_type<T: AnswerBody>(&mut self) {
        let mut schemas = Vec::new();
        T::schema(&mut schemas);
        self.add(schemas);
    }

    /// All schemas, with the list of error codes.
    pub(crate) fn finish(mut self) -> Map<String, Value> {
        let lines: Vec<_> = CODES
            .iter()
            .map(|(code, statuses, meaning)| {
                let statuses: Vec<_> = statuses.iter().map(ToString::to_string).collect();
                format!("- `{code}` ({}): {meaning}", statuses.join(", "))
            })
            .collect();
        let codes = CODES.map(|(code, ..)| code);
        self.0.insert(
            "ErrorCode".to_owned(),
            json!({ "type": "string", "enum": codes.as_slice(), "description": lines.join("\n") }),
        );
        self.0.into_iter().collect()
    }
}

/// Says what the derive does not know: a field of an answer that may be null is always present, and several variants of an untagged enum
/// may fit one value.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Array(values) => values.iter_mut().for_each(tidy),
        Value::Object(fields) => {
            fields.values_mut().for_each(tidy);
            // `{"oneOf": [{"type": "null"}, …]}` is a nullable reference.
            if let Some(variants) = fields.remove("oneOf") {
                fields.insert("anyOf".to_owned(), variants);
            }
            let is_request = fields.get("additionalProperties") == Some(&Value::Bool(false));
            if let (false, Some(Value::Object(properties))) = (is_request, fields.get("properties")) {
                let nullable: Vec<_> =
                    properties.iter().filter(|(_, field)| is_nullable(field)).map(|(name, _)| name.clone()).collect();
                if !nullable.is_empty() {
                    let required = fields.entry("required").or_insert_with(|| json!([])).as_array_mut().expect("a list");
                    let missing = nullable.into_iter().map(Value::from).filter(|name| !required.contains(name));
                    let missing: Vec<_> = missing.collect();
                    required.extend(missing);
                }
            }
        }
        _ => {}
    }
}

fn is_nullable(field: &Value) -> bool {
    let is_null = |value: &Value| value["type"] == "null";
    field["type"].as_array().is_some_and(|types| types.iter().any(|kind| kind == "null"))
        || field["anyOf"].as_array().is_some_and(|variants| variants.iter().any(is_null))
}
