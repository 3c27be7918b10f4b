//! Reads log lines as `CloudWatch` reads them: which measurements it extracts. Source: "Specification: Embedded metric format" in the
//! user guide of Amazon `CloudWatch`.

use std::collections::BTreeMap;

use serde_json::Value;

const METRICS_MOST: usize = 100;
const DIMENSIONS_MOST: usize = 30;
const LINE_LONGEST: usize = 1_000_000;
/// The longest namespace.
const NAMESPACE_LONGEST: usize = 256;
/// The longest name of a metric or a dimension, and the longest value of a dimension.
const TEXT_LONGEST: usize = 1_024;
/// The units that our metrics have.
const UNITS: [&str; 3] = ["Count", "Milliseconds", "Seconds"];

/// One measurement of a metric. A line with several sets of dimensions has one for each set.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// The namespace of the metric.
    pub namespace: String,
    /// The name of the metric.
    pub name: String,
    /// The dimensions by name.
    pub dimensions: BTreeMap<String, String>,
    /// The value.
    pub value: f64,
}

impl Measurement {
    /// Whether it is one of the metric with this name and exactly these dimensions.
    pub fn is_of(&self, namespace: &str, name: &str, dimensions: &[&str]) -> bool {
        let named = dimensions.iter().all(|dimension| self.dimensions.contains_key(*dimension));
        self.namespace == namespace && self.name == name && self.dimensions.len() == dimensions.len() && named
    }
}

/// The measurements of a log, in its order. Lines without metrics are passed over.
///
/// # Panics
/// If `CloudWatch` would not accept a line with metrics, or would leave out a part of it.
pub fn measurements(log: &str) -> Vec<Measurement> {
    let lines = log.lines().filter(|line| line.contains("\"_aws\""));
    lines.flat_map(|line| of_line(line).unwrap_or_else(|what| panic!("{what}: {line}"))).collect()
}

fn of_line(text: &str) -> Result<Vec<Measurement>, &'static str> {
    let line: Value = serde_json::from_str(text).map_err(|_| "not JSON")?;
    if text.len() > LINE_LONGEST || !line["_aws"]["Timestamp"].is_u64() {
        return Err("too long, or without a time in milliseconds");
    }
    let directives = line["_aws"]["CloudWatchMetrics"].as_array().filter(|all| !all.is_empty()).ok_or("no directive")?;
    let mut measurements = Vec::new();
    for directive in directives {
        let namespace = short(&directive["Namespace"], NAMESPACE_LONGEST).ok_or("no namespace")?;
        let metrics = directive["Metrics"].as_array().filter(|metrics| (1..=METRICS_MOST).contains(&metrics.len()));
        let sets = directive["Dimensions"].as_array().filter(|sets| !sets.is_empty()).ok_or("no set of dimensions")?;
        for metric in metrics.ok_or("no metric, or too many")? {
            let name = short(&metric["Name"], TEXT_LONGEST).ok_or("a metric without a name")?;
            let value = line[&name].as_f64().ok_or("a metric without a number")?;
            if !metric["Unit"].as_str().is_some_and(|unit| UNITS.contains(&unit)) {
                return Err("a metric without a unit");
            }
            for set in sets {
                let dimensions = dimensions(&line, set)?;
                measurements.push(Measurement { namespace: namespace.clone(), name: name.clone(), dimensions, value });
            }
        }
    }
    Ok(measurements)
}

fn dimensions(line: &Value, set: &Value) -> Result<BTreeMap<String, String>, &'static str> {
    let names = set.as_array().filter(|names| names.len() <= DIMENSIONS_MOST).ok_or("no dimensions, or too many")?;
    let dimension = |name: &Value| {
        let name = short(name, TEXT_LONGEST).ok_or("a dimension without a name")?;
        let value = short(&line[&name], TEXT_LONGEST).ok_or("a dimension without a text")?;
        Ok((name, value))
    };
    names.iter().map(dimension).collect()
}

fn short(value: &Value, longest: usize) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty() && text.len() <= longest).map(str::to_owned)
}
