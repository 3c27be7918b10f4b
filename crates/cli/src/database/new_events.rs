//! Finds the events in requests that write to the table. In a deployment the table's stream names them.

use counterfoil_core::model::name::PartnerId;
use counterfoil_functions::worker::dispatcher::event;
use serde::Deserialize;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// The most events that wait for the dispatcher. Its sweep finds the others.
const WAITING_MOST: usize = 10_000;

/// An event that was stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NewEvent {
    /// Its partner.
    pub(crate) partner: PartnerId,
    /// Its id.
    pub(crate) id: String,
}

/// Where the database's server names new events, and where they are read.
pub(crate) fn stream() -> (Sender<NewEvent>, Receiver<NewEvent>) {
    channel(WAITING_MOST)
}

/// The events that a request puts into the table.
pub(super) fn events_in(operation: &str, body: &str) -> Vec<NewEvent> {
    if !body.contains("\"EVENTS#") {
        return Vec::new();
    }
    let puts: Vec<Put> = match operation {
        "PutItem" => serde_json::from_str(body).into_iter().collect(),
        "TransactWriteItems" => {
            let written: Transaction = serde_json::from_str(body).unwrap_or_default();
            written.writes.into_iter().filter_map(|write| write.put).collect()
        }
        _ => Vec::new(),
    };
    puts.into_iter()
        .filter_map(|put| event(&put.item.pk.text, &put.item.sk.text))
        .map(|(partner, id)| NewEvent { partner, id })
        .collect()
}

#[derive(Default, Deserialize)]
struct Transaction {
    #[serde(rename = "TransactItems")]
    writes: Vec<Write>,
}

#[derive(Deserialize)]
struct Write {
    #[serde(rename = "Put")]
    put: Option<Put>,
}

#[derive(Deserialize)]
struct Put {
    #[serde(rename = "Item")]
    item: Keyed,
}

#[derive(Deserialize)]
struct Keyed {
    #[serde(rename = "PK")]
    pk: Text,
    #[serde(rename = "SK")]
    sk: Text,
}

#[derive(Deserialize)]
struct Text {
    #[serde(rename = "S")]
    text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_found_in_puts_and_transactions() {
        let event = NewEvent { partner: PartnerId::default_partner(), id: "evt_1".to_owned() };
        let item = r#"{"PK":{"S":"EVENTS#default"},"SK":{"S":"evt_1"},"at":{"N":"1"}}"#;
        let other = r#"{"PK":{"S":"CONN#default#acme"},"SK":{"S":"STATE"}}"#;
        let put = format!(r#"{{"TableName":"t","Item":{item}}}"#);
        assert_eq!(events_in("PutItem", &put), std::slice::from_ref(&event));
        let update = r#"{"Update":{"Key":{"PK":{"S":"a"}}}}"#;
        let written = format!(r#"{{"TransactItems":[{{"Put":{{"Item":{other}}}}},{update},{{"Put":{{"Item":{item}}}}}]}}"#);
        assert_eq!(events_in("TransactWriteItems", &written), [event]);
        assert_eq!(events_in("PutItem", &format!(r#"{{"Item":{other}}}"#)), []);
        assert_eq!(events_in("Query", r#"{":pk":{"S":"EVENTS#default"}}"#), []);
    }
}
