//! Ends runs: by the process with the lease, or by another.

use aws_sdk_dynamodb::types::TransactWriteItem;
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::port::store::syncs::{Finish, LastRun, StoppedRun, SyncLease, SyncState};
use counterfoil_core::port::store::{StoreError, Written};
use jiff::Timestamp;

use super::run_row::{self, word_of};
use super::state_row::{HOLDS, IS_AS_READ, acknowledged, as_read, due, due_after, next, read, read_leasing, released};
use crate::key::Key;
use crate::outbox;
use crate::request::{Transacted, transact_update};
use crate::row::{millis, number};
use crate::table::{PK, Table};
use crate::update::Changes;

impl Table {
    /// Ends the run of a lease. Another run may be queued at any time until then, so the state is read, and written only if it is
    /// still as it was read. If it is not, the table is `Busy`.
    pub(super) async fn end_under_lease(&self, lease: &SyncLease, finish: &Finish<'_>) -> Result<Written, StoreError> {
        let rows = run_row::write(finish.sync)?;
        let item = self.get(&Key::sync_state(&lease.connection)).await?.unwrap_or_default();
        if read_leasing(item.clone())?.number != lease.number {
            // If the stored run equals this one, an earlier try succeeded and its answer was lost.
            let run = self.get(&Key::sync(&lease.connection.partner, &lease.sync)).await?;
            return Ok(if run.as_ref() == rows.first() { Written::Stored } else { Written::Overtaken });
        }
        let state = read(item)?;
        let mut items = vec![self.ended(lease, finish, &state)?];
        items.extend(rows.into_iter().map(|row| self.put(row)));
        if let Some(event) = &finish.event {
            items.push(self.put(outbox::row::write(event)?));
        }
        let token = format!("finish {} {} {}", lease.sync.as_str(), lease.number, state.version);
        match self.transact(items, &token).await? {
            Transacted::Stored => Ok(Written::Stored),
            Transacted::Refused(_) => Err(StoreError::Busy("the state of a connection's imports has changed".to_owned())),
        }
    }

    /// The update of the state when a run ends: the queued run becomes active.
    fn ended(&self, lease: &SyncLease, finish: &Finish<'_>, state: &SyncState) -> Result<TransactWriteItem, StoreError> {
        let mut after = SyncState { active: state.queued.clone(), queued: None, ..state.clone() };
        if let Some(baseline) = &finish.baseline {
            after.baselines[finish.sync.options.kind as usize] = baseline.clone();
        }
        if !finish.sync.is_dry {
            let is_mismatched = finish.sync.reconciliation.as_ref().is_some_and(|found| !found.matches());
            let last = LastRun { at: finish.now, failure: finish.sync.failure, is_mismatched };
            after.last[finish.sync.options.kind as usize] = Some(last);
        }
        let due_at = due_after(&lease.connection, &after, finish.now);
        let changes = acknowledged(released(next(&lease.connection, &after)?), lease)?;
        let changes = as_read(due(changes, &lease.connection, due_at)?, state).given(":lease", number(lease.number));
        let condition = format!("{HOLDS} AND {IS_AS_READ}");
        Ok(transact_update(changes.under(self, &Key::sync_state(&lease.connection), &condition)))
    }

    /// Ends runs without their lease. If the active run is ended, its lease ends too; if only the queued run is ended, the active
    /// one goes on.
    pub(super) async fn end_from_outside(
        &self,
        connection: &ConnectionId,
        state: &SyncState,
        stopped: &[StoppedRun],
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        let key = Key::sync_state(connection);
        let item = self.get(&key).await?.unwrap_or_default();
        let (before, leasing) = (read(item.clone())?, read_leasing(item)?);
        if before.version != state.version {
            return Ok(Written::Overtaken);
        }
        let mut changes = as_read(next(connection, state)?, state);
        if before.active != state.active {
            changes = due(released(changes), connection, due_after(connection, state, now))?;
        }
        let mut items = vec![transact_update(changes.under(self, &key, IS_AS_READ))];
        for run in stopped {
            let changes = Changes::default()
                .put("status", Some(word_of(run.status)))?
                .put("failure", run.failure.map(word_of))?
                .put("finished_at", Some(millis(now)))?
                .remove("resumes_at");
            let run_key = Key::sync(&connection.partner, &run.sync);
            items.push(transact_update(changes.under(self, &run_key, &format!("attribute_exists({PK})"))));
            if let Some(event) = &run.event {
                items.push(self.put(outbox::row::write(event)?));
            }
        }
        let token = format!("stop {} {} {now}", key.pk, state.version);
        if let Transacted::Refused(_) = self.transact(items, &token).await? {
            return Ok(Written::Overtaken);
        }
        if before.active != state.active
            && let Some(at) = leasing.last_change.filter(|at| leasing.mark != Some(*at))
            && let Err(error) = self.mark_last_change(connection, at).await
        {
            // The connection's next run acknowledges them.
            tracing::warn!(%connection, %error, "the last changes of a stopped run are not in the order of changes yet");
        }
        Ok(Written::Stored)
    }

    /// Acknowledges the last block of a stopped run, because no process works on the run that would do so.
    async fn mark_last_change(&self, connection: &ConnectionId, at: Timestamp) -> Result<(), StoreError> {
        self.acknowledge(connection, at).await?;
        let changes = Changes::default().put("mark", Some(millis(at)))?.naming("last_change").given(":at", number(millis(at)));
        let update = changes.under(self, &Key::sync_state(connection), "#last_change = :at");
        self.update(update, |_| false).await.map(drop)
    }
}
