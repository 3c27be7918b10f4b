//! The port for reading records.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::record::RecordKind;
use counterfoil_core::model::stored_record::{RecordId, StoredRecord};
use counterfoil_core::model::time::later;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::records::{ByDate, ChangeBlock, Dated, RecordStore};
use jiff::Timestamp;

use crate::fault;
use crate::key::{Key, records_of};
use crate::records::{block_row, list_place, row};
use crate::request::LIST_ROUNDS_MOST;
use crate::table::{LIST_INDEX, LIST_PK, LIST_SK, PK, SK, Table};

#[async_trait]
impl RecordStore for Table {
    async fn record(&self, partner: &PartnerId, id: &RecordId) -> Result<Option<StoredRecord>, StoreError> {
        self.get(&Key::record(partner, id)).await?.map(row::read).transpose()
    }

    async fn records(&self, partner: &PartnerId, ids: &[RecordId]) -> Result<Vec<Option<StoredRecord>>, StoreError> {
        let keys: Vec<_> = ids.iter().map(|id| Key::record(partner, id)).collect();
        self.get_all(&keys).await?.into_iter().map(|item| item.map(row::read).transpose()).collect()
    }

    async fn by_date(&self, list: &ByDate<'_>) -> Result<Vec<Dated>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(LIST_INDEX)
            .key_condition_expression(format!("{LIST_PK} = :records AND {LIST_SK} BETWEEN :from AND :to"))
            .expression_attribute_values(":records", AttributeValue::S(records_of(list.connection, list.kind)))
            .expression_attribute_values(":from", AttributeValue::S(list.from.map_or("0".to_owned(), |date| date.to_string())))
            // Sorts after every id of that date.
            .expression_attribute_values(":to", AttributeValue::S(list.to.map_or("~".to_owned(), |date| format!("{date}~"))))
            .scan_index_forward(false)
            .set_exclusive_start_key(list.after.map(|after| list_place::list_position(list.connection, after)))
            .limit(i32::try_from(list.most).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| fault::meaning(&self.name, &error))?;
        answer.items.unwrap_or_default().iter().map(list_place::dated).collect()
    }

    /// The mark is read before the blocks. A query is not isolated from the transaction that writes a block and its records, so it may
    /// find a block while some of the records cannot be read yet. What a purge covers counts as removed.
    async fn changes(
        &self,
        connection: &ConnectionId,
        kind: RecordKind,
        from: Timestamp,
        most: u32,
    ) -> Result<Vec<ChangeBlock>, StoreError> {
        let leasing = self.leasing(connection).await?;
        let from = leasing.purged_until.map_or(from, |until| from.max(later(until, Duration::from_millis(1))));
        let Some(mark) = leasing.mark.filter(|mark| from <= *mark) else { return Ok(Vec::new()) };
        self.blocks(connection, kind, (from, mark), most).await
    }
}

impl Table {
    /// The blocks of changes between these times, both included, oldest first; strongly consistent.
    pub(crate) async fn blocks(
        &self,
        connection: &ConnectionId,
        kind: RecordKind,
        (from, until): (Timestamp, Timestamp),
        most: u32,
    ) -> Result<Vec<ChangeBlock>, StoreError> {
        let Key { pk, sk: first } = Key::change_block(connection, kind, from);
        let last = Key::change_block(connection, kind, until).sk;
        let (mut blocks, mut after) = (Vec::new(), None);
        for _ in 0..LIST_ROUNDS_MOST {
            let room = most.saturating_sub(u32::try_from(blocks.len()).unwrap_or(u32::MAX));
            let request = self
                .client
                .query()
                .table_name(&self.name)
                .key_condition_expression(format!("{PK} = :changes AND {SK} BETWEEN :first AND :last"))
                .expression_attribute_values(":changes", AttributeValue::S(pk.clone()))
                .expression_attribute_values(":first", AttributeValue::S(first.clone()))
                .expression_attribute_values(":last", AttributeValue::S(last.clone()))
                .consistent_read(true)
                .set_exclusive_start_key(after)
                .limit(i32::try_from(room).unwrap_or(i32::MAX));
            let answer = request.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
            for item in answer.items.unwrap_or_default() {
                blocks.push(block_row::read(kind, item)?);
            }
            after = answer.last_evaluated_key;
            if after.is_none() || blocks.len() >= most as usize {
                break;
            }
        }
        Ok(blocks)
    }
}
