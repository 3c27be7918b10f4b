//! Metrics in CloudWatch's embedded format: a log line that is also a measurement (S-3). None has a dimension per
//! connection, and none holds a secret: what may be in a line is listed here.

use std::io::Write as _;

use counterfoil_core::service::refresh_due::Report;
use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

/// The namespace of all of them; alarms in `template.yaml` name it.
pub const NAMESPACE: &str = "Counterfoil";
/// The target under which core says how a refresh ended.
pub(crate) const REFRESH: &str = "counterfoil::refresh";
/// What a refresh says of itself.
const FIELDS: [&str; 4] = ["connection", "platform", "outcome", "milliseconds"];

/// Makes a metric line of each refresh's end.
pub struct RefreshMetrics;

impl<S: Subscriber> Layer<S> for RefreshMetrics {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == REFRESH {
            let mut fields = Fields(Map::new());
            event.record(&mut fields);
            write(refresh_line(fields.0, now()));
        }
    }
}

/// The metrics of a run of the refresher.
pub fn run(report: &Report) {
    write(run_line(report, now()));
}

fn refresh_line(mut line: Map<String, Value>, timestamp: i64) -> Map<String, Value> {
    line.insert("Refreshes".to_owned(), json!(1));
    let metrics = json!([{ "Name": "Refreshes", "Unit": "Count" }, { "Name": "milliseconds", "Unit": "Milliseconds" }]);
    line.insert("_aws".to_owned(), directive(&json!([["outcome"], ["platform", "outcome"]]), &metrics, timestamp));
    line
}

fn run_line(report: &Report, timestamp: i64) -> Map<String, Value> {
    let metrics = json!([
        { "Name": "OldestOverdueSeconds", "Unit": "Seconds" },
        { "Name": "Due", "Unit": "Count" },
        { "Name": "Left", "Unit": "Count" },
        { "Name": "UnreadShards", "Unit": "Count" },
    ]);
    let line = json!({
        "_aws": directive(&json!([[]]), &metrics, timestamp),
        "OldestOverdueSeconds": report.oldest_overdue.as_secs(),
        "Due": report.due,
        "Left": report.left,
        "UnreadShards": report.unread_shards,
    });
    line.as_object().cloned().unwrap_or_default()
}

fn directive(dimensions: &Value, metrics: &Value, timestamp: i64) -> Value {
    json!({ "Timestamp": timestamp, "CloudWatchMetrics": [{ "Namespace": NAMESPACE, "Dimensions": dimensions, "Metrics": metrics }] })
}

#[expect(clippy::disallowed_methods, reason = "a log line bears the time at which it is written, whatever a test's clock says")]
fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// One line at once, so that lines of several tasks do not mix. A log that cannot be written is no reason to fail.
fn write(line: Map<String, Value>) {
    let mut text = Value::Object(line).to_string();
    text.push('\n');
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// The listed fields of an event.
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
        let line = refresh_line(fields.as_object().cloned().unwrap_or_default(), 5);
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
    fn r12_a_run_tells_the_age_of_the_oldest_overdue_row() {
        let report = Report { due: 3, left: 1, oldest_overdue: std::time::Duration::from_secs(61), ..Report::default() };
        let line = Value::Object(run_line(&report, 5));
        assert_eq!((&line["OldestOverdueSeconds"], &line["Due"], &line["Left"]), (&json!(61), &json!(3), &json!(1)));
    }
}
