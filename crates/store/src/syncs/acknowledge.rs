//! Acknowledges writes of changes: finds out whether all items of a write can be read.
//!
//! A transaction that was answered with success is complete. A transaction whose answer was lost may not be, even if the state shows its
//! result, because single reads see the items of a transaction one after the other. So the process that takes the run over reads all of
//! its items with one `TransactGetItems`. DynamoDB refuses that request while a transaction is in progress on any of the items.

use aws_sdk_dynamodb::types::{Get, TransactGetItem};
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::record::RecordKind;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::records::ChangeBlock;
use counterfoil_core::port::store::syncs::{Batch, SyncLease};
use jiff::Timestamp;

use super::state_row::{Leasing, read_leasing};
use crate::fault;
use crate::key::Key;
use crate::records::block_row;
use crate::row::key_item;
use crate::table::{PK, Table};

impl Table {
    /// The lease of a connection's runs and how far their changes are; strongly consistent.
    pub(crate) async fn leasing(&self, connection: &ConnectionId) -> Result<Leasing, StoreError> {
        let state = self.get(&Key::sync_state(connection)).await?;
        Ok(state.map(read_leasing).transpose()?.unwrap_or_default())
    }

    /// Reads the block of that time, if all items of its write can be read.
    ///
    /// # Errors
    /// `Busy` if they cannot be read yet.
    pub(super) async fn acknowledge(&self, connection: &ConnectionId, at: Timestamp) -> Result<ChangeBlock, StoreError> {
        let kinds = [RecordKind::Check, RecordKind::Invoice];
        let found = self.get_all(&kinds.map(|kind| Key::change_block(connection, kind, at))).await?;
        let found = kinds.into_iter().zip(found).find_map(|(kind, item)| Some((kind, item?)));
        let Some((kind, item)) = found else { return Err(StoreError::Busy("a write of changes is not complete".to_owned())) };
        let block = block_row::read(kind, item)?;
        let records = block.ids.iter().map(|id| Key::record(&connection.partner, id));
        let request = self.client.transact_get_items();
        let request = records.fold(request, |request, key| request.transact_items(self.whether_it_is_there(&key)));
        request.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
        Ok(block)
    }

    /// Whether a refused batch was stored by an earlier try whose answer was lost.
    pub(super) async fn is_stored(&self, lease: &SyncLease, batch: &Batch<'_>) -> Result<bool, StoreError> {
        let leasing = self.leasing(&lease.connection).await?;
        if leasing.number != lease.number || leasing.last_change != Some(batch.at) {
            return Ok(false);
        }
        let block = self.acknowledge(&lease.connection, batch.at).await?;
        Ok(block.ids.iter().eq(batch.records.iter().map(|record| &record.id)))
    }

    fn whether_it_is_there(&self, key: &Key) -> TransactGetItem {
        let get = Get::builder().table_name(&self.name).set_key(Some(key_item(key))).projection_expression(PK);
        TransactGetItem::builder().get(get.build().expect("table and key are given")).build()
    }
}
