//! The write that begins a purge.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::purges::NewPurge;

use super::row;
use crate::history;
use crate::row::number;
use crate::table::{PK, Table};
use crate::update::Changes;

/// Deletes the company's name from a connection.
pub(crate) fn without_company_name(changes: Changes) -> Result<Changes, StoreError> {
    changes.put("company_name", Some(""))
}

impl Table {
    /// The items of a transaction that begins a purge, without the connection's own. The transaction fails if a record changed after
    /// this call, or if the purge of this epoch has begun.
    pub(crate) async fn purge_items(&self, purge: &NewPurge) -> Result<Vec<TransactWriteItem>, StoreError> {
        let (last_change, fence) = self.fence(purge).await?;
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(row::write(purge, last_change)?))
            .condition_expression(format!("attribute_not_exists({PK}) OR epoch < :epoch"))
            .expression_attribute_values(":epoch", number(purge.epoch))
            .build()
            .expect("table and item are given");
        let begun = TransactWriteItem::builder().put(put).build();
        Ok(vec![fence, begun, self.put(history::row::audit(&purge.audit)?)])
    }
}
