//! Routes without an API key are bounded, and cannot use up the capacity of the others.

use std::collections::BTreeSet;

use counterfoil_functions::routes::routes;
use counterfoil_testkit::template::{BY_DEFAULT, template};
use serde_json::{Value, json};

use super::resources_of_type;

#[test]
fn each_route_that_needs_no_key_has_its_own_limit() {
    let keyless = routes().into_iter().filter(|route| !route.needs_key());
    let keyless: BTreeSet<String> = keyless.map(|route| format!("{} {}", route.method, route.path)).collect();
    let api = resources_of_type("AWS::Serverless::HttpApi").remove("Api").expect("there is an HTTP API");
    let bounds = api["Properties"]["RouteSettings"].as_object().expect("bounds by route");
    assert_eq!(bounds.keys().cloned().collect::<BTreeSet<_>>(), keyless);
    let bound = json!({ "ThrottlingRateLimit": "KeylessRequestsPerSecond", "ThrottlingBurstLimit": "KeylessRequestsPerSecond" });
    assert!(bounds.values().all(|given| *given == bound));
}

#[test]
fn concurrency_is_reserved_only_if_a_parameter_says_so() {
    let reserved = |holding: &[&str], function: &str| {
        template(&[BY_DEFAULT, holding].concat())["Resources"][function]["Properties"]["ReservedConcurrentExecutions"].clone()
    };
    for (function, condition, parameter) in [
        ("StartFunction", "ReservesStart", "StartConcurrency"),
        ("CallbackFunction", "ReservesStart", "StartConcurrency"),
        ("TokenFunction", "ReservesToken", "TokenConcurrency"),
        ("RefresherFunction", "ReservesRefresher", "RefresherConcurrency"),
        ("DesktopFunction", "ReservesDesktop", "DesktopConcurrency"),
        ("WebConnectorFunction", "ReservesDesktop", "DesktopConcurrency"),
    ] {
        assert_eq!([reserved(&[], function), reserved(&[condition], function)], [json!("AWS::NoValue"), json!(parameter)]);
    }
}

#[test]
fn the_default_endpoint_of_the_api_can_be_disabled() {
    let closed = |holding: &[&str]| -> Value {
        template(&[BY_DEFAULT, holding].concat())["Resources"]["Api"]["Properties"]["DisableExecuteApiEndpoint"].clone()
    };
    assert_eq!([closed(&[]), closed(&["DisablesOwnAddress"])], [json!(false), json!(true)]);
}
