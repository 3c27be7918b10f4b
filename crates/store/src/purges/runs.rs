//! Removes the runs of a connection. The partner's list of runs names the connection of each, so that only its own are read.

use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem, Update};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::purge::Purge;
use counterfoil_core::model::sync::SyncId;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::purges::{Removed, Rest};
use serde::Deserialize;

use super::remove::ITEMS_MOST;
use crate::fault;
use crate::key::{Key, syncs_of};
use crate::request::{Transacted, transact_update};
use crate::row::{Item, from_item, key_item, millis, number, text};
use crate::table::{LIST_INDEX, LIST_PK, LIST_SK, PK, SK, Table};

/// How many runs of the partner one step reads.
const RUNS_MOST: i32 = 1_000;
/// How many runs are read in one request.
const READ_AT_ONCE: usize = 100;

/// An entry of the partner's list of runs.
struct Entry {
    place: String,
    key: Key,
}

/// The attributes of a run that a purge needs.
#[derive(Deserialize)]
struct Run {
    sync_id: String,
    company_key: String,
    #[serde(default)]
    epoch: u64,
    created_at: i64,
    parent: Option<String>,
}

impl Table {
    /// Removes the connection's runs. A step that reaches its limit ends after the run that it removed last.
    pub(super) async fn remove_runs(&self, purge: &Purge) -> Result<Removed, StoreError> {
        let (entries, last) = self.runs_after(&purge.connection.partner, purge.after.as_deref()).await?;
        let own: Vec<_> = entries.into_iter().filter(|entry| may_be_of(purge, entry)).collect();
        let (mut items, mut after) = (0, purge.after.clone());
        for part in own.chunks(READ_AT_ONCE) {
            let keys: Vec<_> = part.iter().map(|entry| entry.key.clone()).collect();
            for (entry, run) in part.iter().zip(self.get_all(&keys).await?) {
                if let Some(run) = run.map(from_item).transpose()?.filter(|run| is_covered(purge, run)) {
                    let Removed { items: removed, rest } = self.remove_run(&purge.connection.partner, &entry.key, &run).await?;
                    items += removed;
                    if rest != Rest::Nothing {
                        return Ok(Removed { items, rest: Rest::After(after) });
                    }
                }
                after = Some(entry.place.clone());
                if items >= u64::from(ITEMS_MOST) {
                    return Ok(Removed { items, rest: Rest::After(after) });
                }
            }
        }
        Ok(Removed { items, rest: last.map_or(Rest::Nothing, |last| Rest::After(Some(last))) })
    }

    /// The entries of a partner's list after this position, oldest first, and the last one if others may follow.
    async fn runs_after(&self, partner: &PartnerId, after: Option<&str>) -> Result<(Vec<Entry>, Option<String>), StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(LIST_INDEX)
            .key_condition_expression(format!("{LIST_PK} = :runs AND {LIST_SK} > :after"))
            .expression_attribute_values(":runs", AttributeValue::S(syncs_of(partner)))
            .expression_attribute_values(":after", AttributeValue::S(after.unwrap_or("0").to_owned()))
            .limit(RUNS_MOST)
            .send()
            .await
            .map_err(|error| fault::meaning(&self.name, &error))?;
        let entry =
            |item: &Item| Ok(Entry { place: text(item, LIST_SK)?, key: Key { pk: text(item, PK)?, sk: text(item, SK)? } });
        let entries = answer.items.unwrap_or_default().iter().map(entry).collect::<Result<_, StoreError>>()?;
        Ok((entries, answer.last_evaluated_key.map(|item| text(&item, LIST_SK)).transpose()?))
    }

    /// Removes the page logs and totals of a run, and then the run, because a repetition finds them by the run.
    async fn remove_run(&self, partner: &PartnerId, key: &Key, run: &Run) -> Result<Removed, StoreError> {
        let mut items = 0;
        for kind in ["PAGE#", "TOTALS#"] {
            let keys = self.keys_between(&key.pk, kind.to_owned(), format!("{kind}~")).await?;
            let may_have_more = keys.len() == ITEMS_MOST as usize;
            items += self.delete_all(keys, None).await?;
            if may_have_more {
                return Ok(Removed { items, rest: Rest::After(None) });
            }
        }
        if let Some(group) = &run.parent {
            self.leave_group(partner, &SyncId::new(group.clone()), &SyncId::new(run.sync_id.clone())).await?;
        }
        items += self.delete_all(vec![key.clone()], None).await?;
        Ok(Removed { items, rest: Rest::Nothing })
    }

    /// Removes a run from its group, and lowers the group's count.
    async fn leave_group(&self, partner: &PartnerId, group: &SyncId, sync: &SyncId) -> Result<(), StoreError> {
        let part = Key::sync_part(partner, group, sync);
        let is_there = format!("attribute_exists({PK})");
        let delete = Delete::builder().table_name(&self.name).set_key(Some(key_item(&part))).condition_expression(&is_there);
        let less = Update::builder()
            .table_name(&self.name)
            .set_key(Some(key_item(&Key::sync_group(partner, group))))
            .update_expression("ADD #count :less")
            .condition_expression(is_there)
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":less", number(-1));
        let items = vec![
            TransactWriteItem::builder().delete(delete.build().expect("table and key are given")).build(),
            transact_update(less.build().expect("table, key and expression are given")),
        ];
        match self.transact(items, &format!("leave {} {}", part.pk, part.sk)).await? {
            Transacted::Stored => Ok(()),
            // It has left already, or its group has expired.
            Transacted::Refused(_) => self.delete_item(&part).await,
        }
    }
}

/// Whether the entry's run may be one of the connection. The entries of an earlier version do not name the connection.
fn may_be_of(purge: &Purge, entry: &Entry) -> bool {
    entry.place.split_once('#').is_none_or(|(_, company_key)| company_key == purge.connection.company_key.as_str())
}

/// Whether the purge covers a run: a run of the connection whose epoch is not above the purge's. A run of an earlier version has no epoch.
fn is_covered(purge: &Purge, run: &Run) -> bool {
    let is_older = if run.epoch == 0 { run.created_at <= millis(purge.requested_at) } else { run.epoch <= purge.epoch };
    run.company_key == purge.connection.company_key.as_str() && is_older
}
