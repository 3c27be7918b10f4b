//! The store of purges. A claim writes its id and a later due time to the row. Each later write is conditional on that id, so that a slow
//! process overwrites nothing.

use async_trait::async_trait;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use counterfoil_core::model::connection::{ConnectionId, Status};
use counterfoil_core::model::purge::{Part, Purge};
use counterfoil_core::port::store::connections::DueEntry;
use counterfoil_core::port::store::purges::{NewPurge, PurgeStore, Removed};
use counterfoil_core::port::store::revocations::Claim;
use counterfoil_core::port::store::{StoreError, Written};
use jiff::Timestamp;

use super::begin::without_company_name;
use super::row;
use crate::connections::port::due_since;
use crate::connections::row::connection_id;
use crate::fault;
use crate::key::{Key, PURGER};
use crate::request::{Transacted, transact_update};
use crate::row::{Item, millis, number, readable};
use crate::table::{DUE_AT, DUE_SHARD, Table};
use crate::update::Changes;

#[async_trait]
impl PurgeStore for Table {
    async fn begin_purge(&self, purge: &NewPurge) -> Result<Written, StoreError> {
        let changes = without_company_name(Changes::default())?
            .put("updated_at", Some(millis(purge.at)))?
            .naming("status")
            .given(":epoch", number(purge.epoch))
            .given(":disconnected", AttributeValue::S(Status::Disconnected.as_str().to_owned()));
        let connection = Key::connection(&purge.connection);
        let update = changes.under(self, &connection, "epoch = :epoch AND #status = :disconnected");
        let mut items = vec![transact_update(update)];
        items.extend(self.purge_items(purge).await?);
        Ok(match self.transact(items, &purge.audit.id).await? {
            Transacted::Stored => Written::Stored,
            Transacted::Refused(_) => Written::Overtaken,
        })
    }

    async fn purge(&self, id: &ConnectionId) -> Result<Option<Purge>, StoreError> {
        self.get(&Key::purge(id)).await?.map(row::read).transpose()
    }

    async fn due_purges(&self, now: Timestamp, most: u32) -> Result<Vec<DueEntry>, StoreError> {
        let keys = self.due_keys(PURGER, row::SHARD, now, None, most).await?;
        let entry = |item: &Item| Ok(DueEntry { connection: connection_id(item)?, since: due_since(item)? });
        Ok(readable(keys.iter().map(entry)).collect())
    }

    async fn claim_purge(&self, id: &ConnectionId, claim: &Claim) -> Result<Option<Purge>, StoreError> {
        let changes = Changes::default()
            .put("claim", Some(&claim.id))?
            .put(DUE_AT, Some(millis(claim.until)))?
            .given(":now", number(millis(claim.at)));
        let update = changes.under(self, &Key::purge(id), &format!("{DUE_AT} <= :now OR claim = :claim"));
        match self.request(update).return_values(ReturnValue::AllNew).send().await {
            Ok(answer) => answer.attributes.map(row::read).transpose(),
            Err(SdkError::ServiceError(refused)) if refused.err().is_conditional_check_failed_exception() => Ok(None),
            Err(error) => Err(fault::meaning(&self.name, &error)),
        }
    }

    async fn save_purge(&self, purge: &Purge, claim: &Claim, due_at: Timestamp) -> Result<Written, StoreError> {
        let changes = Changes::default()
            .put("part", Some(row::word_of(purge.part)))?
            .put("after", purge.after.as_ref())?
            .put("removed", Some(purge.removed))?
            .put("completed_at", purge.completed_at.map(millis))?
            .given(":claim", AttributeValue::S(claim.id.clone()));
        let changes = match purge.completed_at {
            Some(_) => changes.remove(DUE_AT).remove(DUE_SHARD),
            None => changes.put(DUE_AT, Some(millis(due_at)))?,
        };
        self.update(changes.under(self, &Key::purge(&purge.connection), "claim = :claim"), |_| false).await
    }

    async fn remove(&self, purge: &Purge) -> Result<Removed, StoreError> {
        match purge.part {
            Part::Records => self.remove_records(purge).await,
            Part::History => self.remove_history(purge).await,
            Part::Events => self.remove_events(purge).await,
            Part::Runs => self.remove_runs(purge).await,
        }
    }
}
