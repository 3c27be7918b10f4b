//! A record as the table stores it, with its connection and what the runs did with it.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;

use crate::model::connection::ConnectionId;
use crate::model::platform::PlatformName;
use crate::model::record::{Record, RecordKey, RecordKind};
use crate::model::sync::SyncId;
use crate::model::sync::counts::RecordOutcome;
use crate::model::sync::reconciliation::Totals;

/// The id of a record: `chk_…` or `inv_…`. It is a hash of partner, company key, platform, company, kind, type and external id, so it
/// stays the same after a reconnect or another import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId {
    kind: RecordKind,
    hash: [u8; Self::BYTES],
}

impl RecordId {
    /// The length of the hash, in bytes.
    pub const BYTES: usize = 20;

    /// The id of a record of this connection and company.
    pub fn of(connection: &ConnectionId, platform: PlatformName, company_id: &str, kind: RecordKind, key: &RecordKey) -> Self {
        let entity_type: &str = key.entity_type.into();
        let ConnectionId { partner, company_key } = connection;
        // Each part has its length before it, so that two different lists of parts never give one text.
        let parts = [partner.as_str(), company_key.as_str(), platform.as_str(), company_id, entity_type, &key.external_id];
        let whole = parts.map(|part| format!("{}:{part}", part.len())).concat();
        let mut hash = [0; Self::BYTES];
        hash.copy_from_slice(&digest(&SHA256, whole.as_bytes()).as_ref()[..Self::BYTES]);
        Self { kind, hash }
    }

    /// Parses an id from a URL or a row; `None` if it is malformed.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, digits) = match text.split_once('_')? {
            ("chk", digits) => (RecordKind::Check, digits),
            ("inv", digits) => (RecordKind::Invoice, digits),
            _ => return None,
        };
        let fits = digits.len() == 2 * Self::BYTES && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let bytes = |at: usize| u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok();
        let mut hash = [0; Self::BYTES];
        for (at, byte) in hash.iter_mut().enumerate() {
            *byte = bytes(at).filter(|_| fits)?;
        }
        Some(Self { kind, hash })
    }

    /// An id from its stored bytes.
    pub const fn stored(kind: RecordKind, hash: [u8; Self::BYTES]) -> Self {
        Self { kind, hash }
    }

    /// The kind of the record.
    pub const fn kind(self) -> RecordKind {
        self.kind
    }

    /// The bytes of the hash.
    pub const fn bytes(&self) -> &[u8; Self::BYTES] {
        &self.hash
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            RecordKind::Check => "chk_",
            RecordKind::Invoice => "inv_",
        })?;
        self.hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A record in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// The record's id.
    pub id: RecordId,
    /// The connection that it was imported from.
    pub connection: ConnectionId,
    /// The platform.
    pub platform: PlatformName,
    /// The platform's id of the company.
    pub company_id: String,
    /// The record.
    pub record: Record,
    /// When it was first stored.
    pub imported_at: Timestamp,
    /// When its stored form last changed, in milliseconds. Within a connection it never decreases.
    pub updated_at: Timestamp,
    /// The run that last changed it.
    pub sync: SyncId,
    /// What that run did with it. If the run reads a page twice, the record is counted once.
    pub outcome: RecordOutcome,
    /// The page of that run, from 1.
    pub page: u32,
    /// How an earlier page of the same run counted this record, if one did.
    pub earlier: Option<Earlier>,
}

/// How a run counted a record before the page that changed it. With it a page that is read again after a crash counts the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// What the run did with it.
    pub outcome: RecordOutcome,
    /// Its part of the platform's totals.
    pub totals: Totals,
}
