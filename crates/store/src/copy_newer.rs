//! After a restore: what a table holds that is newer than in the table that was restored from its past.
//!
//! The restored table is the other's past, so that whatever differs is newer in the other, but for what was written to the
//! restored one since. An item is written only while it is exactly as it was read; nothing that was revoked or spent in
//! either table is given back.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use counterfoil_core::port::store::StoreError;
use jiff::Timestamp;

use crate::key::API_KEY;
use crate::key::Key;
use crate::key::LINK;
use crate::key::REVOCATION;
use crate::request::Transacted;
use crate::row::Item;
use crate::row::text;
use crate::table::PK;
use crate::table::SK;
use crate::table::TTL;
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

/// What an item is, by its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Connection,
    Lease,
    Handle,
    Revocation,
    Audit,
    Event,
    Company,
    Flow,
    Code,
    Partner,
    ApiKey,
    Link,
    Other,
}

impl Kind {
    fn of(key: &Key) -> Self {
        match (key.pk.split('#').next().unwrap_or_default(), key.sk.as_str()) {
            ("CONN", "STATE") => Self::Connection,
            ("CONN", "LEASE") => Self::Lease,
            ("CONN", "HANDLE") => Self::Handle,
            (_, sk) if sk.starts_with(REVOCATION) => Self::Revocation,
            (_, sk) if sk.starts_with("AUDIT#") => Self::Audit,
            ("EVENTS", _) => Self::Event,
            ("COMPANY", _) => Self::Company,
            ("FLOW", "FLOW") => Self::Flow,
            ("CODE", _) => Self::Code,
            ("PARTNER", "PARTNER") => Self::Partner,
            ("PARTNER", sk) if sk.starts_with(API_KEY) => Self::ApiKey,
            ("PARTNER", sk) if sk.starts_with(LINK) => Self::Link,
            _ => Self::Other,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Connection => "connections",
            Self::Lease => "leases",
            Self::Handle => "handles",
            Self::Revocation => "revocations",
            Self::Audit => "audit rows",
            Self::Event => "events",
            Self::Company => "company entries",
            Self::Flow => "flows",
            Self::Code => "codes",
            Self::Partner => "partners",
            Self::ApiKey => "API keys",
            Self::Link => "connect links",
            Self::Other => "other items",
        }
    }

    /// What orders two states of one item, from the weightiest on. Where there is nothing, the restored item is the older.
    const fn order(self) -> &'static [&'static str] {
        match self {
            // Marking a grant dead, or a failure, leaves the epoch.
            Self::Connection => &["epoch", "updated_at"],
            Self::Lease => &["started_at"],
            Self::Revocation => &["tries"],
            _ => &[],
        }
    }

    /// What is never taken away from an item again.
    const fn lasting(self) -> &'static [&'static str] {
        match self {
            Self::ApiKey | Self::Link => &["revoked_at"],
            Self::Code => &["consumed_by"],
            _ => &[],
        }
    }
}

/// What only rises, whichever kind of item has it: how often a link was used, what was counted, the version of a count.
const RISING: [&str; 3] = ["used", "count", "version"];

#[derive(Debug, PartialEq)]
enum Decision {
    Same,
    Keep,
    Put(Item),
}

fn decide(kind: Kind, item: &Item, there: Option<&Item>, now: Timestamp) -> Decision {
    let Some(there) = there else {
        let is_over = item.get(TTL).and_then(as_number).is_some_and(|ttl| ttl < i128::from(now.as_second()));
        return if is_over { Decision::Same } else { Decision::Put(item.clone()) };
    };
    if item == there {
        return Decision::Same;
    }
    let went_on_there = kind == Kind::Flow && there.contains_key("consumed_at") && !item.contains_key("consumed_at");
    let standing = |item: &Item| kind.order().iter().map(|name| item.get(*name).and_then(as_number)).collect::<Vec<_>>();
    // A row that has not what orders it is damaged: it takes the place of none.
    if went_on_there || standing(item).contains(&None) || standing(item) < standing(there) {
        return Decision::Keep;
    }
    let mut newer = item.clone();
    for name in kind.lasting() {
        if let (false, Some(value)) = (newer.contains_key(*name), there.get(*name)) {
            newer.insert((*name).to_owned(), value.clone());
        }
    }
    for name in RISING {
        if let Some(value) = there.get(name).filter(|value| as_number(value) > newer.get(name).and_then(as_number)) {
            newer.insert(name.to_owned(), value.clone());
        }
    }
    if newer == *there { Decision::Same } else { Decision::Put(newer) }
}

fn as_number(value: &AttributeValue) -> Option<i128> {
    value.as_n().ok()?.parse().ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn item(attributes: &[(&str, i64)]) -> Item {
        attributes.iter().map(|(name, value)| ((*name).to_owned(), AttributeValue::N(value.to_string()))).collect()
    }

    fn decided(kind: Kind, from: &[(&str, i64)], to: &[(&str, i64)]) -> Decision {
        decide(kind, &item(from), Some(&item(to)), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_connection_gives_way_to_a_higher_epoch_and_within_one_to_a_later_change() {
        let newer = Decision::Put(item(&[("epoch", 2), ("updated_at", 5)]));
        assert_eq!(decided(Kind::Connection, &[("epoch", 2), ("updated_at", 5)], &[("epoch", 1), ("updated_at", 9)]), newer);
        assert_eq!(decided(Kind::Connection, &[("epoch", 2), ("updated_at", 5)], &[("epoch", 2), ("updated_at", 4)]), newer);
        assert_eq!(
            decided(Kind::Connection, &[("epoch", 1), ("updated_at", 9)], &[("epoch", 2), ("updated_at", 5)]),
            Decision::Keep
        );
        assert_eq!(
            decided(Kind::Connection, &[("epoch", 2), ("updated_at", 4)], &[("epoch", 2), ("updated_at", 5)]),
            Decision::Keep
        );
        assert_eq!(
            decided(Kind::Connection, &[("updated_at", 9)], &[("epoch", 2), ("updated_at", 5)]),
            Decision::Keep,
            "damaged"
        );
    }

    #[test]
    fn what_was_revoked_in_either_table_stays_revoked() {
        let revoked = Decision::Put(item(&[("last_used_at", 2), ("revoked_at", 7)]));
        assert_eq!(decided(Kind::ApiKey, &[("last_used_at", 2), ("revoked_at", 7)], &[("last_used_at", 1)]), revoked);
        assert_eq!(decided(Kind::ApiKey, &[("last_used_at", 2)], &[("last_used_at", 1), ("revoked_at", 7)]), revoked);
        assert_eq!(decided(Kind::Code, &[("at", 1)], &[("at", 1), ("consumed_by", 7)]), Decision::Same);
    }

    #[test]
    fn a_link_is_never_given_back_a_use() {
        let revoked = Decision::Put(item(&[("used", 2), ("revoked_at", 7)]));
        assert_eq!(decided(Kind::Link, &[("used", 1), ("revoked_at", 7)], &[("used", 2)]), revoked);
        assert_eq!(decided(Kind::Link, &[("used", 1)], &[("used", 2)]), Decision::Same);
        assert_eq!(decided(Kind::Link, &[], &[("used", 2)]), Decision::Same, "of an earlier version");
        assert_eq!(decided(Kind::Link, &[("used", 3)], &[("used", 2)]), Decision::Put(item(&[("used", 3)])));
    }

    #[test]
    fn what_is_missing_is_copied_unless_its_time_is_over() {
        let now = Timestamp::from_second(100).expect("in range");
        let passing = |ttl| decide(Kind::Audit, &item(&[(TTL, ttl)]), None, now);
        assert_eq!(passing(99), Decision::Same);
        assert_eq!(passing(100), Decision::Put(item(&[(TTL, 100)])));
        assert_eq!(
            decide(Kind::Other, &item(&[("any", 1)]), None, now),
            Decision::Put(item(&[("any", 1)])),
            "a kind of a later version"
        );
    }
}
