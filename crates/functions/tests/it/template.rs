//! Compares the template (`template.yaml`), the binaries (`src/bin`), the router and the sample events, so that a gap fails here and
//! not after a deploy.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use counterfoil_core::port::store::ALL_SHARDS;
use counterfoil_testkit::template::BY_DEFAULT;
use serde_json::{Value, json};

pub(crate) mod alarms;
mod floods;
mod promises;
mod releases;

type Functions = BTreeMap<String, Value>;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The template with every parameter at its default.
fn template() -> Value {
    counterfoil_testkit::template::template(BY_DEFAULT)
}

fn resources_of_type(kind: &str) -> BTreeMap<String, Value> {
    let template = template();
    let all = template["Resources"].as_object().expect("the template has resources");
    all.iter().filter(|(_, resource)| resource["Type"] == kind).map(|(id, resource)| (id.clone(), resource.clone())).collect()
}

/// The functions by the name of their binary.
fn functions() -> Functions {
    let resources = resources_of_type("AWS::Serverless::Function");
    let count = resources.len();
    let named: Functions =
        resources.into_values().map(|f| (text(&f["Metadata"]["BuildProperties"]["Binary"]), f["Properties"].clone())).collect();
    assert_eq!(named.len(), count, "two functions are made of one binary");
    named
}

/// The names of the files with this extension in a folder, without the extension.
pub(crate) fn stems(folder: &str, extension: &str) -> BTreeSet<String> {
    let files = fs::read_dir(repository().join(folder)).expect("the folder is there");
    files
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .map(|path| path.file_stem().expect("a file has a name").to_string_lossy().into_owned())
        .collect()
}

fn sample_event(function: &str) -> Value {
    let path = repository().join("events").join(format!("{function}.json"));
    serde_json::from_str(&fs::read_to_string(path).expect("each function has an event")).expect("an event is JSON")
}

/// Whether a function has an address of its own, for all its routes. The gateway has none of them then.
fn has_own_address(function: &Value) -> bool {
    !function["FunctionUrlConfig"].is_null()
}

/// `METHOD path` of each HTTP event.
fn routes(function: &Value) -> Vec<String> {
    events(function, "HttpApi").map(|event| format!("{} {}", text(&event["Method"]), text(&event["Path"]))).collect()
}

fn events<'a>(function: &'a Value, kind: &'a str) -> impl Iterator<Item = &'a Value> {
    let all = function["Events"].as_object();
    assert!(all.is_some() || has_own_address(function), "a function has events");
    all.into_iter().flatten().map(|(_, event)| event).filter(move |event| event["Type"] == kind).map(|event| &event["Properties"])
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a text")).to_owned()
}

#[test]
fn each_binary_is_one_function_and_has_one_sample_event() {
    let deployed: BTreeSet<String> = functions().into_keys().collect();
    assert_eq!(deployed, stems("crates/functions/src/bin", "rs"), "template.yaml and src/bin");
    assert_eq!(deployed, stems("events", "json"), "template.yaml and events");
}

#[test]
fn each_route_is_one_event_of_its_function() {
    let functions = functions();
    let mut deployed: Vec<_> = functions
        .iter()
        .flat_map(|(name, function)| routes(function).into_iter().map(move |route| (name.clone(), route)))
        .collect();
    let mut answered: Vec<_> = counterfoil_functions::routes::routes()
        .iter()
        .filter(|route| !has_own_address(&functions[route.function]))
        .map(|route| (route.function.to_owned(), format!("{} {}", route.method, route.path)))
        .collect();
    deployed.sort();
    answered.sort();
    assert_eq!(deployed, answered, "template.yaml and the router");

    let distinct: BTreeSet<_> = answered.iter().map(|(_, route)| route).collect();
    assert_eq!(distinct.len(), answered.len(), "a route is given to two functions");
}

#[test]
fn the_readme_lists_every_route_and_the_page_on_deployment_every_function() {
    let read = |name: &str| fs::read_to_string(repository().join(name)).expect("a page");
    let (readme, deployment) = (read("README.md"), read("docs/deploy.md"));
    let listed = readme.split_once("## Routes").and_then(|(_, rest)| rest.split_once("## Read on")).expect("a list of routes").0;
    let routes = counterfoil_functions::routes::routes();
    // Preflights follow from the others.
    let known = routes.iter().filter(|route| route.method != "OPTIONS").map(|route| (route.method, route.path)).collect();
    assert_eq!(requests_in(listed), known, "the requests in README.md, and the routes");
    for route in routes {
        assert!(deployment.contains(&format!("| `{}` |", route.function)), "docs/deploy.md lists no {}", route.function);
    }
}

/// The address of a function is open to everyone, and the HTTP API stops waiting before such a function ends.
#[test]
fn a_function_with_its_own_address_checks_the_key_itself_on_each_route() {
    let functions = functions();
    let own: Vec<_> = functions.iter().filter(|(_, function)| has_own_address(function)).map(|(name, _)| name.as_str()).collect();
    assert_eq!(own, ["desktop"]);
    assert_eq!(functions["desktop"]["FunctionUrlConfig"], json!({ "AuthType": "NONE" }));
    assert!(routes(&functions["desktop"]).is_empty(), "it waits for longer than the HTTP API");
    assert!(functions["desktop"]["Timeout"].as_u64().is_some_and(|seconds| seconds > 110 + 5), "a request waits for 110 s");
    let keyless: Vec<_> = counterfoil_functions::routes::DESKTOP.iter().filter(|route| route.scopes.is_empty()).collect();
    assert!(keyless.is_empty(), "a route without a key has no limit of a gateway");
    let address = &template()["Outputs"]["DesktopApiUrl"]["Value"];
    assert_eq!(address, &json!(["", ["DesktopFunctionUrl.FunctionUrl", "v1"]]));
}

/// The requests in the first cells of a table: "`GET`, `POST /path`, `/path/{id}`" has the methods of the first path for the second too.
fn requests_in(table: &str) -> BTreeSet<(&str, &str)> {
    let mut requests = BTreeSet::new();
    for cell in table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next()) {
        let (mut methods, mut has_path) = (Vec::new(), false);
        for code in cell.split('`').skip(1).step_by(2) {
            let (method, path) = code.split_once(' ').unwrap_or(if code.starts_with('/') { ("", code) } else { (code, "") });
            if has_path && !method.is_empty() {
                methods.clear();
            }
            methods.extend((!method.is_empty()).then_some(method));
            has_path = !path.is_empty();
            requests.extend(methods.iter().filter(|_| has_path).map(|method| (*method, path)));
        }
    }
    requests
}

#[test]
fn each_sample_event_is_one_that_its_function_gets() {
    for (name, function) in functions() {
        let event = sample_event(&name);
        if event["Records"][0]["eventSource"] == "aws:sqs" {
            assert_eq!(events(&function, "SQS").count(), 1, "{name} has a queue");
            continue;
        }
        if event["Records"][0]["eventSource"] == "aws:dynamodb" {
            let sources = resources_of_type("AWS::Lambda::EventSourceMapping");
            assert!(
                sources.values().any(|source| source["Properties"]["EventSourceArn"] == "Table.StreamArn"),
                "{name} has a stream"
            );
            continue;
        }
        if has_own_address(&function) {
            let http = &event["requestContext"]["http"];
            let asked = [&event["routeKey"], &event["requestContext"]["routeKey"], &event["rawPath"]];
            assert_eq!(
                asked,
                [&json!("$default"), &json!("$default"), &http["path"]],
                "{name}: as an address of Lambda sends it"
            );
            continue;
        }
        if routes(&function).is_empty() {
            let inputs: Vec<_> = events(&function, "Schedule").map(|schedule| turn(&text(&schedule["Input"]))).collect();
            assert!(inputs.contains(&event), "no schedule of {name} sends its sample event");
            continue;
        }
        let route = text(&event["routeKey"]);
        let http = &event["requestContext"]["http"];
        assert!(routes(&function).contains(&route), "{name} does not get {route}");
        assert_eq!(event["version"], "2.0", "{name}");
        assert_eq!(event["requestContext"]["routeKey"], route, "{name}");
        assert_eq!(event["rawPath"], http["path"], "{name}");
        assert_eq!(
            format!("{} {}", text(&http["method"]), text(&http["path"])),
            filled(&route, &event["pathParameters"]),
            "{name}"
        );

        let query: BTreeMap<_, _> = url::form_urlencoded::parse(text(&event["rawQueryString"]).as_bytes()).into_owned().collect();
        let decoded = event["queryStringParameters"].as_object().cloned().unwrap_or_default();
        assert_eq!(json!(query), json!(decoded), "{name}");
    }
}

#[test]
fn r12_the_schedules_cover_every_shard_once() {
    for (count, holding) in [(4, &[][..]), (8, &["AtLeast8"]), (16, &["AtLeast8", "Sixteen"])] {
        let template = counterfoil_testkit::template::template(&[BY_DEFAULT, holding].concat());
        let refresher = &template["Resources"]["RefresherFunction"]["Properties"];
        let running: Vec<_> = events(refresher, "Schedule").filter(|schedule| schedule["State"] != "DISABLED").collect();
        assert_eq!(running.len(), count);
        assert!(running.iter().all(|schedule| schedule["State"] == "RefresherState"), "a parameter stops them all");
        let turns: Vec<_> = running.into_iter().map(|schedule| turn(&text(&schedule["Input"]))).collect();
        let shards = |turn: &Value| turn["shards"].as_array().cloned().unwrap_or_default();
        assert!(turns.iter().all(|turn| shards(turn).len() == 16 / count), "each has as much to do as another: {turns:?}");
        let mut all: Vec<_> = turns.iter().flat_map(shards).collect();
        all.sort_by_key(Value::as_u64);
        assert_eq!(json!(all), json!(ALL_SHARDS));
        // Four fifths of the runs in five minutes.
        assert_eq!(template["Resources"]["RefresherSilent"]["Properties"]["Threshold"], count * 4);
    }
}

#[test]
fn t5_the_revoker_runs_every_minute_unless_the_refreshers_parameter_stops_it() {
    let functions = functions();
    let schedules: Vec<_> = events(&functions["revoker"], "Schedule").collect();
    let [schedule] = &schedules[..] else { panic!("{schedules:?}") };
    assert_eq!((&schedule["Schedule"], &schedule["State"]), (&json!("rate(1 minute)"), &json!("RefresherState")));
    let silent = &resources_of_type("AWS::CloudWatch::Alarm")["RevokerSilent"]["Properties"];
    assert_eq!((&silent["Threshold"], &silent["Period"]), (&json!(4), &json!(300)), "four of five runs");
}

fn turn(input: &str) -> Value {
    serde_json::from_str(input).expect("JSON")
}

fn filled(route: &str, parameters: &Value) -> String {
    let parameters = parameters.as_object().cloned().unwrap_or_default();
    parameters.iter().fold(route.to_owned(), |path, (name, value)| path.replace(&format!("{{{name}}}"), &text(value)))
}
