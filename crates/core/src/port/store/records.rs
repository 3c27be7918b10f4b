//! Reads of imported records.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::model::connection::ConnectionId;
use crate::model::name::PartnerId;
use crate::model::record::RecordKind;
use crate::model::stored_record::{RecordId, StoredRecord};
use crate::port::store::StoreError;

/// Reads records. Only a run writes them ([`super::syncs::SyncStore::store`]).
#[async_trait]
pub trait RecordStore: Send + Sync {
    /// One record, strongly consistent.
    async fn record(&self, partner: &PartnerId, id: &RecordId) -> Result<Option<StoredRecord>, StoreError>;

    /// At most a hundred records by their ids, strongly consistent, in the order of the ids.
    async fn records(&self, partner: &PartnerId, ids: &[RecordId]) -> Result<Vec<Option<StoredRecord>>, StoreError>;

    /// A part of a connection's records by date, newest first. The list may lag by moments.
    async fn by_date(&self, list: &ByDate<'_>) -> Result<Vec<Dated>, StoreError>;

    /// The change blocks of a connection's records of a kind, oldest first, from `from` up to the last acknowledged block. Strongly
    /// consistent. A record is in the block of each of its changes. Only in the last of these is the block's time the record's
    /// `updated_at`.
    async fn changes(
        &self,
        connection: &ConnectionId,
        kind: RecordKind,
        from: Timestamp,
        most: u32,
    ) -> Result<Vec<ChangeBlock>, StoreError>;
}

/// A part of a connection's list of records.
#[derive(Debug, Clone)]
pub struct ByDate<'a> {
    /// The connection.
    pub connection: &'a ConnectionId,
    /// The kind of records.
    pub kind: RecordKind,
    /// The first date, inclusive.
    pub from: Option<Date>,
    /// The last date, inclusive.
    pub to: Option<Date>,
    /// The last entry of the page before.
    pub after: Option<&'a Dated>,
    /// The largest number of entries, 1 to 100.
    pub most: u32,
}

/// An entry of a list by date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated {
    /// The record's date.
    pub date: Date,
    /// The record's id.
    pub id: RecordId,
}

/// The records that changed in one write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeBlock {
    /// The time of the write: the records' `updated_at`.
    pub at: Timestamp,
    /// The records' ids.
    pub ids: Vec<RecordId>,
}

/// The longest platform JSON that is kept with a record, in bytes. A longer one is left out, because a part of it would not be JSON.
pub const SOURCE_LONGEST: usize = 32 * 1024;
