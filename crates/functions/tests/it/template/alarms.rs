//! The metrics of all alarms are emitted, and each alarm has its row in docs/runbook.md.

use std::collections::BTreeSet;
use std::fs;

use counterfoil_functions::metrics::{NAMESPACE, is_emitted};
use serde_json::{Value, json};

use super::{repository, resources_of_type, template, text};

/// The metrics of a namespace, and their sets of dimensions.
type Measured = (&'static str, &'static [&'static str], &'static [&'static [&'static str]]);

/// AWS's own metrics by namespace, and their dimensions. Sources: "Metrics for Lambda functions", "HTTP API metrics" of API Gateway,
/// "`DynamoDB` metrics and dimensions", "Available `CloudWatch` metrics for Amazon SQS".
const DOCUMENTED: &[Measured] = &[
    ("AWS/Lambda", &["Errors", "Throttles", "Invocations", "Duration", "IteratorAge"], &[&["FunctionName"]]),
    ("AWS/ApiGateway", &["4xx", "5xx", "Count", "Latency"], &[&["ApiId"]]),
    (
        "AWS/DynamoDB",
        &["ReadThrottleEvents", "WriteThrottleEvents"],
        &[&["TableName"], &["TableName", "GlobalSecondaryIndexName"]],
    ),
    ("AWS/DynamoDB", &["ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"], &[&["TableName"]]),
    ("AWS/DynamoDB", &["SystemErrors"], &[&["TableName", "Operation"]]),
    ("AWS/SQS", &["ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible"], &[&["QueueName"]]),
];

fn is_measured(namespace: &str, metric: &str, dimensions: &[&str]) -> bool {
    if namespace == NAMESPACE {
        return is_emitted(metric, dimensions);
    }
    DOCUMENTED.iter().any(|(of, names, sets)| *of == namespace && names.contains(&metric) && sets.contains(&dimensions))
}

fn alarms() -> Vec<(String, Value)> {
    let all = resources_of_type("AWS::CloudWatch::Alarm").into_iter();
    all.map(|(id, alarm)| (id, alarm["Properties"].clone())).collect()
}

/// The metrics of an alarm with their periods: its only one, or those of its expression.
fn measured(alarm: &Value) -> Vec<(Value, Value)> {
    match alarm["Metrics"].as_array() {
        None => vec![(alarm.clone(), alarm["Period"].clone())],
        Some(entries) => {
            let stats = entries.iter().filter(|entry| entry["MetricStat"].is_object()).map(|entry| &entry["MetricStat"]);
            stats.map(|stat| (stat["Metric"].clone(), stat["Period"].clone())).collect()
        }
    }
}

fn dimensions(metric: &Value) -> Vec<(String, String)> {
    let all = metric["Dimensions"].as_array().cloned().unwrap_or_default();
    all.iter().map(|dimension| (text(&dimension["Name"]), text(&dimension["Value"]))).collect()
}

#[test]
fn each_alarm_watches_a_metric_that_is_emitted() {
    for (id, alarm) in alarms() {
        let metrics = measured(&alarm);
        assert!((1..=10).contains(&metrics.len()), "{id}: an expression takes ten metrics");
        for (metric, period) in metrics {
            let dimensions = dimensions(&metric);
            let names: Vec<&str> = dimensions.iter().map(|(name, _)| name.as_str()).collect();
            let (namespace, name) = (text(&metric["Namespace"]), text(&metric["MetricName"]));
            assert!(is_measured(&namespace, &name, &names), "{id}: nobody measures {namespace} {name} by {names:?}");
            assert!(period.as_u64().is_some_and(|seconds| seconds % 60 == 0), "{id}: {period}");
        }
    }
}

/// Compares the values of an alarm's dimensions with the written ones.
#[test]
fn each_alarm_on_an_outcome_names_one_that_is_written() {
    let faults = [counterfoil_core::Error::Internal(String::new()), misconfigured()].map(|error| error.fault());
    let words = ["client_refused", "rotation_lost", "failed", "connected", "mismatched", "pending", "delivered"].map(Some);
    let written: BTreeSet<&str> = faults.into_iter().chain(words).flatten().collect();
    let own = alarms().into_iter().flat_map(|(_, alarm)| measured(&alarm));
    let named: BTreeSet<String> = own
        .filter(|(metric, _)| metric["Namespace"] == NAMESPACE)
        .flat_map(|(metric, _)| dimensions(&metric))
        .map(|(_, value)| value)
        .collect();
    assert_eq!(named.iter().map(String::as_str).collect::<BTreeSet<_>>(), written);
}

fn misconfigured() -> counterfoil_core::Error {
    counterfoil_core::Error::Misconfigured { what: counterfoil_core::Misconfiguration::SecretMissing, message: String::new() }
}

#[test]
fn no_alarm_goes_off_before_its_first_data() {
    for (id, alarm) in alarms() {
        let is_of_silence = ["RefresherSilent", "RevokerSilent"].contains(&id.as_str());
        assert_eq!(alarm["TreatMissingData"], if is_of_silence { "missing" } else { "notBreaching" }, "{id}");
        let alarmed = if is_of_silence { json!(["AlarmTopic"]) } else { Value::Null };
        assert_eq!(alarm["InsufficientDataActions"], alarmed, "{id}: the end of data is an alarm");
    }
}

#[test]
fn each_function_has_an_alarm_for_throttles() {
    let watched: BTreeSet<_> = alarms()
        .into_iter()
        .filter(|(id, _)| {
            ["FunctionsThrottled", "ImportsThrottled", "WebhooksThrottled", "DesktopThrottled"].contains(&id.as_str())
        })
        .flat_map(|(_, alarm)| measured(&alarm).into_iter().map(|(metric, _)| dimensions(&metric)[0].1.clone()))
        .collect();
    assert_eq!(watched, resources_of_type("AWS::Serverless::Function").into_keys().collect());
}

#[test]
fn each_alarm_has_a_row_in_the_runbook_and_each_row_a_query() {
    let runbook = fs::read_to_string(repository().join("docs/runbook.md")).expect("docs/runbook.md is there");
    let rows: Vec<Vec<&str>> = runbook
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    let named: Vec<String> = rows.iter().map(|row| row[0].trim_matches('`').to_owned()).collect();
    let mut sorted = named.clone();
    sorted.sort();
    assert_eq!(sorted, alarms().into_iter().map(|(id, _)| id).collect::<Vec<_>>());
    for row in rows {
        assert_eq!(row.len(), 4, "{row:?}");
        let query = row[2].split("](#").nth(1).and_then(|rest| rest.strip_suffix(')')).expect("a query");
        assert!(runbook.contains(&format!("\n### {query}\n")), "there is no query {query}");
    }
}

#[test]
fn the_dashboard_shows_every_alarm() {
    let shown: BTreeSet<String> =
        widgets().iter().filter_map(|widget| widget["properties"]["alarms"].as_array()).flatten().map(text).collect();
    assert_eq!(shown, alarms().into_iter().map(|(id, _)| format!("${{{id}.Arn}}")).collect());
}

#[test]
fn the_dashboard_shows_only_what_is_measured() {
    let shown = shown();
    assert!(shown.len() > 30, "{shown:?}");
    for Watched { by, namespace, metric, dimensions } in shown {
        let dimensions: Vec<&str> = dimensions.iter().map(String::as_str).collect();
        assert!(is_measured(&namespace, &metric, &dimensions), "{by}: nobody measures {namespace} {metric} by {dimensions:?}");
    }
}

/// A metric that an alarm or a widget of the dashboard reads, with the names of its dimensions.
#[derive(Debug)]
pub(crate) struct Watched {
    /// The alarm, or the title of the widget.
    pub(crate) by: String,
    pub(crate) namespace: String,
    pub(crate) metric: String,
    pub(crate) dimensions: Vec<String>,
}

/// What the alarms read.
pub(crate) fn watched() -> Vec<Watched> {
    let all =
        alarms().into_iter().flat_map(|(id, alarm)| measured(&alarm).into_iter().map(move |(metric, _)| (id.clone(), metric)));
    all.map(|(by, metric)| Watched {
        by,
        namespace: text(&metric["Namespace"]),
        metric: text(&metric["MetricName"]),
        dimensions: dimensions(&metric).into_iter().map(|(name, _)| name).collect(),
    })
    .collect()
}

fn widgets() -> Vec<Value> {
    let dashboard = &template()["Resources"]["Dashboard"]["Properties"]["DashboardBody"];
    let body: Value = serde_json::from_str(&text(dashboard)).expect("a dashboard is JSON");
    body["widgets"].as_array().expect("widgets").clone()
}

/// What the widgets of the dashboard read. In a list of metrics `.` repeats a part of the one before, and `...` all of its parts up to
/// those that follow (`CloudWatch`, "Dashboard body structure and syntax").
pub(crate) fn shown() -> Vec<Watched> {
    let mut shown = Vec::new();
    for widget in widgets() {
        let by = widget["properties"]["title"].as_str().expect("a title").to_owned();
        let mut last = Vec::<String>::new();
        for metric in widget["properties"]["metrics"].as_array().into_iter().flatten() {
            if let Some(search) = metric[0]["expression"].as_str() {
                shown.push(searched(&by, search));
                continue;
            }
            let written: Vec<String> =
                metric.as_array().expect("a list").iter().filter_map(Value::as_str).map(str::to_owned).collect();
            let parts = match written.split_first() {
                Some((first, rest)) if first == "..." => [&last[..last.len() - rest.len()], rest].concat(),
                _ => {
                    written.iter().zip(0..).map(|(part, at)| if part == "." { last[at].clone() } else { part.clone() }).collect()
                }
            };
            let dimensions = parts[2..].iter().step_by(2).cloned().collect();
            shown.push(Watched { by: by.clone(), namespace: parts[0].clone(), metric: parts[1].clone(), dimensions });
            last = parts;
        }
    }
    shown
}

/// The metric of an expression `SEARCH('{namespace,dimension} MetricName="name"', 'Sum')`.
fn searched(by: &str, search: &str) -> Watched {
    let (sets, rest) = search.split_once("} MetricName=\"").expect("a search for one metric");
    let mut sets = sets.trim_start_matches("SEARCH('{").split(',').map(str::to_owned);
    Watched {
        by: by.to_owned(),
        namespace: sets.next().expect("a namespace"),
        dimensions: sets.collect(),
        metric: rest.split('"').next().expect("a name").to_owned(),
    }
}
