//! The rights of a function's role, and those that its requests need: IAM actions and their resources.

use std::collections::BTreeSet;

use counterfoil_testkit::wire::Request;
use serde_json::Value;

use crate::function::Function;
use crate::template::{properties, text};

/// An action and its resource.
pub(crate) type Right = (String, String);

/// The rights of a function's role in `template.yaml`.
pub(crate) fn allowed(function: &str) -> BTreeSet<Right> {
    let policies = list(&properties()[function]["Policies"]);
    let statements = policies.iter().flat_map(|policy| list(&policy["Statement"]));
    let each = |statement: Value| {
        let resources = list(&statement["Resource"]);
        let on_all =
            move |action: Value| resources.clone().into_iter().map(move |resource| (text(&action), resource_name(&resource)));
        list(&statement["Action"]).into_iter().flat_map(on_all)
    };
    statements.flat_map(each).collect()
}

/// The rights that a function's requests to the table have needed so far.
pub(crate) fn used(function: &Function) -> BTreeSet<Right> {
    function.wire.requests().iter().flat_map(needed).collect()
}

/// `!GetAtt Table.Arn` is `Table`, and with `/index/due` behind it `Table/index/due`.
fn resource_name(resource: &Value) -> String {
    text(resource).replace("Table.Arn", "Table")
}

/// A value that a template may give as one value or as a list.
fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
}

/// The rights of a request. A transaction needs those of its parts.
/// Source: Amazon DynamoDB developer guide, "Using IAM with DynamoDB transactions".
fn needed(request: &Request) -> Vec<Right> {
    let body: Value = serde_json::from_str(&request.body).expect("a request is JSON");
    let resource = body["IndexName"].as_str().map_or("Table".to_owned(), |index| format!("Table/index/{index}"));
    let items = match request.operation.as_str() {
        "TransactWriteItems" => body["TransactItems"].as_array().cloned().unwrap_or_default(),
        operation => return vec![(format!("dynamodb:{operation}"), resource)],
    };
    let kinds = items.iter().filter_map(|item| item.as_object()?.keys().next().cloned());
    let actions = kinds.map(|kind| match kind.as_str() {
        "ConditionCheck" => "dynamodb:ConditionCheckItem".to_owned(),
        kind => format!("dynamodb:{kind}Item"),
    });
    actions.map(|action| (action, resource.clone())).collect()
}
