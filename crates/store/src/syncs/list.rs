//! The lists of a partner's runs, of a group's runs, and of the connections with a run that is due.

use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::sync::{SyncId, SyncRun};
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::connections::DueEntry;
use jiff::Timestamp;

use super::{group_row, run_row};
use crate::connections::port::due_since;
use crate::connections::row::connection_under;
use crate::fault;
use crate::key::{Key, SYNC_PART, SYNCER, SYNCS, sync_pk, syncs_of};
use crate::request::LIST_ROUNDS_MOST;
use crate::row::{self, key_item, text};
use crate::table::{LIST_INDEX, LIST_PK, PK, SK, Table};

/// How many items are read by their keys at once.
const READ_AT_ONCE: usize = 100;

impl Table {
    pub(super) async fn list_runs(
        &self,
        partner: &PartnerId,
        after: Option<&SyncId>,
        most: u32,
    ) -> Result<Vec<SyncRun>, StoreError> {
        let mut runs = Vec::new();
        let mut after = after.map(|id| run_row::list_position(partner, id));
        for _ in 0..LIST_ROUNDS_MOST {
            let room = most.saturating_sub(u32::try_from(runs.len()).unwrap_or(u32::MAX));
            let request = self
                .client
                .query()
                .table_name(&self.name)
                .index_name(LIST_INDEX)
                .key_condition_expression(format!("{LIST_PK} = :partner"))
                .expression_attribute_values(":partner", AttributeValue::S(syncs_of(partner)))
                .scan_index_forward(false)
                .set_exclusive_start_key(after)
                .limit(i32::try_from(room).unwrap_or(i32::MAX));
            let answer = request.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
            let found = answer.items.unwrap_or_default();
            let keys = found.iter().map(|item| Ok(Key { pk: text(item, PK)?, sk: text(item, SK)? }));
            let items = self.get_each(&keys.collect::<Result<Vec<_>, StoreError>>()?).await?;
            let read = row::readable(items.into_iter().flatten().map(run_row::read)).collect();
            runs.extend(self.with_totals(read).await?);
            after = answer.last_evaluated_key;
            if after.is_none() || runs.len() >= most as usize {
                break;
            }
        }
        Ok(runs)
    }

    /// The runs with their reconciliations, which are separate items.
    ///
    /// # Errors
    /// `Busy` if an item is missing: its run ended a moment ago.
    pub(super) async fn with_totals(&self, runs: Vec<run_row::Read>) -> Result<Vec<SyncRun>, StoreError> {
        let keys: Vec<_> = runs.iter().flat_map(|run| run.totals.iter().cloned()).collect();
        let mut totals = self.get_each(&keys).await?.into_iter();
        let whole = |run: run_row::Read| {
            let items: Option<Vec<_>> = totals.by_ref().take(run.totals.len()).collect();
            run.with(items.ok_or_else(|| StoreError::Busy("the end of a run is not complete".to_owned()))?)
        };
        runs.into_iter().map(whole).collect()
    }

    /// The items of these keys, strongly consistent. There may be any number of keys.
    async fn get_each(&self, keys: &[Key]) -> Result<Vec<Option<row::Item>>, StoreError> {
        let mut items = Vec::new();
        for keys in keys.chunks(READ_AT_ONCE) {
            items.extend(self.get_all(keys).await?);
        }
        Ok(items)
    }

    pub(super) async fn list_parts(
        &self,
        partner: &PartnerId,
        group: &SyncId,
        after: Option<&SyncId>,
        most: u32,
    ) -> Result<Vec<SyncId>, StoreError> {
        let request = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression(format!("{PK} = :group AND begins_with({SK}, :parts)"))
            .expression_attribute_values(":group", AttributeValue::S(sync_pk(partner, group)))
            .expression_attribute_values(":parts", AttributeValue::S(SYNC_PART.to_owned()))
            .consistent_read(true)
            .scan_index_forward(false)
            .set_exclusive_start_key(after.map(|id| key_item(&Key::sync_part(partner, group, id))))
            .limit(i32::try_from(most).unwrap_or(i32::MAX));
        let answer = request.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
        answer.items.unwrap_or_default().iter().map(group_row::read_part).collect()
    }

    pub(super) async fn due_syncs(&self, shard: u8, now: Timestamp, most: u32) -> Result<Vec<DueEntry>, StoreError> {
        let keys = self.due_keys(SYNCER, shard, now, None, most).await?;
        let entry =
            |item: &row::Item| Ok(DueEntry { connection: connection_under(SYNCS, &text(item, PK)?)?, since: due_since(item)? });
        Ok(row::readable(keys.iter().map(entry)).collect())
    }
}
