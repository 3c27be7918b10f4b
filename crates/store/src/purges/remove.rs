//! One step of a purge: records with the order of their changes, audit rows, events. Each deletion can be repeated.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::audit::Subject;
use counterfoil_core::model::event::{Event, EventKind};
use counterfoil_core::model::purge::Purge;
use counterfoil_core::model::record::RecordKind;
use counterfoil_core::model::time::{later, sortable};
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::purges::{Removed, Rest};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;

use crate::fault;
use crate::key::{Key, connection_pk, events_pk};
use crate::row::{Item, key_item, millis, number, text};
use crate::table::{PK, SK, Table};

/// The number of deletions at once.
const AT_ONCE_MOST: usize = 32;
/// How many blocks of changes one step removes, with their records: at most 980.
const BLOCKS_MOST: u32 = 10;
/// How many other items one step removes.
pub(super) const ITEMS_MOST: u32 = 500;
/// The clock of another process may be this far ahead, so that an event of before the request has a later time in its id.
const EVENT_SKEW: Duration = Duration::from_secs(3_600);

pub(super) const NOTHING: Removed = Removed { items: 0, rest: Rest::Nothing };

impl Table {
    /// Removes the records of some blocks, and then the blocks, because only they list the records. A record that has changed since stays.
    pub(super) async fn remove_records(&self, purge: &Purge) -> Result<Removed, StoreError> {
        let Some(until) = purge.last_change else { return Ok(NOTHING) };
        for kind in [RecordKind::Check, RecordKind::Invoice] {
            let blocks = self.blocks(&purge.connection, kind, (Timestamp::UNIX_EPOCH, until), BLOCKS_MOST).await?;
            if blocks.is_empty() {
                continue;
            }
            let ids: BTreeSet<_> = blocks.iter().flat_map(|block| &block.ids).collect();
            let records = ids.into_iter().map(|id| Key::record(&purge.connection.partner, id)).collect();
            let records = self.delete_all(records, Some(until)).await?;
            let blocks = blocks.iter().map(|block| Key::change_block(&purge.connection, kind, block.at)).collect();
            let items = records + self.delete_all(blocks, None).await?;
            return Ok(Removed { items, rest: Rest::After(None) });
        }
        Ok(NOTHING)
    }

    /// Removes the audit rows until the request, and the events that the first versions stored in the connection's partition.
    pub(super) async fn remove_history(&self, purge: &Purge) -> Result<Removed, StoreError> {
        let subject = Subject::from(&purge.connection);
        let audit = |at: &str| Key::audit(&subject, at).sk;
        let next_millisecond = later(purge.requested_at, Duration::from_millis(1));
        let audits = (audit(""), audit(&sortable(next_millisecond)));
        for (first, last) in [audits, ("EVENT#".to_owned(), "EVENT#~".to_owned())] {
            let keys = self.keys_between(&connection_pk(&purge.connection), first, last).await?;
            if !keys.is_empty() {
                return Ok(Removed { items: self.delete_all(keys, None).await?, rest: Rest::After(None) });
            }
        }
        Ok(NOTHING)
    }

    /// Reads one page of the partner's events, in the order of time, and removes those of the connection. The event of the disconnect
    /// stays, because it may not be delivered yet.
    pub(super) async fn remove_events(&self, purge: &Purge) -> Result<Removed, StoreError> {
        let pk = events_pk(&purge.connection.partner);
        let last = Event::mark(later(purge.requested_at, EVENT_SKEW));
        let disconnected = EventKind::Disconnected.as_str().to_owned();
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression(format!("{PK} = :events AND {SK} <= :last"))
            .filter_expression(
                "company_key = :company_key AND epoch <= :epoch AND NOT (epoch = :epoch AND #event = :disconnected)",
            )
            .projection_expression(format!("{PK}, {SK}"))
            .expression_attribute_names("#event", "event")
            .expression_attribute_values(":events", AttributeValue::S(pk.clone()))
            .expression_attribute_values(":last", AttributeValue::S(last))
            .expression_attribute_values(":company_key", AttributeValue::S(purge.connection.company_key.to_string()))
            .expression_attribute_values(":epoch", number(purge.epoch))
            .expression_attribute_values(":disconnected", AttributeValue::S(disconnected))
            .set_exclusive_start_key(purge.after.clone().map(|sk| key_item(&Key { pk, sk })))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| fault::meaning(&self.name, &error))?;
        let items = self.delete_all(keys(answer.items)?, None).await?;
        let after = answer.last_evaluated_key.map(|item| text(&item, SK)).transpose()?;
        Ok(Removed { items, rest: after.map_or(Rest::Nothing, |after| Rest::After(Some(after))) })
    }

    /// The keys of a partition between two sort keys, both included; at most [`ITEMS_MOST`], strongly consistent.
    pub(super) async fn keys_between(&self, pk: &str, first: String, last: String) -> Result<Vec<Key>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression(format!("{PK} = :pk AND {SK} BETWEEN :first AND :last"))
            .projection_expression(format!("{PK}, {SK}"))
            .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
            .expression_attribute_values(":first", AttributeValue::S(first))
            .expression_attribute_values(":last", AttributeValue::S(last))
            .consistent_read(true)
            .limit(i32::try_from(ITEMS_MOST).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| fault::meaning(&self.name, &error))?;
        keys(answer.items)
    }

    /// Deletes items. With a time, deletes only records whose last change is not after it. Returns the number of deleted items.
    pub(super) async fn delete_all(&self, keys: Vec<Key>, changed_until: Option<Timestamp>) -> Result<u64, StoreError> {
        let deletions = keys.iter().map(|key| self.delete_if(key, changed_until));
        let deletions: Vec<_> = deletions.collect();
        let deleted = stream::iter(deletions).buffer_unordered(AT_ONCE_MOST);
        deleted.try_fold(0, |count, was_there| async move { Ok(count + u64::from(was_there)) }).await
    }

    async fn delete_if(&self, key: &Key, changed_until: Option<Timestamp>) -> Result<bool, StoreError> {
        let mut request = self.client.delete_item().table_name(&self.name).set_key(Some(key_item(key)));
        request = match changed_until {
            None => request.condition_expression(format!("attribute_exists({PK})")),
            Some(until) => {
                let request = request.condition_expression("updated_at <= :until");
                request.expression_attribute_values(":until", number(millis(until)))
            }
        };
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(DeleteItemError::is_conditional_check_failed_exception) => {
                Ok(false)
            }
            Err(error) => Err(fault::meaning(&self.name, &error)),
        }
    }
}

fn keys(items: Option<Vec<Item>>) -> Result<Vec<Key>, StoreError> {
    items.unwrap_or_default().iter().map(|item| Ok(Key { pk: text(item, PK)?, sk: text(item, SK)? })).collect()
}
