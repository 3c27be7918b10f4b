//! Metrics in CloudWatch's embedded metric format: log lines from which CloudWatch extracts metrics (S-3). No metric has a dimension
//! per connection, per partner or per endpoint. A line has only the fields that are listed here, and no secret.

mod emitted;
#[cfg(test)]
mod tests;

use std::io::Write as _;

use counterfoil_core::port::store::health::Connections;
use counterfoil_core::service::health::figures::THROTTLED;
use counterfoil_core::service::health::gauges::Gauges;
use counterfoil_core::service::webhook::deliver::DELIVERY;
use counterfoil_core::service::webhook::sweep::Swept;
use counterfoil_core::service::worker::shards::Report;
use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use emitted::{CONNECTIONS, CONSENT, FAULT, REFRESH, RUN, is_measured, line};

pub use emitted::{NAMESPACE, is_emitted};

/// The targets whose events have a metric line and no other.
pub(crate) const WITHOUT_LOG: [&str; 6] = [REFRESH, CONSENT, CONNECTIONS, THROTTLED, DELIVERY, RUN];

/// Writes a metric line for each log event that is measured: the end of a refresh, of a consent, of an import and of an attempt to
/// deliver, the end of a webhook endpoint, an import that waits, a run of a worker, the numbers of connections, a fault, and a warning of a
/// wrong clock.
pub struct Metrics<W>(W);

impl<W: Fn(&str) + 'static> Metrics<W> {
    /// Metrics whose lines go to `write`, each with its line break.
    pub fn to(write: W) -> Self {
        Self(write)
    }
}

impl<S: Subscriber, W: Fn(&str) + 'static> Layer<S> for Metrics<W> {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        if is_measured(metadata.target()) || metadata.fields().field(FAULT).is_some() {
            let mut fields = Fields(Map::new());
            event.record(&mut fields);
            if let Some(line) = line(metadata.target(), fields.0, now()) {
                (self.0)(&format!("{}\n", Value::Object(line)));
            }
        }
    }
}

/// Writes a line to standard output at once, so that lines of several tasks do not mix. A log that cannot be written fails no request.
pub(crate) fn to_standard_output(line: &str) {
    let _ = std::io::stdout().lock().write_all(line.as_bytes());
}

/// Measures a run of the refresher.
pub(crate) fn run(report: &Report) {
    let Report { due, left, unread_shards, .. } = *report;
    tracing::info!(target: RUN, oldest_overdue_seconds = report.oldest_overdue.as_secs(), due, left, unread_shards);
}

/// Measures a run of the worker of imports.
pub(crate) fn run_of_imports(report: &Report) {
    tracing::info!(target: RUN, oldest_import_overdue_seconds = report.oldest_overdue.as_secs());
}

/// Measures a run of the worker of purges.
pub(crate) fn run_of_purges(report: &Report) {
    tracing::info!(target: RUN, oldest_purge_overdue_seconds = report.oldest_overdue.as_secs());
}

/// Measures a sweep of the dispatcher.
pub(crate) fn run_of_sweep(swept: &Swept) {
    tracing::info!(target: RUN, oldest_endpoint_overdue_seconds = swept.oldest_overdue.as_secs());
}

/// Measures the numbers of connections and of pending deliveries.
pub(crate) fn gauges(gauges: &Gauges) {
    for (platform, connections) in &gauges.connections {
        let Connections { active, needs_reauthorization, disconnected } = *connections;
        tracing::info!(target: CONNECTIONS, platform = platform.as_str(), active, needs_reauthorization, disconnected);
    }
    tracing::info!(target: RUN, pending_deliveries = gauges.pending_deliveries);
}

#[expect(clippy::disallowed_methods, reason = "a log line has the real time, even if a test sets the clock")]
fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// The fields of a log event.
struct Fields(Map<String, Value>);

impl Fields {
    fn keep(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
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
