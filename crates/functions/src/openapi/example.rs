//! Examples: those of `examples.json` by the name of their schema, and those that follow from a schema.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

/// The examples by the name of their schema.
static EXAMPLES: LazyLock<Map<String, Value>> =
    LazyLock::new(|| serde_json::from_str(include_str!("examples.json")).expect("examples.json is an object"));

/// An example of a value of a schema.
pub(crate) fn of(schema: &Value, components: &Map<String, Value>) -> Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/components/schemas/")) {
        return EXAMPLES.get(name).cloned().unwrap_or_else(|| of(&components[name], components));
    }
    let first = |name: &str| schema[name].as_array().and_then(|list| list.first()).cloned();
    if let Some(fixed) = schema.get("const").cloned().or_else(|| schema.get("example").cloned()).or_else(|| first("enum")) {
        return fixed;
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let parts = parts.iter().filter_map(|part| of(part, components).as_object().cloned());
        return parts.flatten().collect::<Map<_, _>>().into();
    }
    if let Some(variant) = first("anyOf") {
        return of(&variant, components);
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or_default();
    match kind {
        "object" => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            fields.map(|(name, field)| (name.clone(), of(field, components))).collect::<Map<_, _>>().into()
        }
        "array" => json!([of(&schema["items"], components)]),
        "boolean" => json!(false),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or(json!(0)),
        "string" if schema["type"].is_array() => Value::Null,
        "string" => json!(""),
        _ => Value::Null,
    }
}
