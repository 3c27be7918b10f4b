//! Metrics in CloudWatch's embedded metric format: log lines from which CloudWatch extracts metrics (S-3). No metric has a dimension
//! per connection. A line has only the fields that are listed here, and no secret.

use std::io::Write as _;

use counterfoil_core::service::sync::finish::IMPORT;
use counterfoil_core::service::vault::skew::CLOCK;
use counterfoil_core::service::worker::shards::Report;
use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// The namespace of all metrics. The alarms in `template.yaml` name it.
pub const NAMESPACE: &str = "Counterfoil";
/// The log target under which core logs the end of a refresh.
pub(crate) const REFRESH: &str = "counterfoil::refresh";
/// The log target under which core logs the end of a consent.
pub(crate) const CONSENT: &str = "counterfoil::consent";
/// The field that names a fault, under any log target: [`counterfoil_core::Error::fault`].
const FAULT: &str = "fault";
/// The fields of a log event that a metric line may have.
const FIELDS: [&str; 7] = ["connection", "platform", "outcome", "milliseconds", "reason", "code", FAULT];

/// A metric: its name, its unit, and its sets of dimensions.
type Metric = (&'static str, &'static str, &'static [&'static [&'static str]]);

const BY_OUTCOME: &[&[&str]] = &[&["outcome"], &["platform", "outcome"]];
const WITHOUT_DIMENSIONS: &[&[&str]] = &[&[]];

const OF_A_REFRESH: &[Metric] = &[("Refreshes", "Count", BY_OUTCOME), ("milliseconds", "Milliseconds", BY_OUTCOME)];
const OF_A_CONSENT: &[Metric] = &[("Consents", "Count", &[&["outcome"]])];
const OF_AN_IMPORT: &[Metric] = &[("Imports", "Count", BY_OUTCOME)];
const OF_A_FAULT: &[Metric] = &[("Faults", "Count", &[&[FAULT]])];
const OF_A_CLOCK: &[Metric] = &[("ClockWarnings", "Count", WITHOUT_DIMENSIONS)];
const OF_A_RUN: &[Metric] = &[
    ("OldestOverdueSeconds", "Seconds", WITHOUT_DIMENSIONS),
    ("Due", "Count", WITHOUT_DIMENSIONS),
    ("Left", "Count", WITHOUT_DIMENSIONS),
    ("UnreadShards", "Count", WITHOUT_DIMENSIONS),
];
const OF_A_RUN_OF_IMPORTS: &[Metric] = &[("OldestImportOverdueSeconds", "Seconds", WITHOUT_DIMENSIONS)];
const OF_A_RUN_OF_PURGES: &[Metric] = &[("OldestPurgeOverdueSeconds", "Seconds", WITHOUT_DIMENSIONS)];

/// Whether a metric of this name has exactly these dimensions. A test checks the alarms of `template.yaml` with it.
pub fn is_emitted(name: &str, dimensions: &[&str]) -> bool {
    let all =
        [OF_A_REFRESH, OF_A_CONSENT, OF_AN_IMPORT, OF_A_FAULT, OF_A_CLOCK, OF_A_RUN, OF_A_RUN_OF_IMPORTS, OF_A_RUN_OF_PURGES];
    all.into_iter().flatten().any(|(metric, _, sets)| *metric == name && sets.contains(&dimensions))
}

/// Writes a metric line for the end of each refresh, consent and import, for each fault, and for each warning of a wrong clock.
pub(crate) struct Metrics;

impl<S: Subscriber> Layer<S> for Metrics {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        if [REFRESH, CONSENT, IMPORT, CLOCK].contains(&metadata.target()) || metadata.fields().field(FAULT).is_some() {
            let mut fields = Fields(Map::new());
            event.record(&mut fields);
            if let Some(line) = event_line(metadata.target(), fields.0, now()) {
                write(line);
            }
        }
    }
}

/// Writes the metrics of a run of the refresher.
pub(crate) fn run(report: &Report) {
    write(run_line(report, now()));
}

/// The metrics of a run of the worker of imports.
pub(crate) fn run_of_imports(report: &Report) {
    overdue(OF_A_RUN_OF_IMPORTS, report);
}

/// The metrics of a run of the worker of purges.
pub(crate) fn run_of_purges(report: &Report) {
    overdue(OF_A_RUN_OF_PURGES, report);
}

/// Writes since when the oldest item was due.
fn overdue(metric: &[Metric], report: &Report) {
    let mut line = Map::from_iter([("_aws".to_owned(), directive(metric, now()))]);
    line.extend(metric.iter().map(|(name, ..)| ((*name).to_owned(), json!(report.oldest_overdue.as_secs()))));
    write(line);
}

/// The line of a log event; `None` if its field `fault` is empty, as for a platform that cannot be reached.
fn event_line(target: &str, mut line: Map<String, Value>, timestamp: i64) -> Option<Map<String, Value>> {
    let metrics = match target {
        REFRESH => OF_A_REFRESH,
        CONSENT => OF_A_CONSENT,
        IMPORT => OF_AN_IMPORT,
        CLOCK => OF_A_CLOCK,
        _ if line.contains_key(FAULT) => OF_A_FAULT,
        _ => return None,
    };
    let (counted, _, _) = metrics[0];
    line.insert(counted.to_owned(), json!(1));
    line.insert("_aws".to_owned(), directive(metrics, timestamp));
    Some(line)
}

fn run_line(report: &Report, timestamp: i64) -> Map<String, Value> {
    let line = json!({
        "_aws": directive(OF_A_RUN, timestamp),
        "OldestOverdueSeconds": report.oldest_overdue.as_secs(),
        "Due": report.due,
        "Left": report.left,
        "UnreadShards": report.unread_shards,
    });
    line.as_object().cloned().unwrap_or_default()
}

/// The part of a line that tells CloudWatch which metrics to extract. All of them have the same dimensions.
fn directive(metrics: &[Metric], timestamp: i64) -> Value {
    let (_, _, dimensions) = metrics[0];
    let metrics: Vec<_> = metrics.iter().map(|(name, unit, _)| json!({ "Name": name, "Unit": unit })).collect();
    json!({ "Timestamp": timestamp, "CloudWatchMetrics": [{ "Namespace": NAMESPACE, "Dimensions": dimensions, "Metrics": metrics }] })
}

#[expect(clippy::disallowed_methods, reason = "a log line has the real time, even if a test sets the clock")]
fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Writes a line at once, so that lines of several tasks do not mix. A log that cannot be written fails no request.
fn write(line: Map<String, Value>) {
    let mut text = Value::Object(line).to_string();
    text.push('\n');
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// The listed fields of a log event.
struct Fields(Map<String, Value>);

impl Fields {
    fn keep(&mut self, field: &Field, value: Value) {
        if FIELDS.contains(&field.name()) {
            self.0.insert(field.name().to_owned(), value);
        }
    }
}

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.keep(field, json!(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.keep(field, json!(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.keep(field, json!(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.keep(field, json!(format!("{value:?}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r16_a_refresh_is_counted_by_its_outcome_and_never_by_its_connection() {
        let fields =
            json!({ "connection": "default/acme", "platform": "quickbooks", "outcome": "refreshed", "milliseconds": 12 });
        let line = event_line(REFRESH, fields.as_object().cloned().unwrap_or_default(), 5).expect("a refresh is measured");
        assert_eq!(
            Value::Object(line),
            json!({
                "_aws": { "Timestamp": 5, "CloudWatchMetrics": [{
                    "Namespace": "Counterfoil",
                    "Dimensions": [["outcome"], ["platform", "outcome"]],
                    "Metrics": [{ "Name": "Refreshes", "Unit": "Count" }, { "Name": "milliseconds", "Unit": "Milliseconds" }],
                }] },
                "Refreshes": 1, "connection": "default/acme", "platform": "quickbooks", "outcome": "refreshed", "milliseconds": 12,
            })
        );
    }

    #[test]
    fn a_consent_is_counted_by_its_outcome_and_a_fault_by_its_kind() {
        let line = |target, fields: Value| event_line(target, fields.as_object().cloned().unwrap_or_default(), 5);
        let consent =
            line(CONSENT, json!({ "outcome": "failed", "platform": "xero", "reason": "client_refused" })).expect("a line");
        assert_eq!(consent["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["outcome"]]));
        assert_eq!((&consent["Consents"], &consent["reason"]), (&json!(1), &json!("client_refused")));
        let fault = line("anywhere", json!({ "fault": "internal", "code": "internal_error" })).expect("a line");
        assert_eq!(fault["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["fault"]]));
        assert_eq!(fault["Faults"], json!(1));
        assert_eq!(line("anywhere", json!({ "code": "platform_unavailable" })), None, "no fault");
    }

    #[test]
    fn a_warning_of_a_wrong_clock_is_counted() {
        let fields = json!({ "milliseconds": -5_200 }).as_object().cloned().unwrap_or_default();
        let line = Value::Object(event_line(CLOCK, fields, 5).expect("a line"));
        assert_eq!((&line["ClockWarnings"], &line["milliseconds"]), (&json!(1), &json!(-5_200)));
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([[]]));
    }

    #[test]
    fn a_metric_is_found_by_its_name_and_its_dimensions_together() {
        assert!(is_emitted("Faults", &["fault"]) && is_emitted("Refreshes", &["outcome"]) && is_emitted("Due", &[]));
        assert!(!is_emitted("Faults", &[]) && !is_emitted("Refreshes", &["platform"]) && !is_emitted("Done", &[]));
    }

    #[test]
    fn r12_a_run_reports_the_age_of_the_oldest_overdue_row() {
        let report = Report { due: 3, left: 1, oldest_overdue: std::time::Duration::from_secs(61), ..Report::default() };
        let line = Value::Object(run_line(&report, 5));
        assert_eq!((&line["OldestOverdueSeconds"], &line["Due"], &line["Left"]), (&json!(61), &json!(3), &json!(1)));
    }
}
