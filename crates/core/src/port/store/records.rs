//! Records and the order of their changes.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::model::connection::ConnectionId;
use crate::model::name::PartnerId;
use crate::model::record::RecordKind;
use crate::model::stored_record::{RecordId, StoredRecord};
use crate::port::store::StoreError;

/// Reading records. They are written by a run alone ([`super::syncs::SyncStore::store`]).
#[async_trait]
pub trait RecordStore: Send + Sync {
    /// One record, strongly consistent.
    async fn record(&self, partner: &PartnerId, id: &RecordId) -> Result<Option<StoredRecord>, StoreError>;

    /// At most a hundred records by their ids, strongly consistent, in the order of the ids.
    async fn records(&self, partner: &PartnerId, ids: &[RecordId]) -> Result<Vec<Option<StoredRecord>>, StoreError>;

    /// The ids of a connection's records by date, newest first; the list may lag by moments.
    async fn by_date(&self, list: &ByDate<'_>) -> Result<Vec<Dated>, StoreError>;

    /// The blocks of changes of a connection's records of that kind, oldest first, from `from` on and up to the mark below which
    /// every write is acknowledged; strongly consistent. A record is in the block of each of its changes: in those that are not
    /// its last one, its `updated_at` is another.
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
    /// Of which connection.
    pub connection: &'a ConnectionId,
    /// Of which kind.
    pub kind: RecordKind,
    /// The first date.
    pub from: Option<Date>,
    /// The last date.
    pub to: Option<Date>,
    /// Where the page before ended.
    pub after: Option<&'a Dated>,
    /// How many, 1 to 100.
    pub most: u32,
}

/// A place in a list by date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated {
    /// The record's date.
    pub date: Date,
    /// The record.
    pub id: RecordId,
}

/// Records that changed in one write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeBlock {
    /// When: their `updated_at`.
    pub at: Timestamp,
    /// Which.
    pub ids: Vec<RecordId>,
}

/// The longest source that is stored with a record, in bytes. A longer one is left out: a batch of records must fit into one
/// transaction of 4 MB.
pub const SOURCE_LONGEST: usize = 32 * 1024;
