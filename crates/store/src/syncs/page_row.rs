//! The item of a page's log. Only a run that is resumed reads it.

use counterfoil_core::model::record::RecordKind;
use counterfoil_core::model::stored_record::RecordId;
use counterfoil_core::model::sync::SyncRun;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::syncs::PageLog;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::key::Key;
use crate::records::block_row::{from_bytes, to_bytes};
use crate::records::side_row::{SideRow, read_side, write_side};
use crate::row::{Item, damaged, from_item, name_of, to_item, word};

#[derive(Serialize, Deserialize)]
struct PageRow {
    page: u32,
    /// The ids, concatenated: 20 bytes each.
    checks_seen: ByteBuf,
    invoices_seen: ByteBuf,
    checks_unread: ByteBuf,
    invoices_unread: ByteBuf,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    nameless: Vec<String>,
    totals: Vec<SideRow>,
    /// Thirty days after the run was requested. A run that is resumed is much younger.
    ttl: i64,
}

/// How long a page log is kept, in seconds.
const KEPT_FOR: i64 = 30 * 86_400;
/// The longest item of a page, in bytes. DynamoDB takes 400 KB. A page of a thousand entries has 60 KB of ids, and seldom more than
/// some hundred groups of totals.
const LONGEST: usize = 380_000;
/// The most bytes that a group of totals takes besides its texts.
const GROUP_SIZE: usize = 150;

pub(super) fn write(sync: &SyncRun, log: &PageLog) -> Result<Item, StoreError> {
    let key = Key::page_log(&sync.connection.partner, &sync.id, log.page);
    if size(log) > LONGEST {
        return Err(damaged(&format!("{}/{}", key.pk, key.sk), "its page has more groups of totals than fit into an item"));
    }
    let row = PageRow {
        page: log.page,
        checks_seen: to_bytes(RecordKind::Check, log.seen.iter()),
        invoices_seen: to_bytes(RecordKind::Invoice, log.seen.iter()),
        checks_unread: to_bytes(RecordKind::Check, log.unread.iter()),
        invoices_unread: to_bytes(RecordKind::Invoice, log.unread.iter()),
        nameless: log.nameless.iter().map(|of| Into::<&str>::into(*of).to_owned()).collect(),
        totals: write_side(&log.totals),
        ttl: sync.created_at.as_second() + KEPT_FOR,
    };
    to_item(&key, row)
}

fn size(log: &PageLog) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let groups = log.totals.0.keys().map(|group| GROUP_SIZE + text(&group.bank_account) + text(&group.currency));
    (log.seen.len() + log.unread.len()) * RecordId::BYTES + groups.sum::<usize>()
}

/// Reads a page's log. The ids of checks come before those of invoices.
pub(super) fn read(item: Item) -> Result<PageLog, StoreError> {
    let name = name_of(&item);
    let row: PageRow = from_item(item)?;
    let ids = |checks: &[u8], invoices: &[u8]| -> Result<Vec<RecordId>, StoreError> {
        let mut ids = from_bytes(&name, RecordKind::Check, checks)?;
        ids.extend(from_bytes(&name, RecordKind::Invoice, invoices)?);
        Ok(ids)
    };
    Ok(PageLog {
        page: row.page,
        seen: ids(&row.checks_seen, &row.invoices_seen)?,
        unread: ids(&row.checks_unread, &row.invoices_unread)?,
        nameless: row.nameless.iter().map(|of| word(&name, "nameless", of)).collect::<Result<_, StoreError>>()?,
        totals: read_side(&name, row.totals)?,
    })
}
