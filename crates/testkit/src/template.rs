//! Reads `template.yaml` for tests. Short tags are dropped (`!Ref Table` reads as `"Table"`), `!If` is decided, and `!Sub` with its own values
//! is filled in.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// The conditions that hold with the default of every parameter.
pub const BY_DEFAULT: &[&str] = &["OwnTable", "OwnKeyring", "RefresherRuns", "HasStream"];

/// The template in which only these conditions hold. Resources and outputs with another condition are left out.
///
/// # Panics
/// If the template cannot be read, or has no such condition.
pub fn template(holding: &[&str]) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../template.yaml");
    let text = fs::read_to_string(path).expect("template.yaml is there");
    // A route without a key has its bounds by an alias, more than a hundred in all.
    let options = serde_saphyr::options! { budget: serde_saphyr::budget! { enforce_alias_anchor_ratio: false } };
    let mut template: Value = serde_saphyr::from_str_with_options(&text, options).expect("template.yaml is YAML");
    let conditions = template["Conditions"].as_object().expect("the template has conditions").clone();
    let unknown: Vec<_> = holding.iter().filter(|name| !conditions.contains_key(**name)).collect();
    assert!(unknown.is_empty(), "template.yaml has no condition {unknown:?}");
    let decide = |name: &str| conditions.contains_key(name).then(|| holding.contains(&name));
    for section in ["Globals", "Resources", "Outputs"] {
        template[section] = resolved(&template[section], &decide);
        if let Some(entries) = template[section].as_object_mut() {
            entries.retain(|_, entry| entry["Condition"].as_str().and_then(decide) != Some(false));
        }
    }
    template
}

/// The value with each `[condition, then, else]` replaced by one of the two.
fn resolved(value: &Value, decide: &impl Fn(&str) -> Option<bool>) -> Value {
    match value {
        Value::Array(items) => match items.as_slice() {
            [Value::String(condition), then, otherwise] if decide(condition).is_some() => {
                resolved(if decide(condition) == Some(true) { then } else { otherwise }, decide)
            }
            [Value::String(text), Value::Object(values)] if text.contains("${") => {
                let filled = values.iter().fold(text.clone(), |text, (name, value)| {
                    let value = resolved(value, decide);
                    text.replace(&format!("${{{name}}}"), value.as_str().expect("!Sub takes texts"))
                });
                Value::String(filled)
            }
            items => items.iter().map(|item| resolved(item, decide)).collect(),
        },
        Value::Object(entries) => entries.iter().map(|(name, entry)| (name.clone(), resolved(entry, decide))).collect(),
        plain => plain.clone(),
    }
}
