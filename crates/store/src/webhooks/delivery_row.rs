//! The item of a delivery. While it is pending, it is in the index of its endpoint's pending deliveries.

use std::time::Duration;

use counterfoil_core::model::event::Event;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::time::later;
use counterfoil_core::model::webhook::delivery::{Delivery, DeliveryAttempt, DeliveryId, Reply, SendFailure};
use counterfoil_core::model::webhook::endpoint::{EndpointId, EndpointName};
use counterfoil_core::port::store::StoreError;
use serde::{Deserialize, Serialize};

use crate::key::{DELIVERIES, Key, pending_shard};
use crate::row::{Item, damaged, from_item, maybe_time, millis, name_of, text, time, to_item, word, word_or};
use crate::table::{PK, SK};

#[derive(Serialize, Deserialize)]
struct DeliveryRow {
    event: String,
    status: String,
    attempts: Vec<AttemptRow>,
    created_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_shard: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<i64>,
    #[serde(skip_deserializing)]
    ttl: i64,
}

/// An attempt, as an entry of a list.
#[derive(Serialize, Deserialize)]
pub(super) struct AttemptRow {
    at: i64,
    ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub(super) fn write(partner: &PartnerId, delivery: &Delivery) -> Result<Item, StoreError> {
    let endpoint = EndpointName { partner: partner.clone(), id: delivery.id.endpoint.clone() };
    let row = DeliveryRow {
        event: delivery.kind.as_str().to_owned(),
        status: delivery.status.as_str().to_owned(),
        attempts: attempts(delivery),
        created_at: millis(delivery.created_at),
        due_shard: delivery.next_attempt_at.map(|_| pending_shard(&endpoint)),
        due_at: delivery.next_attempt_at.map(millis),
        ttl: later(delivery.created_at, Event::KEPT_FOR).as_second(),
    };
    to_item(&Key::delivery(partner, &delivery.id), row)
}

pub(super) fn attempts(delivery: &Delivery) -> Vec<AttemptRow> {
    let row = |attempt: &DeliveryAttempt| AttemptRow {
        at: millis(attempt.at),
        ms: u64::try_from(attempt.took.as_millis()).unwrap_or(u64::MAX),
        status: match attempt.reply {
            Reply::Status(status) => Some(status),
            Reply::None(_) => None,
        },
        error: match attempt.reply {
            Reply::Status(_) => None,
            Reply::None(failure) => Some(failure.as_str().to_owned()),
        },
    };
    delivery.attempts.iter().map(row).collect()
}

pub(super) fn read(item: Item) -> Result<Delivery, StoreError> {
    let (name, id) = (name_of(&item), id_of(&item)?);
    let row: DeliveryRow = from_item(item)?;
    Ok(Delivery {
        id,
        kind: word(&name, "event", &row.event)?,
        status: word(&name, "status", &row.status)?,
        attempts: row.attempts.into_iter().map(|attempt| attempt.read(&name)).collect::<Result<_, _>>()?,
        next_attempt_at: maybe_time(&name, row.due_at)?,
        created_at: time(&name, row.created_at)?,
    })
}

impl AttemptRow {
    fn read(self, name: &str) -> Result<DeliveryAttempt, StoreError> {
        let reply = match (self.status, self.error) {
            (Some(status), _) => Reply::Status(status),
            (None, Some(error)) => Reply::None(word_or(name, "error", &error, SendFailure::ConnectionLost)),
            (None, None) => return Err(damaged(name, "an attempt without a result")),
        };
        Ok(DeliveryAttempt { at: time(name, self.at)?, took: Duration::from_millis(self.ms), reply })
    }
}

/// The id of the delivery with this key.
pub(super) fn id_of(item: &Item) -> Result<DeliveryId, StoreError> {
    let (pk, sk) = (text(item, PK)?, text(item, SK)?);
    let endpoint = pk.strip_prefix(DELIVERIES).and_then(|rest| EndpointId::parse(rest.split_once('#')?.1));
    endpoint.and_then(|endpoint| DeliveryId::at_place(&endpoint, &sk)).ok_or_else(|| damaged(&pk, "a key that names no delivery"))
}
