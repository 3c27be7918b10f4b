//! Ends runs: under the lease, or from outside.

use aws_sdk_dynamodb::types::TransactWriteItem;
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::port::store::syncs::{Finish, Stopped, SyncLease, SyncState};
use counterfoil_core::port::store::{StoreError, Written};
use jiff::Timestamp;

use super::run_row::{self, word_of};
use super::state_row::{HOLDS, IS_AS_READ, acknowledged, as_read, due, due_after, given_back, next, read, read_leasing};
use crate::key::Key;
use crate::outbox;
use crate::request::{Transacted, transact_update};
use crate::row::{millis, number};
use crate::table::{PK, Table};
use crate::update::Changes;

/// How often the end of a run is tried, while requests for other runs of the connection come in between.
const TRIES_MOST: u32 = 5;

impl Table {
    /// What is queued may change until the run has ended: so the state is read, and written if it is still as it was read.
    pub(super) async fn end_under_lease(&self, lease: &SyncLease, finish: &Finish<'_>) -> Result<Written, StoreError> {
        let rows = run_row::write(finish.sync)?;
        for _ in 0..TRIES_MOST {
            let item = self.get(&Key::sync_state(&lease.connection)).await?.unwrap_or_default();
            if read_leasing(item.clone())?.number != lease.number {
                // An earlier try whose answer was lost has left this very row.
                let run = self.get(&Key::sync(&lease.connection.partner, &lease.sync)).await?;
                return Ok(if run.as_ref() == rows.first() { Written::Stored } else { Written::Overtaken });
            }
            let state = read(item)?;
            let mut items = vec![self.ended(lease, finish, &state)?];
            items.extend(rows.iter().cloned().map(|row| self.put(row)));
            if let Some(event) = &finish.event {
                items.push(self.put(outbox::row::write(event)?));
            }
            let token = format!("finish {} {} {}", lease.sync.as_str(), lease.number, state.version);
            if matches!(self.transact(items, &token).await?, Transacted::Stored) {
                return Ok(Written::Stored);
            }
        }
        Err(StoreError::Busy("a run could not be ended".to_owned()))
    }

    /// The state's part of the end of a run: what was queued is active.
    fn ended(&self, lease: &SyncLease, finish: &Finish<'_>, state: &SyncState) -> Result<TransactWriteItem, StoreError> {
        let mut after = SyncState { active: state.queued.clone(), queued: None, ..state.clone() };
        if let Some(known) = &finish.known {
            after.known[finish.sync.scope.kind as usize] = known.clone();
        }
        let due_at = due_after(&lease.connection, &after, finish.now);
        let changes = acknowledged(given_back(next(&lease.connection, &after)?), lease)?;
        let changes = as_read(due(changes, &lease.connection, due_at)?, state).given(":lease", number(lease.number));
        let condition = format!("{HOLDS} AND {IS_AS_READ}");
        Ok(transact_update(changes.under(self, &Key::sync_state(&lease.connection), &condition)))
    }

    /// The lease of the active run ends with it; if a queued run alone is ended, the active one goes on undisturbed.
    pub(super) async fn end_from_outside(
        &self,
        connection: &ConnectionId,
        state: &SyncState,
        stopped: &[Stopped],
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
            changes = due(given_back(changes), connection, due_after(connection, state, now))?;
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
            // The next run of the connection does it.
            tracing::warn!(%connection, %error, "the last changes of a stopped run are not in the order of changes yet");
        }
        Ok(Written::Stored)
    }

    /// Nobody works on the run any more who would acknowledge what it wrote last.
    async fn mark_last_change(&self, connection: &ConnectionId, at: Timestamp) -> Result<(), StoreError> {
        self.acknowledge(connection, at).await?;
        let changes = Changes::default().put("mark", Some(millis(at)))?.naming("last_change").given(":at", number(millis(at)));
        let update = changes.under(self, &Key::sync_state(connection), "#last_change = :at");
        self.update(update, |_| false).await.map(drop)
    }
}
