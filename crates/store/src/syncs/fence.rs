//! The part of a purge that ends a connection's runs.

use aws_sdk_dynamodb::types::TransactWriteItem;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::purges::NewPurge;
use counterfoil_core::port::store::syncs::SyncState;
use jiff::Timestamp;

use super::notified_row;
use super::state_row::{IS_AS_READ, as_read, due, due_after, read, read_leasing, released};
use crate::key::Key;
use crate::request::transact_update;
use crate::row::{millis, number};
use crate::table::Table;
use crate::update::Changes;

/// The attributes of the state that come from earlier runs.
const OF_RUNS: [&str; 7] =
    ["active", "active_kind", "queued", "queued_kind", "known_sync", "known_import_invoices", notified_row::KINDS];

impl Table {
    /// The last change of a connection's records, and the write that makes all later writes of the earlier runs fail. Every block of
    /// changes until then is complete. The connection is due by its schedule, as after any end of its runs.
    pub(crate) async fn fence(&self, purge: &NewPurge) -> Result<(Option<Timestamp>, TransactWriteItem), StoreError> {
        let key = Key::sync_state(&purge.connection);
        let item = self.get(&key).await?.unwrap_or_default();
        let (leasing, state) = (read_leasing(item.clone())?, read(item)?);
        let last_change = leasing.last_change;
        if let Some(at) = last_change.filter(|at| leasing.mark != Some(*at)) {
            self.acknowledge(&purge.connection, at).await?;
        }
        let until = last_change.map(millis);
        let idle = SyncState { active: None, notified: state.notified.clone().dropped(), ..state.clone() };
        let changes = OF_RUNS.into_iter().fold(Changes::default(), Changes::remove).add("version", 1);
        let changes = due(released(changes), &purge.connection, due_after(&purge.connection, &idle, purge.at))?
            .put("mark", until)?
            .put("purged_until", until)?
            .put("purge_epoch", Some(purge.epoch))?
            .naming("last_change");
        let (changes, condition) = match until {
            Some(until) => (changes.given(":before", number(until)), "#last_change = :before"),
            None => (changes, "attribute_not_exists(#last_change)"),
        };
        let condition = format!("{IS_AS_READ} AND {condition}");
        Ok((last_change, transact_update(as_read(changes, &state).under(self, &key, &condition))))
    }
}
