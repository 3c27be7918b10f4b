//! The properties of each function in `template.yaml`. References stay as names: `!Ref Table` reads as `Table`.

use std::collections::BTreeMap;

use counterfoil_testkit::template::BY_DEFAULT;
use serde_json::Value;

/// The names of the functions' binaries.
pub(crate) fn functions() -> Vec<String> {
    properties().into_keys().collect()
}

/// The variables of a function, with their values in the template.
pub(crate) fn environment(function: &str) -> BTreeMap<String, String> {
    let own = &properties()[function];
    [&template()["Globals"]["Function"], own]
        .into_iter()
        .filter_map(|of| of["Environment"]["Variables"].as_object().cloned())
        .flatten()
        .map(|(name, value)| (name, text(&value)))
        .collect()
}

/// The properties of each function.
pub(crate) fn properties() -> BTreeMap<String, Value> {
    let template = template();
    let resources = template["Resources"].as_object().expect("the template has resources");
    let functions = resources.values().filter(|resource| resource["Type"] == "AWS::Serverless::Function");
    functions.map(|function| (text(&function["Metadata"]["BuildProperties"]["Binary"]), function["Properties"].clone())).collect()
}

fn template() -> Value {
    counterfoil_testkit::template::template(BY_DEFAULT)
}

/// A value that must be a text.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a text")).to_owned()
}
