//! A record as it lies in the table: whose it is, and what the runs did with it.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;

use crate::model::connection::ConnectionId;
use crate::model::platform::PlatformName;
use crate::model::record::{Record, RecordKey, RecordKind};
use crate::model::sync::SyncId;
use crate::model::sync::counts::Deed;
use crate::model::sync::reconciliation::Totals;

/// Names a record: `chk_…` or `inv_…`. It follows from partner, company key, platform, company, kind, type and external id alone, so
/// that it is the same after a reconnect or another import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId {
    kind: RecordKind,
    hash: [u8; Self::BYTES],
}

impl RecordId {
    /// The bytes behind the kind.
    pub const BYTES: usize = 20;

    /// The id of a record of that connection and company.
    pub fn of(connection: &ConnectionId, platform: PlatformName, company_id: &str, kind: RecordKind, key: &RecordKey) -> Self {
        let entity_type: &str = key.entity_type.into();
        let ConnectionId { partner, company_key } = connection;
        // Each part with its length: no two lists of parts are one text.
        let parts = [partner.as_str(), company_key.as_str(), platform.as_str(), company_id, entity_type, &key.external_id];
        let whole = parts.map(|part| format!("{}:{part}", part.len())).concat();
        let mut hash = [0; Self::BYTES];
        hash.copy_from_slice(&digest(&SHA256, whole.as_bytes()).as_ref()[..Self::BYTES]);
        Self { kind, hash }
    }

    /// Reads one from a URL or a row.
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

    /// One out of its bytes.
    pub const fn stored(kind: RecordKind, hash: [u8; Self::BYTES]) -> Self {
        Self { kind, hash }
    }

    /// What kind of record it names.
    pub const fn kind(self) -> RecordKind {
        self.kind
    }

    /// Its bytes.
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
    /// Which.
    pub id: RecordId,
    /// Of which connection.
    pub connection: ConnectionId,
    /// Its platform.
    pub platform: PlatformName,
    /// Of which company.
    pub company_id: String,
    /// What it says.
    pub record: Record,
    /// When it was first stored.
    pub imported_at: Timestamp,
    /// When something of it last changed here, to the millisecond. It never falls within a connection.
    pub updated_at: Timestamp,
    /// The run that changed it last.
    pub sync: SyncId,
    /// What that run did with it: a page that it reads twice counts once.
    pub deed: Deed,
    /// In which of its pages.
    pub page: u32,
    /// What the run had counted of it before that page, where it had.
    pub earlier: Option<Earlier>,
}

/// What a run had counted of a record before the page that changed it: a page that is read again, after a kill, counts the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// What the run had done with it.
    pub deed: Deed,
    /// What it was on the platform's side.
    pub totals: Totals,
}
