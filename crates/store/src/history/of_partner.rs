//! All audit rows of a partner, by the `list` index, which has a key for each.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::audit::AuditEntry;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::time::{later, sortable};
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::audit::{AuditPage, AuditQuery, Order};

use super::row;
use crate::fault;
use crate::key::{Key, audit_of};
use crate::request::LIST_ROUNDS_MOST;
use crate::row::{Item, readable, text};
use crate::table::{LIST_INDEX, LIST_PK, LIST_SK, PK, SK, Table};

/// How many keys are read at once if only some of the rows are wanted.
const READ_TO_FILTER: u32 = 1_000;
/// How many rows one request reads by their keys.
const READ_AT_ONCE: usize = 100;
const MILLISECOND: std::time::Duration = std::time::Duration::from_millis(1);

/// A key in the index: the place of its row, and the row's own key.
struct Listed {
    place: String,
    key: Key,
}

impl Table {
    pub(super) async fn audit_of_partner(&self, partner: &PartnerId, query: &AuditQuery) -> Result<AuditPage, StoreError> {
        let most = query.most as usize;
        let (mut found, mut after, mut last) = (Vec::new(), None, None);
        for _ in 0..LIST_ROUNDS_MOST {
            let room = query.most.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
            let limit = if query.action.is_some() { room.max(READ_TO_FILTER) } else { room };
            let (items, next) = self.audit_keys(partner, query, after, limit).await?;
            last = items.last().map(place).transpose()?.or(last);
            let is_wanted = |item: &Item| match query.action {
                Some(action) => text(item, LIST_SK).is_ok_and(|sk| sk.ends_with(&format!("#{}", action.as_str()))),
                None => true,
            };
            let listed = items.iter().filter(|item| is_wanted(item)).map(|item| {
                let key = Key { pk: text(item, PK)?, sk: text(item, SK)? };
                Ok(Listed { place: place(item)?, key })
            });
            found.extend(listed.collect::<Result<Vec<_>, StoreError>>()?);
            after = next;
            if after.is_none() || found.len() >= most {
                break;
            }
        }
        let is_cut = found.len() > most;
        found.truncate(most);
        let next = match (is_cut, after) {
            (true, _) => found.last().map(|last| last.place.clone()),
            (false, Some(_)) => last,
            (false, None) => None,
        };
        Ok(AuditPage { entries: self.audit_rows(found).await?, next })
    }

    async fn audit_keys(
        &self,
        partner: &PartnerId,
        query: &AuditQuery,
        after: Option<Item>,
        limit: u32,
    ) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let (first, last) = bounds(query);
        if first > last {
            return Ok((Vec::new(), None));
        }
        let request = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(LIST_INDEX)
            .key_condition_expression(format!("{LIST_PK} = :partner AND {LIST_SK} BETWEEN :first AND :last"))
            .expression_attribute_values(":partner", AttributeValue::S(audit_of(partner)))
            .expression_attribute_values(":first", AttributeValue::S(first))
            .expression_attribute_values(":last", AttributeValue::S(last))
            .scan_index_forward(query.order == Order::OldestFirst)
            .set_exclusive_start_key(after)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let answer = request.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }

    /// The rows of these keys. One that was deleted since is left out.
    async fn audit_rows(&self, listed: Vec<Listed>) -> Result<Vec<AuditEntry>, StoreError> {
        let mut entries = Vec::with_capacity(listed.len());
        for part in listed.chunks(READ_AT_ONCE) {
            let keys: Vec<_> = part.iter().map(|listed| listed.key.clone()).collect();
            let rows: HashMap<_, _> = part.iter().map(|listed| &listed.place).zip(self.get_all(&keys).await?).collect();
            let read = part.iter().filter_map(|Listed { place, .. }| {
                let row = rows.get(place)?.clone()?;
                Some(row::read(row).map(|entry| AuditEntry { place: place.clone(), ..entry }))
            });
            entries.extend(readable(read));
        }
        Ok(entries)
    }
}

/// The place of a row in the list, without its action.
fn place(item: &Item) -> Result<String, StoreError> {
    let sk = text(item, LIST_SK)?;
    Ok(sk.split('#').next().unwrap_or_default().to_owned())
}

/// The first and the last sort key of the query in the index, both included. A place alone sorts before its key, which has the action
/// after a `#`.
fn bounds(query: &AuditQuery) -> (String, String) {
    // An empty text is no key of an index. Every place sorts after this.
    let first = query.since.map_or_else(|| "0".to_owned(), sortable);
    let last = query.until.map_or_else(|| "~".to_owned(), |until| sortable(later(until, MILLISECOND)));
    match (&query.after, query.order) {
        (None, _) => (first, last),
        (Some(after), Order::NewestFirst) => (first, last.min(after.clone())),
        (Some(after), Order::OldestFirst) => (first.max(format!("{after}~")), last),
    }
}
