//! Holds answers against the OpenAPI document: the status, the content type and the body of every answer of every test.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::Method;
use counterfoil_functions::openapi::document;
use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::Answer;

/// The document, where an object may have no field that it does not list.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let mut document = document();
    let parts = parts_of_others(&document);
    for (name, schema) in document["components"]["schemas"].as_object_mut().expect("schemas") {
        close(schema, !parts.contains(name));
    }
    document
});

/// The validators by the place of their schema, as a JSON pointer.
static VALIDATORS: LazyLock<BTreeMap<String, Validator>> = LazyLock::new(|| {
    let mut validators = BTreeMap::new();
    for pointer in pointers(&DOCUMENT) {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "components": DOCUMENT["components"],
            "allOf": [DOCUMENT.pointer(&pointer)],
        });
        let validator = jsonschema::options().should_validate_formats(true).build(&schema);
        validators.insert(pointer, validator.expect("a valid schema"));
    }
    validators
});

/// Checks an answer. One to a request that no route serves, and to a preflight, is not in the document.
pub(crate) fn check(method: &Method, path: &str, answer: &Answer) {
    let Some(operation) = operation(method, path) else { return };
    let name = format!("{method} {path}: {} {}", answer.status, answer.body);
    let status = answer.status.to_string();
    let responses = DOCUMENT.pointer(&format!("{operation}/responses")).expect("responses");
    let response = responses.get(&status).unwrap_or_else(|| panic!("the document lacks this status: {name}"));
    let pointer = response["$ref"].as_str().map_or_else(|| format!("{operation}/responses/{status}"), |to| to[1..].to_owned());
    let response = DOCUMENT.pointer(&pointer).expect("a response");
    let kind = answer.header("content-type").and_then(|kind| kind.split(';').next());
    let Some(kind) = kind.filter(|_| !answer.body.is_empty()) else {
        let is_empty = response["content"].is_null() || (method == Method::HEAD) || (300..400).contains(&answer.status);
        assert!(is_empty && answer.body.is_empty(), "the document has a body: {name}");
        return;
    };
    assert!(!response["content"][kind].is_null(), "the document lacks {kind}: {name}");
    if is_json(kind) {
        let schema = format!("{pointer}/content/{}/schema", kind.replace('/', "~1"));
        let errors: Vec<_> = VALIDATORS[&schema]
            .iter_errors(&answer.json())
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?} {name}");
    }
}

/// Checks the examples of a document, of which each must have one that is more than empty.
pub(crate) fn check_examples(document: &Value) {
    let mut count = 0;
    for (pointer, validator) in VALIDATORS.iter() {
        let entry = document.pointer(pointer.trim_end_matches("/schema")).expect("a body");
        let Some(example) = entry.get("example") else {
            let kind = pointer.rsplit("/content/").next().expect("a type").trim_end_matches("/schema").replace("~1", "/");
            assert!(!is_json(&kind) || pointer.contains("platform}"), "no example: {pointer}");
            continue;
        };
        let errors: Vec<_> =
            validator.iter_errors(example).map(|error| format!("{error} at {}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{pointer}: {errors:#?} in {example}");
        count += 1;
    }
    assert!(count > 60);
}

fn is_json(kind: &str) -> bool {
    kind == "application/json" || kind.ends_with("+json")
}

/// The place of the operation that serves a request.
fn operation(method: &Method, path: &str) -> Option<String> {
    let segments: Vec<_> = path.split('/').collect();
    let fits = |known: &&String| {
        let known: Vec<_> = known.split('/').collect();
        known.len() == segments.len()
            && known
                .iter()
                .zip(&segments)
                .all(|(known, segment)| known == segment || (known.starts_with('{') && !segment.is_empty()))
    };
    let paths = DOCUMENT["paths"].as_object().expect("paths");
    // A path without parameters goes before one with them.
    let known = paths.keys().filter(fits).min_by_key(|known| known.matches('{').count())?;
    let method = method.as_str().to_lowercase();
    paths[known].get(&method).map(|_| format!("/paths/{}/{method}", known.replace('/', "~1")))
}

/// The places of the schemas of all bodies.
fn pointers(document: &Value) -> Vec<String> {
    fn collect(value: &Value, pointer: &str, found: &mut Vec<String>) {
        if let Some(content) = value.get("content").and_then(Value::as_object) {
            found.extend(content.keys().map(|kind| format!("{pointer}/content/{}/schema", kind.replace('/', "~1"))));
            return;
        }
        for (name, part) in value.as_object().into_iter().flatten() {
            collect(part, &format!("{pointer}/{}", name.replace('/', "~1")), found);
        }
    }
    let mut found = Vec::new();
    collect(&document["paths"], "/paths", &mut found);
    collect(&document["components"]["responses"], "/components/responses", &mut found);
    found
}

/// The names of the schemas that are a part of another one's object.
fn parts_of_others(document: &Value) -> Vec<String> {
    fn collect(value: &Value, found: &mut Vec<String>) {
        for variants in ["allOf", "anyOf"].iter().filter_map(|name| value[*name].as_array()) {
            let names = variants.iter().filter_map(|variant| variant["$ref"].as_str()?.rsplit('/').next());
            found.extend(names.map(str::to_owned));
        }
        match value {
            Value::Object(fields) => fields.values().for_each(|part| collect(part, found)),
            Value::Array(values) => values.iter().for_each(|part| collect(part, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(&document["components"]["schemas"], &mut found);
    found
}

/// Closes an object and the objects in its fields.
fn close(schema: &mut Value, is_whole: bool) {
    let Value::Object(fields) = schema else { return };
    let has_fields = fields.contains_key("properties") || fields.contains_key("allOf");
    if is_whole && has_fields && !fields.contains_key("additionalProperties") {
        fields.insert("unevaluatedProperties".to_owned(), json!(false));
    }
    for field in fields.get_mut("properties").and_then(Value::as_object_mut).unwrap_or(&mut Map::new()).values_mut() {
        close(field, true);
    }
    if let Some(items) = fields.get_mut("items") {
        close(items, true);
    }
}
