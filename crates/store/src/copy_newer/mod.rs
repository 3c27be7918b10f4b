//! After a restore: copies the newer items of the old table to the restored one.
//!
//! The restored table is a past state of the old one. So an item that differs is newer in the old table, unless it was written in the
//! restored one since. An item is written only if it is still exactly as it was read. Nothing that was revoked or spent in either table
//! becomes valid again.

mod decide;
mod end_user;
mod kind;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use counterfoil_core::port::store::StoreError;
use jiff::Timestamp;

use self::decide::{Decision, decide};
use self::kind::{AUDITS, CONNECTIONS, Kind};
use crate::key::Key;
use crate::request::Transacted;
use crate::row::Item;
use crate::row::text;
use crate::table::PK;
use crate::table::SK;
use crate::table::Table;

/// The result for the items of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Copied {
    /// How many are the same in both tables, or have expired.
    pub same: u64,
    /// How many were copied, or would be in a dry run.
    pub copied: u64,
    /// How many are as new or newer in the restored table, and were not changed there.
    pub kept: u64,
    /// How many another process wrote meanwhile. Run the copy again for these.
    pub overtaken: u64,
}

/// The results by kind of item.
pub type Report = BTreeMap<&'static str, Copied>;

/// How many items are compared at a time: the limit of one `BatchGetItem`.
const PAGE: usize = 100;

/// Copies what is newer in `from` to `to`; with `write` false it only counts. It can be interrupted and repeated, because copied items
/// are then the same in both tables.
///
/// # Errors
/// The tables' errors. Items that were copied until then stay copied.
pub async fn copy_newer(from: &Table, to: &Table, now: Timestamp, write: bool) -> Result<Report, StoreError> {
    let (mut report, mut after) = (Report::new(), None);
    loop {
        let (items, next) = from.scan(after).await?;
        for page in items.chunks(PAGE) {
            copy_page(page, (from, to), now, write, &mut report).await?;
        }
        after = next;
        if after.is_none() {
            return Ok(report);
        }
    }
}

async fn copy_page(
    items: &[Item],
    (from, to): (&Table, &Table),
    now: Timestamp,
    write: bool,
    report: &mut Report,
) -> Result<(), StoreError> {
    let keys =
        items.iter().map(|item| Ok(Key { pk: text(item, PK)?, sk: text(item, SK)? })).collect::<Result<Vec<_>, StoreError>>()?;
    let there = to.get_all(&keys).await?;
    for ((item, key), there) in items.iter().zip(&keys).zip(&there) {
        let kind = Kind::of(key);
        let count = report.entry(kind.name).or_default();
        match decide(kind, item, there.as_ref(), now) {
            Decision::Same => count.same += 1,
            Decision::Keep => count.kept += 1,
            Decision::Put(_) if !write => count.copied += 1,
            Decision::Put(item) => {
                let left = match kind {
                    CONNECTIONS => left_company(from, &key.pk, there.as_ref()).await?.into_iter().collect(),
                    AUDITS => end_user::deleted_by(&item, from, to).await?,
                    _ => Vec::new(),
                };
                let written = put_over(to, item, there.as_ref(), &left).await?;
                *(if written { &mut count.copied } else { &mut count.overtaken }) += 1;
            }
        }
    }
    Ok(())
}

/// The company entry of a connection in the restored table that the old table no longer has, because the connection was switched to
/// another company or disconnected.
async fn left_company(from: &Table, connection: &str, there: Option<&Item>) -> Result<Option<Key>, StoreError> {
    let Some(there) = there else { return Ok(None) };
    let [platform, client, company] = ["platform", "client_id", "company_id"].map(|name| text(there, name));
    let entry = Key { pk: format!("COMPANY#{}#{}#{}", platform?, client?, company?), sk: connection.to_owned() };
    Ok(if from.get(&entry).await?.is_none() { Some(entry) } else { None })
}

/// Puts an item if there is none, or replaces exactly this one, and deletes the items `left`. False if the item was changed.
async fn put_over(to: &Table, item: Item, there: Option<&Item>, left: &[Key]) -> Result<bool, StoreError> {
    let token = format!("{item:?} over {there:?}");
    let mut put = Put::builder().table_name(&to.name).set_item(Some(item));
    let Some(there) = there else {
        put = put.condition_expression(format!("attribute_not_exists({PK})"));
        return write(to, put, left, &token).await;
    };
    let mut conditions = Vec::new();
    for (number, (name, value)) in there.iter().enumerate() {
        conditions.push(format!("#n{number} = :v{number}"));
        put = put
            .expression_attribute_names(format!("#n{number}"), name)
            .expression_attribute_values(format!(":v{number}"), value.clone());
    }
    write(to, put.condition_expression(conditions.join(" AND ")), left, &token).await
}

async fn write(to: &Table, put: PutBuilder, left: &[Key], token: &str) -> Result<bool, StoreError> {
    let put = put.build().expect("table and item are given");
    let put = TransactWriteItem::builder().put(put).build();
    let items = std::iter::once(put).chain(left.iter().map(|key| to.delete(key))).collect();
    Ok(matches!(to.transact(items, token).await?, Transacted::Stored))
}
