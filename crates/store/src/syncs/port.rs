//! The port for runs. Every write of a process that works on a run is conditional on the number of its lease. So are the writes of
//! records, which have other partition keys: they are in the same transaction as the condition.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use counterfoil_core::model::connection::{Company, ConnectionId};
use counterfoil_core::model::name::PartnerId;
use counterfoil_core::model::sync::{SyncGroup, SyncId, SyncRun};
use counterfoil_core::model::time::later;
use counterfoil_core::port::accounting::Limits;
use counterfoil_core::port::store::connections::DueEntry;
use counterfoil_core::port::store::syncs::{
    Batch, Finish, Held, LeaseRequest, PageLog, StoppedRun, SyncLease, SyncState, SyncStore,
};
use counterfoil_core::port::store::{StoreError, Written};
use jiff::Timestamp;

use super::state_row::{self, IS_AS_READ, acknowledged, as_read, due, due_after, extended, leased, released};
use super::{group_row, notified_row, page_row, run_row, settings_row};
use crate::fault;
use crate::key::Key;
use crate::records::{self, block_row};
use crate::request::{Transacted, transact_update};
use crate::row::{Item, millis, number, readable};
use crate::table::Table;
use crate::update::Changes;

#[async_trait]
impl SyncStore for Table {
    async fn state(&self, connection: &ConnectionId) -> Result<SyncState, StoreError> {
        let item = self.get(&Key::sync_state(connection)).await?;
        Ok(item.map(state_row::read).transpose()?.unwrap_or_default())
    }

    async fn states(&self, connections: &[ConnectionId]) -> Result<Vec<Option<SyncState>>, StoreError> {
        let keys: Vec<_> = connections.iter().map(Key::sync_state).collect();
        let read = |item: Option<Item>| match item.map(state_row::read) {
            None => Some(SyncState::default()),
            Some(state) => readable([state]).next(),
        };
        Ok(self.get_all(&keys).await?.into_iter().map(read).collect())
    }

    async fn configure(&self, connection: &ConnectionId, state: &SyncState, after: Timestamp) -> Result<Written, StoreError> {
        let mut changes = Changes::default().put("version", Some(state.version + 1))?;
        if state.active.is_none() {
            changes = due(changes, connection, due_after(connection, state, after))?;
        }
        let changes = notified_row::set(settings_row::set(changes, &state.settings)?, &state.notified)?;
        let changes = as_read(changes, state);
        self.update(changes.under(self, &Key::sync_state(connection), IS_AS_READ), |_| false).await
    }

    async fn begin(&self, sync: &SyncRun, state: &SyncState) -> Result<Written, StoreError> {
        let key = Key::sync_state(&sync.connection);
        let changes = notified_row::set(state_row::next(&sync.connection, state)?, &state.notified)?;
        let mut changes = as_read(changes, state);
        if state.active.as_ref().is_some_and(|(_, active)| *active == sync.id) {
            changes = due(changes, &sync.connection, Some(sync.created_at))?;
        }
        let runs = run_row::write(sync)?.into_iter().map(|row| self.put_new(row));
        let items = runs.chain([transact_update(changes.under(self, &key, IS_AS_READ))]).collect();
        Ok(match self.transact(items, &format!("begin {} {}", sync.id.as_str(), state.version)).await? {
            Transacted::Stored => Written::Stored,
            // An earlier try stored the run, and its answer was lost.
            Transacted::Refused(refused) if refused.first() == Some(&true) => Written::Stored,
            Transacted::Refused(_) => Written::Overtaken,
        })
    }

    async fn sync(&self, partner: &PartnerId, id: &SyncId) -> Result<Option<SyncRun>, StoreError> {
        let Some(item) = self.get(&Key::sync(partner, id)).await? else { return Ok(None) };
        Ok(self.with_totals(vec![run_row::read(item)?]).await?.pop())
    }

    async fn syncs(&self, partner: &PartnerId, after: Option<&SyncId>, most: u32) -> Result<Vec<SyncRun>, StoreError> {
        self.list_runs(partner, after, most).await
    }

    async fn take(&self, connection: &ConnectionId, request: &LeaseRequest) -> Result<Option<SyncLease>, StoreError> {
        let Some(item) = self.taken(connection, request).await? else { return Ok(None) };
        let leasing = state_row::read_leasing(item.clone())?;
        let Some((_, sync)) = state_row::read(item)?.active else { return Ok(None) };
        if let Some(at) = leasing.last_change.filter(|at| leasing.mark != Some(*at)) {
            self.acknowledge(connection, at).await?;
        }
        Ok(Some(SyncLease {
            connection: connection.clone(),
            sync,
            number: leasing.number,
            life: request.life,
            last_change: leasing.last_change,
            purged_until: leasing.purged_until,
        }))
    }

    /// The last block must be the one that this lease knows, which is complete. So the mark never passes an incomplete block.
    async fn store(&self, lease: &SyncLease, batch: &Batch<'_>) -> Result<Written, StoreError> {
        let changes = acknowledged(extended(Changes::default(), lease, batch.now)?, lease)?
            .put("last_change", Some(millis(batch.at)))?
            .given(":lease", number(lease.number));
        let (changes, before) = match lease.last_change {
            Some(before) => (changes.given(":before", number(millis(before))), "#last_change = :before"),
            None => (changes, "attribute_not_exists(#last_change)"),
        };
        let condition = format!("{} AND {before}", state_row::HOLDS);
        let mut items = vec![
            transact_update(changes.under(self, &Key::sync_state(&lease.connection), &condition)),
            self.put(block_row::write(&lease.connection, batch)?),
        ];
        for record in batch.records {
            items.push(self.put(records::row::write(record)?));
        }
        let ids: Vec<_> = batch.records.iter().map(|record| record.id).collect();
        let token = format!("store {} {} {} {} {ids:?}", lease.sync.as_str(), lease.number, batch.at, batch.now);
        Ok(match self.transact(items, &token).await? {
            Transacted::Stored => Written::Stored,
            Transacted::Refused(_) if self.is_stored(lease, batch).await? => Written::Stored,
            Transacted::Refused(_) => Written::Overtaken,
        })
    }

    /// The same page of the same run again overwrites its log.
    async fn complete_page(
        &self,
        lease: &SyncLease,
        sync: &SyncRun,
        log: &PageLog,
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        let state = self.under(lease, acknowledged(extended(Changes::default(), lease, now)?, lease)?);
        let rows = run_row::write(sync)?.into_iter().chain([page_row::write(sync, log)?]);
        let items = [transact_update(state)].into_iter().chain(rows.map(|row| self.put(row))).collect();
        Ok(match self.transact(items, &format!("complete_page {lease:?} {sync:?} {log:?} {now}")).await? {
            Transacted::Stored => Written::Stored,
            Transacted::Refused(_) => Written::Overtaken,
        })
    }

    async fn extend(&self, lease: &SyncLease, now: Timestamp) -> Result<Written, StoreError> {
        let update = self.under(lease, extended(Changes::default(), lease, now)?);
        self.update(update, |_| false).await
    }

    async fn pages(&self, partner: &PartnerId, id: &SyncId, after: u32, most: u32) -> Result<Vec<PageLog>, StoreError> {
        let first = Key::page_log(partner, id, after.saturating_add(1));
        let last = Key::page_log(partner, id, 99_999_999).sk;
        let request = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("PK = :sync AND SK BETWEEN :first AND :last")
            .expression_attribute_values(":sync", AttributeValue::S(first.pk))
            .expression_attribute_values(":first", AttributeValue::S(first.sk))
            .expression_attribute_values(":last", AttributeValue::S(last))
            .consistent_read(true)
            .limit(i32::try_from(most).unwrap_or(i32::MAX));
        let answer = request.send().await.map_err(|error| fault::meaning(&self.name, &error))?;
        answer.items.unwrap_or_default().into_iter().map(page_row::read).collect()
    }

    async fn rest(&self, lease: &SyncLease, sync: &SyncRun, due_at: Timestamp) -> Result<Written, StoreError> {
        let changes = released(acknowledged(Changes::default(), lease)?).add("version", 1);
        let state = self.under(lease, due(changes, &lease.connection, Some(due_at))?);
        let runs = run_row::write(sync)?.into_iter().map(|row| self.put(row));
        let items = [transact_update(state)].into_iter().chain(runs).collect();
        Ok(match self.transact(items, &format!("rest {lease:?} {sync:?} {due_at}")).await? {
            Transacted::Stored => Written::Stored,
            Transacted::Refused(_) => Written::Overtaken,
        })
    }

    async fn make_due(&self, connection: &ConnectionId, now: Timestamp) -> Result<Written, StoreError> {
        let changes = due(Changes::default(), connection, Some(now))?.naming("active").given(":now", number(millis(now)));
        let rests = "attribute_exists(#active) AND attribute_not_exists(lease_until) AND #due_at > :now";
        self.update(changes.under(self, &Key::sync_state(connection), rests), |_| false).await
    }

    async fn finish(&self, lease: &SyncLease, finish: &Finish<'_>) -> Result<Written, StoreError> {
        self.end_under_lease(lease, finish).await
    }

    async fn stop(
        &self,
        connection: &ConnectionId,
        state: &SyncState,
        stopped: &[StoppedRun],
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        self.end_from_outside(connection, state, stopped, now).await
    }

    async fn store_group(&self, group: &SyncGroup, parts: &[SyncId]) -> Result<(), StoreError> {
        let mut items = vec![self.put(group_row::write(group)?)];
        for part in parts {
            items.push(self.put(group_row::write_part(group, part)?));
        }
        self.transact(items, &format!("group {group:?} {parts:?}")).await.map(drop)
    }

    async fn group(&self, partner: &PartnerId, id: &SyncId) -> Result<Option<SyncGroup>, StoreError> {
        self.get(&Key::sync_group(partner, id)).await?.map(group_row::read).transpose()
    }

    async fn parts(
        &self,
        partner: &PartnerId,
        group: &SyncId,
        after: Option<&SyncId>,
        most: u32,
    ) -> Result<Vec<SyncId>, StoreError> {
        self.list_parts(partner, group, after, most).await
    }

    async fn due(&self, shard: u8, now: Timestamp, most: u32) -> Result<Vec<DueEntry>, StoreError> {
        self.due_syncs(shard, now, most).await
    }

    async fn reserve(
        &self,
        by: &ConnectionId,
        company: &Company,
        limits: Limits,
        now: Timestamp,
    ) -> Result<Option<Duration>, StoreError> {
        self.count_request(by, company, limits, now).await
    }

    async fn hold(&self, company: &Company, held: Held, until: Timestamp) -> Result<(), StoreError> {
        self.hold_requests(company, held, until).await
    }
}

impl Table {
    /// The state's item, if this attempt has the lease: by this write, or by an earlier try whose answer was lost.
    async fn taken(&self, connection: &ConnectionId, request: &LeaseRequest) -> Result<Option<Item>, StoreError> {
        let changes = leased(Changes::default(), connection, later(request.at, request.life))?
            .put("lease_attempt", Some(request.id.as_str()))?
            .add("lease_number", 1)
            .add("version", 1)
            .naming("active")
            .given(":now", number(millis(request.at)));
        // The connection is due when the lease has expired, or when the run's pause is over.
        let condition = "attribute_exists(#active) AND (attribute_not_exists(#due_at) OR #due_at <= :now) \
                         AND (attribute_not_exists(#lease_attempt) OR #lease_attempt <> :lease_attempt)";
        let update = changes.under(self, &Key::sync_state(connection), condition);
        match self.request(update).return_values(ReturnValue::AllNew).send().await {
            Ok(answer) => Ok(answer.attributes),
            Err(SdkError::ServiceError(refused)) if refused.err().is_conditional_check_failed_exception() => {
                let UpdateItemError::ConditionalCheckFailedException(shown) = refused.into_err() else { return Ok(None) };
                let is_own = |item: &Item| {
                    item.get("lease_attempt").and_then(|it| it.as_s().ok()).is_some_and(|id| id == request.id.as_str())
                        && item.contains_key("lease_until")
                };
                Ok(shown.item.filter(is_own))
            }
            Err(error) => Err(fault::meaning(&self.name, &error)),
        }
    }
}
