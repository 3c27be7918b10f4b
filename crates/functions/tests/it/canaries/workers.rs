//! Every worker, one run each.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::time::Duration;

use counterfoil_functions::routes::routes;
use counterfoil_functions::worker::{courier, dispatcher, parked, purger, refresher, revoker, sync_worker};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};

use super::secrets::Kind;
use super::{PARKING, Tour};
use crate::harness::text;
use crate::template::stems;

/// A function's time.
const TIME: Duration = Duration::from_secs(280);

impl Tour {
    pub(super) async fn runs_every_worker(&mut self, why: &str) {
        let app = || self.place.app();
        let token = self.mirror.passed().secrets.of(Kind::RefreshToken).pop().expect("one has passed");
        let garbled = json!({ "Records": [{ "messageId": "1", "body": token }, { "messageId": "2", "body": json!({ "grant": token }).to_string() }] });
        let messages = self.messages().await;
        let records = self.records().await;
        let ran: Vec<(&str, String)> = vec![
            ("refresher", shown(refresher::run(app(), of(json!({})), TIME).await)),
            ("sync-worker", shown(sync_worker::run(app(), of(json!({})), TIME).await)),
            ("revoker", shown(revoker::run(app(), IgnoredAny, TIME).await)),
            ("purger", shown(purger::run(app(), IgnoredAny, TIME).await)),
            ("dispatcher", shown(dispatcher::run(app(), of(records), TIME).await)),
            ("dispatcher", shown(dispatcher::run(app(), of(json!({})), TIME).await)),
            ("courier", shown(courier::run(app(), of(messages), TIME).await)),
            ("courier", shown(courier::run(app(), of(garbled.clone()), TIME).await)),
            ("parked", shown(parked::run(app(), of(garbled), TIME).await)),
            ("parked", shown(parked::run(app(), of(self.parked()), TIME).await)),
        ];
        let names: BTreeSet<String> = ran.iter().map(|(name, _)| (*name).to_owned()).collect();
        let mut workers = stems("crates/functions/src/bin", "rs");
        workers.retain(|name| !routes().iter().any(|route| route.function == name));
        assert_eq!(names, workers, "each worker has a run here");
        self.results.extend(ran.into_iter().map(|(name, result)| format!("{name}, {why}: {result}")));
    }

    /// The messages to the parking queue.
    fn parked(&self) -> Value {
        let messages = self.place.wire.messages().into_iter().filter(|message| message.queue == PARKING);
        let records: Vec<_> = messages.map(|message| json!({ "messageId": "1", "body": message.text })).collect();
        json!({ "Records": records })
    }

    /// A message for each webhook endpoint.
    async fn messages(&self) -> Value {
        let rows = self.place.rows.under("WEBHOOKS#default", "ENDPOINT#").await;
        let message = |row| json!({ "partner": "default", "endpoint": text(row, "SK").trim_start_matches("ENDPOINT#") });
        let records: Vec<_> = rows.iter().map(|row| json!({ "messageId": "1", "body": message(row).to_string() })).collect();
        json!({ "Records": records })
    }

    /// The records of the table's stream for all events.
    async fn records(&self) -> Value {
        let rows = self.place.rows.under("EVENTS#default", "evt_").await;
        let keys = |row| json!({ "PK": { "S": "EVENTS#default" }, "SK": { "S": text(row, "SK") } });
        let records: Vec<_> =
            rows.iter().map(|row| json!({ "dynamodb": { "Keys": keys(row), "SequenceNumber": "1" } })).collect();
        json!({ "Records": records })
    }
}

/// A worker's event.
fn of<T: DeserializeOwned>(event: Value) -> T {
    serde_json::from_value(event).expect("an event")
}

fn shown(result: Result<impl Debug, impl Debug + ToString>) -> String {
    match result {
        Ok(answer) => format!("{answer:?}"),
        Err(error) => format!("{error:?} {}", error.to_string()),
    }
}
