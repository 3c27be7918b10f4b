//! What a function used, logged and printed in the story.

use std::collections::BTreeSet;

use counterfoil_functions::metrics::NAMESPACE;
use counterfoil_testkit::metric_line::measurements;
use serde_json::Value;

use crate::function::Function;
use crate::rights::{self, Right};

pub(super) fn it_may_do_exactly_what_it_does(name: &str, function: &Function) {
    // Lambda reads the stream, not the function.
    let is_of_the_function = |(action, resource): &Right| {
        action.starts_with("dynamodb:") && resource.starts_with("Table") && !resource.contains("Stream")
    };
    let allowed = rights::allowed(name).into_iter().filter(is_of_the_function);
    assert_eq!(rights::used(function), allowed.collect(), "{name}: used, and allowed by template.yaml");
}

/// API Gateway's id of a request, which its caller gets too; Lambda's own id of a worker's run.
pub(super) fn its_logs_are_json_with_the_request_id(name: &str, function: &Function) {
    for line in function.lambda.logs().lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{name}: {error}: {line}"));
        if line["_aws"].is_object() {
            continue; // A measurement: of all requests, and of none.
        }
        let id = if ["courier", "dispatcher", "parked", "purger", "refresher", "revoker", "sync-worker"].contains(&name) {
            &line["span"]["requestId"]
        } else {
            &line["span"]["id"]
        };
        assert!(id.is_string(), "{name}: no request id in {line}");
    }
}

/// Each metric line has what its directive names, and each function measures what it does.
pub(super) fn its_metric_lines_can_be_read_by_cloudwatch(name: &str, function: &Function) {
    let measured = measurements(&function.lambda.logs());
    assert!(measured.iter().all(|it| it.namespace == NAMESPACE), "{name}: {measured:?}");
    let printed: BTreeSet<_> = measured.iter().map(|it| it.name.as_str()).collect();
    let expected: &[&str] = match name {
        "token" => &["Refreshes", "milliseconds"],
        "refresher" => &["Due", "Left", "OldestOverdueSeconds", "Refreshes", "UnreadShards", "milliseconds"],
        "callback" => &["Consents"],
        "sync-worker" => &["OldestImportOverdueSeconds"],
        "purger" => &["OldestPurgeOverdueSeconds"],
        "courier" => &["DeliveryAttempts", "DeliveryDelay"],
        _ => &[],
    };
    for metric in expected {
        assert!(printed.contains(metric), "{name} printed no {metric}: {printed:?}");
    }
}

pub(super) fn it_logs_no_secret_and_stores_none_in_clear(name: &str, function: &Function, secrets: &[String]) {
    let logs = function.lambda.logs();
    let requests = function.wire.requests();
    for secret in secrets {
        assert!(!logs.contains(secret), "{name} logged {secret}:\n{logs}");
        let told = requests.iter().find(|request| request.body.contains(secret));
        assert!(told.is_none(), "{name} told the table {secret}: {told:?}");
    }
}
