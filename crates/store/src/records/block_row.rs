//! The item of a block of changes, with the ids of the records that one write changed. It is kept as long as the records, since a
//! consumer may read all changes from the first one on.

use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::record::RecordKind;
use counterfoil_core::model::stored_record::RecordId;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::records::ChangeBlock;
use counterfoil_core::port::store::syncs::Batch;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::key::Key;
use crate::row::{Item, damaged, from_item, millis, name_of, time, to_item};

#[derive(Serialize, Deserialize)]
struct BlockRow {
    at: i64,
    /// The ids, concatenated as in [`to_bytes`].
    records: ByteBuf,
}

pub(crate) fn write(connection: &ConnectionId, batch: &Batch<'_>) -> Result<Item, StoreError> {
    let records = to_bytes(batch.kind, batch.records.iter().map(|record| &record.id));
    to_item(&Key::change_block(connection, batch.kind, batch.at), BlockRow { at: millis(batch.at), records })
}

/// Reads a block of records of that kind.
pub(crate) fn read(kind: RecordKind, item: Item) -> Result<ChangeBlock, StoreError> {
    let name = name_of(&item);
    let row: BlockRow = from_item(item)?;
    Ok(ChangeBlock { at: time(&name, row.at)?, ids: from_bytes(&name, kind, &row.records)? })
}

/// The ids of records of one kind, 20 bytes each: the part of an id after its prefix `chk_` or `inv_`.
pub(crate) fn to_bytes<'a>(kind: RecordKind, ids: impl Iterator<Item = &'a RecordId>) -> ByteBuf {
    ByteBuf::from(ids.filter(|id| id.kind() == kind).flat_map(|id| *id.bytes()).collect::<Vec<_>>())
}

pub(crate) fn from_bytes(item: &str, kind: RecordKind, bytes: &[u8]) -> Result<Vec<RecordId>, StoreError> {
    let (ids, rest) = bytes.as_chunks::<{ RecordId::BYTES }>();
    if !rest.is_empty() {
        return Err(damaged(item, "a part of a record's id"));
    }
    Ok(ids.iter().map(|id| RecordId::stored(kind, *id)).collect())
}
