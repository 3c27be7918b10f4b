//! After a restore: what a table holds that is newer than in the table that was restored from its past.
//!
//! The restored table is the other's past, so that whatever differs is newer in the other, but for what was written to the
//! restored one since. An item is written only while it is exactly as it was read; nothing that was revoked or spent in
//! either table is given back.

mod decide;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use counterfoil_core::port::store::StoreError;
use jiff::Timestamp;

use self::decide::{Decision, Kind, decide};
use crate::key::Key;
use crate::request::Transacted;
use crate::row::Item;
use crate::row::text;
use crate::table::PK;
use crate::table::SK;
use crate::table::Table;

/// How it went with the items of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Copied {
    /// How many were in both alike, or were over.
    pub same: u64,
    /// How many were copied; in a dry run, how many would be.
    pub copied: u64,
    /// How many are as new or newer in the restored table, and were left as they are there.
    pub kept: u64,
    /// How many were written by somebody else meanwhile: the same again sees to them.
    pub overtaken: u64,
}

/// By kind of item.
pub type Report = BTreeMap<&'static str, Copied>;

/// How many items are compared at a time: as many as one `BatchGetItem` takes.
const PAGE: usize = 100;

/// Copies what is newer in `from` to `to`, or where `write` is false, only counts it. It can be ended at any moment and begun
/// again: what was copied is then the same in both.
///
/// # Errors
/// What the tables say; what was copied until then stays copied.
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
        let count = report.entry(kind.name()).or_default();
        match decide(kind, item, there.as_ref(), now) {
            Decision::Same => count.same += 1,
            Decision::Keep => count.kept += 1,
            Decision::Put(_) if !write => count.copied += 1,
            Decision::Put(item) => {
                let left = if kind == Kind::Connection { left_company(from, &key.pk, there.as_ref()).await? } else { None };
                let written = put_over(to, item, there.as_ref(), left.as_ref()).await?;
                *(if written { &mut count.copied } else { &mut count.overtaken }) += 1;
            }
        }
    }
    Ok(())
}

/// The entry by which a connection counts as a holder of the company that it has in the restored table, where it is one no
/// more: it went to another company since, or was disconnected.
async fn left_company(from: &Table, connection: &str, there: Option<&Item>) -> Result<Option<Key>, StoreError> {
    let Some(there) = there else { return Ok(None) };
    let [platform, client, company] = ["platform", "client_id", "company_id"].map(|name| text(there, name));
    let entry = Key { pk: format!("COMPANY#{}#{}#{}", platform?, client?, company?), sk: connection.to_owned() };
    Ok(if from.get(&entry).await?.is_none() { Some(entry) } else { None })
}

/// Puts an item where there is none, or in place of exactly that one, and deletes that other; false where it is another by now.
async fn put_over(to: &Table, item: Item, there: Option<&Item>, left: Option<&Key>) -> Result<bool, StoreError> {
    let token = format!("{item:?} over {there:?}");
    let mut put = Put::builder().table_name(&to.name).set_item(Some(item));
    let Some(there) = there else {
        put = put.condition_expression(format!("attribute_not_exists({PK})"));
        return write(to, put, None, &token).await;
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

async fn write(to: &Table, put: PutBuilder, left: Option<&Key>, token: &str) -> Result<bool, StoreError> {
    let put = put.build().expect("table and item are given");
    let put = TransactWriteItem::builder().put(put).build();
    let items = std::iter::once(put).chain(left.map(|key| to.delete(key))).collect();
    Ok(matches!(to.transact(items, token).await?, Transacted::Stored))
}
