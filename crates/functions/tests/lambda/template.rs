//! What `template.yaml` gives a function: its environment and its rights. References stand for themselves: `!Ref Table`
//! reads as `Table`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

/// Something a role allows: an action and the resource it is allowed on.
pub(crate) type Right = (String, String);

/// The names of the functions' binaries.
pub(crate) fn functions() -> Vec<String> {
    properties().into_keys().collect()
}

/// The variables of a function with their values in the template.
pub(crate) fn environment(function: &str) -> BTreeMap<String, String> {
    let own = &properties()[function];
    [&template()["Globals"]["Function"], own]
        .into_iter()
        .filter_map(|of| of["Environment"]["Variables"].as_object().cloned())
        .flatten()
        .map(|(name, value)| (name, text(&value)))
        .collect()
}

/// What a function's role allows.
pub(crate) fn rights(function: &str) -> BTreeSet<Right> {
    let policies = list(&properties()[function]["Policies"]);
    let statements = policies.iter().flat_map(|policy| list(&policy["Statement"]));
    statements
        .flat_map(|statement| {
            let resources = list(&statement["Resource"]);
            let pairs = move |action: Value| {
                resources.clone().into_iter().map(move |resource| (text(&action), resource_name(&resource)))
            };
            list(&statement["Action"]).into_iter().flat_map(pairs)
        })
        .collect()
}

/// `!GetAtt Table.Arn` is `Table`, `!Sub ${Table.Arn}/index/due` is `Table/index/due`.
fn resource_name(resource: &Value) -> String {
    text(resource).replace("${Table.Arn}", "Table").replace("Table.Arn", "Table")
}

fn properties() -> BTreeMap<String, Value> {
    let template = template();
    let resources = template["Resources"].as_object().expect("the template has resources");
    let functions = resources.values().filter(|resource| resource["Type"] == "AWS::Serverless::Function");
    functions
        .map(|function| (text(&function["Metadata"]["BuildProperties"]["Binary"]), function["Properties"].clone()))
        .collect()
}

fn template() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../template.yaml");
    serde_saphyr::from_str(&fs::read_to_string(path).expect("template.yaml is there")).expect("template.yaml is YAML")
}

/// What a template may give as one value or as several.
fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a text")).to_owned()
}
