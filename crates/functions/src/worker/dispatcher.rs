//! Turns events into deliveries: those that the table's stream names, at once, and every minute those that it lost.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_core::model::name::PartnerId;
use counterfoil_core::service::health::gauges::gauges;
use counterfoil_core::service::health::recount::recount;
use counterfoil_core::service::webhook::dispatch::dispatch;
use counterfoil_core::service::webhook::sweep::{Swept, sweep};
use counterfoil_core::{App, Error};
use serde::{Deserialize, Serialize};

use crate::metrics;

/// What is kept of the function's time for its end.
const ENDING_TAKES: Duration = Duration::from_secs(2);
/// How many connections are counted again after a sweep.
const RECOUNTED_MOST: usize = 500;

/// The worker's event: records of the table's stream, or without records an event of its schedule.
#[derive(Debug, Default, Deserialize)]
pub struct Turn {
    /// The records.
    #[serde(default, rename = "Records")]
    records: Vec<Record>,
}

/// A record of the stream, which has only the keys of the new item (`KEYS_ONLY`).
#[derive(Debug, Deserialize)]
struct Record {
    dynamodb: Change,
}

#[derive(Debug, Deserialize)]
struct Change {
    #[serde(rename = "Keys")]
    keys: BTreeMap<String, Text>,
    #[serde(rename = "SequenceNumber")]
    sequence_number: String,
}

#[derive(Debug, Deserialize)]
struct Text {
    #[serde(rename = "S")]
    text: String,
}

/// The records that are to be sent again. The stream sends all from the first of them on.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Answer {
    #[serde(rename = "batchItemFailures")]
    failures: Vec<Failure>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Failure {
    #[serde(rename = "itemIdentifier")]
    sequence_number: String,
}

/// Dispatches the events of the records, or sweeps.
///
/// # Errors
/// Those of the sweep. A record that could not be dispatched is named in the answer.
pub async fn run(app: Arc<App>, turn: Turn, left: Duration) -> Result<Answer, Error> {
    if turn.records.is_empty() {
        metrics::run_of_sweep(&sweep_all(&app, left).await?);
        return Ok(Answer::default());
    }
    let mut by_partner = BTreeMap::<PartnerId, (String, Vec<String>)>::new();
    for record in turn.records {
        let sequence_number = record.dynamodb.sequence_number.clone();
        if let Some((partner, event)) = record.event() {
            by_partner.entry(partner).or_insert_with(|| (sequence_number, Vec::new())).1.push(event);
        }
    }
    let mut answer = Answer::default();
    for (partner, (sequence_number, events)) in by_partner {
        if let Err(error) = dispatch(&app, &partner, &events).await {
            tracing::error!(%partner, code = error.code(), fault = error.fault(), %error, "events could not be dispatched");
            answer.failures.push(Failure { sequence_number });
        }
    }
    Ok(answer)
}

impl Record {
    /// The event that was stored. `None` for another item, which the stream's filter should have left out.
    fn event(self) -> Option<(PartnerId, String)> {
        let [pk, sk] = ["PK", "SK"].map(|name| self.dynamodb.keys.get(name).map(|key| key.text.as_str()));
        event(pk?, sk?)
    }
}

/// The event with this key; `None` if it is the key of another item.
pub fn event(pk: &str, sk: &str) -> Option<(PartnerId, String)> {
    let partner = PartnerId::parse(pk.strip_prefix("EVENTS#")?).ok()?;
    sk.starts_with("evt_").then(|| (partner, sk.to_owned()))
}

/// Dispatches the events that the stream lost, wakes the courier for each endpoint that is due, measures the numbers of connections and of
/// pending deliveries, and goes on with the recount of connections.
///
/// # Errors
/// The table's errors, except those of the measurement and the recount.
pub async fn sweep_all(app: &Arc<App>, left: Duration) -> Result<Swept, Error> {
    let ends_at = app.clock.elapsed() + left.saturating_sub(ENDING_TAKES);
    let swept = sweep(app, ends_at).await?;
    if swept.events > 0 || swept.unfinished > 0 {
        tracing::warn!(events = swept.events, unfinished = swept.unfinished, "events had not been dispatched");
    }
    match gauges(app, ends_at).await {
        Ok(Some(gauges)) => metrics::gauges(&gauges),
        Ok(None) => tracing::warn!("connections were not measured: too little time, or too many partners"),
        Err(error) => {
            tracing::error!(code = error.code(), fault = error.fault(), %error, "connections could not be measured");
        }
    }
    if let Err(error) = recount(app, RECOUNTED_MOST, ends_at).await {
        tracing::error!(code = error.code(), fault = error.fault(), %error, "connections could not be counted again");
    }
    Ok(swept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_the_stream_and_events_of_the_schedule_are_told_apart() {
        let record = r#"{"Records":[{"eventID":"1","eventName":"INSERT","eventSource":"aws:dynamodb","dynamodb":{
            "Keys":{"PK":{"S":"EVENTS#default"},"SK":{"S":"evt_1"}},"SequenceNumber":"7","StreamViewType":"KEYS_ONLY"}}]}"#;
        let turn: Turn = serde_json::from_str(record).expect("a stream's event");
        let events: Vec<_> = turn.records.into_iter().map(Record::event).collect();
        assert_eq!(events, [Some((PartnerId::default_partner(), "evt_1".to_owned()))]);
        let scheduled: Turn = serde_json::from_str(r#"{"id":"1","detail-type":"Scheduled Event"}"#).expect("a schedule's event");
        assert!(scheduled.records.is_empty());
        assert_eq!(event("CONN#default#acme", "STATE"), None);
        let failed = Answer { failures: vec![Failure { sequence_number: "7".to_owned() }] };
        assert_eq!(serde_json::to_string(&failed).expect("JSON"), r#"{"batchItemFailures":[{"itemIdentifier":"7"}]}"#);
    }
}
