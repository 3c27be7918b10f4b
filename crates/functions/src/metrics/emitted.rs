//! Which metrics are emitted, and their lines.

use counterfoil_core::service::health::figures::THROTTLED;
use counterfoil_core::service::sync::finish::IMPORT;
use counterfoil_core::service::vault::skew::CLOCK;
use counterfoil_core::service::webhook::deliver::{DELIVERY, ENDPOINT};
use serde_json::{Map, Value, json};

/// The namespace of all metrics. The alarms in `template.yaml` name it.
pub const NAMESPACE: &str = "Counterfoil";
/// The log target under which core logs the end of a refresh.
pub(crate) const REFRESH: &str = "counterfoil::refresh";
/// The log target under which core logs the end of a consent.
pub(crate) const CONSENT: &str = "counterfoil::consent";
/// The log target under which the workers report their runs.
pub(super) const RUN: &str = "counterfoil::run";
/// The log target under which the dispatcher reports the numbers of connections to a platform.
pub(super) const CONNECTIONS: &str = "counterfoil::connections";
/// The field that names a fault, under any log target: [`counterfoil_core::Error::fault`].
pub(super) const FAULT: &str = "fault";
/// The fields of a log event that a metric line may have, beside the metrics themselves.
const FIELDS: [&str; 9] = ["connection", "platform", "outcome", "milliseconds", "reason", "code", FAULT, "delivery", "attempt"];

/// A metric.
struct Metric {
    name: &'static str,
    unit: &'static str,
    /// Its sets of dimensions.
    sets: &'static [&'static [&'static str]],
    /// The field that has its value. A line without this field does not have the metric. `None`: each line counts one.
    field: Option<&'static str>,
}

impl Metric {
    const fn count(name: &'static str, sets: &'static [&'static [&'static str]]) -> Self {
        Self { name, unit: "Count", sets, field: None }
    }

    const fn of(field: &'static str, name: &'static str, unit: &'static str, sets: &'static [&'static [&'static str]]) -> Self {
        Self { name, unit, sets, field: Some(field) }
    }
}

const BY_OUTCOME: &[&[&str]] = &[&["outcome"], &["platform", "outcome"]];
const BY_PLATFORM: &[&[&str]] = &[&["platform"]];
const PLAIN: &[&[&str]] = &[&[]];

/// The metrics of the events under a log target.
const BY_TARGET: &[(&str, &[Metric])] = &[
    (REFRESH, &[Metric::count("Refreshes", BY_OUTCOME), Metric::of("milliseconds", "milliseconds", "Milliseconds", BY_OUTCOME)]),
    (CONSENT, &[Metric::count("Consents", &[&["outcome"]])]),
    (IMPORT, &[Metric::count("Imports", BY_OUTCOME), Metric::of("errors", "RecordErrors", "Count", &[&[], &["platform"]])]),
    (THROTTLED, &[Metric::count("ImportsThrottled", BY_PLATFORM)]),
    (
        CONNECTIONS,
        &[
            Metric::of("active", "ConnectionsActive", "Count", BY_PLATFORM),
            Metric::of("needs_reauthorization", "ConnectionsNeedingReauthorization", "Count", BY_PLATFORM),
            Metric::of("disconnected", "ConnectionsDisconnected", "Count", BY_PLATFORM),
        ],
    ),
    (CLOCK, &[Metric::count("ClockWarnings", PLAIN)]),
    (
        DELIVERY,
        &[
            Metric::count("DeliveryAttempts", &[&["outcome"]]),
            Metric::of("delay_milliseconds", "DeliveryDelay", "Milliseconds", PLAIN),
        ],
    ),
    (ENDPOINT, &[Metric::count("EndpointsDisabled", &[&[], &["reason"]])]),
    (
        RUN,
        &[
            Metric::of("oldest_overdue_seconds", "OldestOverdueSeconds", "Seconds", PLAIN),
            Metric::of("due", "Due", "Count", PLAIN),
            Metric::of("left", "Left", "Count", PLAIN),
            Metric::of("unread_shards", "UnreadShards", "Count", PLAIN),
            Metric::of("oldest_import_overdue_seconds", "OldestImportOverdueSeconds", "Seconds", PLAIN),
            Metric::of("oldest_purge_overdue_seconds", "OldestPurgeOverdueSeconds", "Seconds", PLAIN),
            Metric::of("oldest_endpoint_overdue_seconds", "OldestEndpointOverdueSeconds", "Seconds", PLAIN),
            Metric::of("pending_deliveries", "PendingDeliveries", "Count", PLAIN),
        ],
    ),
];
const OF_A_FAULT: &[Metric] = &[Metric::count("Faults", &[&[FAULT]])];

/// Whether a metric of this name has exactly these dimensions. A test checks the alarms of `template.yaml` with it.
pub fn is_emitted(name: &str, dimensions: &[&str]) -> bool {
    let all = BY_TARGET.iter().map(|(_, metrics)| *metrics).chain([OF_A_FAULT]).flatten();
    all.into_iter().any(|metric| metric.name == name && metric.sets.contains(&dimensions))
}

/// Whether the events under this log target are measured.
pub(super) fn is_measured(target: &str) -> bool {
    metrics_of(target).is_some()
}

fn metrics_of(target: &str) -> Option<&'static [Metric]> {
    BY_TARGET.iter().find(|(of, _)| *of == target).map(|(_, metrics)| *metrics)
}

/// The line of a log event with these fields; `None` if its field `fault` is empty, as for a platform that cannot be reached.
pub(super) fn line(target: &str, mut fields: Map<String, Value>, timestamp: i64) -> Option<Map<String, Value>> {
    let metrics = metrics_of(target).or_else(|| fields.contains_key(FAULT).then_some(OF_A_FAULT))?;
    let (mut line, mut directives) = (Map::new(), Vec::<Value>::new());
    for Metric { name, unit, sets, field } in metrics {
        let Some(value) = field.map_or(Some(json!(1)), |field| fields.get(field).cloned()) else { continue };
        line.insert((*name).to_owned(), value);
        let named = json!({ "Name": name, "Unit": unit });
        match directives.iter_mut().find(|directive| directive["Dimensions"] == json!(sets)) {
            Some(directive) => directive["Metrics"].as_array_mut()?.push(named),
            None => directives.push(json!({ "Namespace": NAMESPACE, "Dimensions": sets, "Metrics": [named] })),
        }
    }
    fields.retain(|name, _| FIELDS.contains(&name.as_str()));
    line.extend(fields);
    line.insert("_aws".to_owned(), json!({ "Timestamp": timestamp, "CloudWatchMetrics": directives }));
    Some(line)
}
