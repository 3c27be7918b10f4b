//! The item of a connection's last purge. After the end of the purge it has only the epoch and the counts.

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::purge::{Part, Purge};
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::purges::NewPurge;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::connections::row::connection_of;
use crate::key::{Key, PURGER, due_shard_name};
use crate::row::{Item, from_item, maybe_time, millis, name_of, number, text, time, to_item, word};
use crate::table::{DUE_AT, DUE_SHARD, PK};

#[derive(Serialize, Deserialize)]
struct PurgeRow {
    epoch: u64,
    requested_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_change: Option<i64>,
    part: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    removed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<i64>,
}

/// A new purge. It is due immediately.
pub(super) fn write(purge: &NewPurge, last_change: Option<Timestamp>) -> Result<Item, StoreError> {
    let row = PurgeRow {
        epoch: purge.epoch,
        requested_at: millis(purge.at),
        last_change: last_change.map(millis),
        part: word_of(Part::FIRST),
        after: None,
        removed: 0,
        completed_at: None,
    };
    let mut item = to_item(&Key::purge(&purge.connection), row)?;
    item.extend(due(purge.at));
    Ok(item)
}

/// The same purge from its beginning, for a table that was restored to a time before the purge.
pub(crate) fn restarted(item: &Item, now: Timestamp) -> Item {
    let mut item = item.clone();
    item.retain(|name, _| !["after", "completed_at", "claim"].contains(&name.as_str()));
    item.extend([("part".to_owned(), AttributeValue::S(word_of(Part::FIRST))), ("removed".to_owned(), number(0))]);
    item.extend(due(now));
    item
}

pub(super) fn read(item: Item) -> Result<Purge, StoreError> {
    let name = name_of(&item);
    let connection: ConnectionId = connection_of(&text(&item, PK)?)?;
    let row: PurgeRow = from_item(item)?;
    Ok(Purge {
        connection,
        epoch: row.epoch,
        requested_at: time(&name, row.requested_at)?,
        last_change: maybe_time(&name, row.last_change)?,
        part: word(&name, "part", &row.part)?,
        after: row.after,
        removed: row.removed,
        completed_at: maybe_time(&name, row.completed_at)?,
    })
}

pub(super) fn word_of(part: Part) -> String {
    Into::<&str>::into(part).to_owned()
}

/// The shard of all purges.
pub(super) const SHARD: u8 = 0;

/// Its key in the due index.
fn due(at: Timestamp) -> [(String, AttributeValue); 2] {
    [(DUE_AT.to_owned(), number(millis(at))), (DUE_SHARD.to_owned(), AttributeValue::S(due_shard_name(PURGER, SHARD)))]
}
