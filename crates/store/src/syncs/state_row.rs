//! The item of the state that a connection's runs share: the active and the queued run, the lease, and the last acknowledged block.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::Update;
use counterfoil_core::model::connection::ConnectionId;
use counterfoil_core::model::sync::settings::CheckRule;
use counterfoil_core::model::sync::{SyncFailure, SyncId, SyncKind};
use counterfoil_core::model::time::later;
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::syncs::{Baseline, LastRun, SyncLease, SyncState};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::notified_row;
use super::settings_row::{self, read_check_rule};
use crate::key::{Key, SYNCER, due_shard};
use crate::row::{Item, from_item, maybe_time, millis, name_of, number, time, to_item, word};
use crate::table::{DUE_AT, DUE_SHARD, PK, SK, Table};
use crate::update::Changes;

/// The attributes that change with the state's version.
#[derive(Serialize, Deserialize)]
struct StateRow {
    #[serde(default)]
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    active_kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queued: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    queued_kind: Option<String>,
    #[serde(default)]
    known_sync: BaselineRow,
    #[serde(default)]
    known_import_invoices: BaselineRow,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_sync: Option<LastRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_import_invoices: Option<LastRow>,
    /// Written with the last purge alone.
    #[serde(skip_serializing)]
    purge_epoch: Option<u64>,
}

/// The attributes of [`StateRow`] that may be missing.
const MAY_BE_MISSING: [&str; 6] = ["active", "active_kind", "queued", "queued_kind", "last_sync", "last_import_invoices"];

#[derive(Serialize, Deserialize)]
struct LastRow {
    at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    is_mismatched: bool,
}

#[derive(Default, Serialize, Deserialize)]
struct BaselineRow {
    #[serde(skip_serializing_if = "Option::is_none")]
    company_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_from: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    full_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    check_rule: Option<String>,
}

/// The attributes of the lease, and those that writes under it change. `lease_until` and `lease_attempt` are read by conditions
/// only.
#[derive(Default, Deserialize)]
struct LeaseRow {
    #[serde(default)]
    lease_number: u64,
    /// The time of the last block of changes.
    last_change: Option<i64>,
    /// The time of the last block that is known to be completely written, as are all blocks before it.
    mark: Option<i64>,
    due_at: Option<i64>,
    /// The last change that the last purge covers.
    purged_until: Option<i64>,
}

/// The current lease, whichever process has it.
#[derive(Default)]
pub(crate) struct Leasing {
    pub(super) number: u64,
    pub(super) last_change: Option<Timestamp>,
    pub(crate) mark: Option<Timestamp>,
    pub(crate) purged_until: Option<Timestamp>,
}

pub(super) fn read(item: Item) -> Result<SyncState, StoreError> {
    let name = name_of(&item);
    let settings = settings_row::read(item.clone())?;
    let notified = notified_row::read(item.clone())?;
    let LeaseRow { mark, due_at, purged_until, .. } = from_item(item.clone())?;
    let row: StateRow = from_item(item)?;
    let entry = |kind: Option<String>, id: Option<String>| -> Result<_, StoreError> {
        let Some((kind, id)) = kind.zip(id) else { return Ok(None) };
        Ok(Some((word::<SyncKind>(&name, "kind", &kind)?, SyncId::new(id))))
    };
    let last = |row: Option<LastRow>| row.map(|row| row.read(&name)).transpose();
    Ok(SyncState {
        version: row.version,
        active: entry(row.active_kind, row.active)?,
        queued: entry(row.queued_kind, row.queued)?,
        baselines: [row.known_sync.read(&name)?, row.known_import_invoices.read(&name)?],
        last: [last(row.last_sync)?, last(row.last_import_invoices)?],
        settings,
        notified,
        due_at: maybe_time(&name, due_at)?,
        records_updated_at: maybe_time(&name, mark.filter(|mark| purged_until.is_none_or(|until| *mark > until)))?,
        purge_epoch: row.purge_epoch,
    })
}

pub(super) fn read_leasing(item: Item) -> Result<Leasing, StoreError> {
    let name = name_of(&item);
    let row: LeaseRow = from_item(item)?;
    Ok(Leasing {
        number: row.lease_number,
        last_change: maybe_time(&name, row.last_change)?,
        mark: maybe_time(&name, row.mark)?,
        purged_until: maybe_time(&name, row.purged_until)?,
    })
}

impl LastRow {
    fn read(self, item: &str) -> Result<LastRun, StoreError> {
        Ok(LastRun {
            at: time(item, self.at)?,
            failure: self.failure.map(|failure| word::<SyncFailure>(item, "failure", &failure)).transpose()?,
            is_mismatched: self.is_mismatched,
        })
    }

    fn of(last: LastRun) -> Self {
        let failure = last.failure.map(|failure| Into::<&str>::into(failure).to_owned());
        Self { at: millis(last.at), failure, is_mismatched: last.is_mismatched }
    }
}

impl BaselineRow {
    fn read(self, item: &str) -> Result<Baseline, StoreError> {
        Ok(Baseline {
            company_id: self.company_id,
            read_from: maybe_time(item, self.read_from)?,
            full_at: maybe_time(item, self.full_at)?,
            check_rule: self.check_rule.map_or(Ok(CheckRule::default()), |rule| read_check_rule(item, &rule))?,
        })
    }
}

impl From<&Baseline> for BaselineRow {
    fn from(known: &Baseline) -> Self {
        Self {
            company_id: known.company_id.clone(),
            read_from: known.read_from.map(millis),
            full_at: known.full_at.map(millis),
            check_rule: Some(known.check_rule.to_string()),
        }
    }
}

impl From<&SyncState> for StateRow {
    fn from(state: &SyncState) -> Self {
        let kind = |entry: &Option<(SyncKind, SyncId)>| entry.as_ref().map(|(kind, _)| Into::<&str>::into(*kind).to_owned());
        let id = |entry: &Option<(SyncKind, SyncId)>| entry.as_ref().map(|(_, id)| id.as_str().to_owned());
        Self {
            version: state.version + 1,
            active: id(&state.active),
            active_kind: kind(&state.active),
            queued: id(&state.queued),
            queued_kind: kind(&state.queued),
            known_sync: (&state.baselines[SyncKind::Sync as usize]).into(),
            known_import_invoices: (&state.baselines[SyncKind::ImportInvoices as usize]).into(),
            last_sync: state.last[SyncKind::Sync as usize].map(LastRow::of),
            last_import_invoices: state.last[SyncKind::ImportInvoices as usize].map(LastRow::of),
            purge_epoch: state.purge_epoch,
        }
    }
}

/// The changes that store the state with the next version.
pub(super) fn next(id: &ConnectionId, state: &SyncState) -> Result<Changes, StoreError> {
    // Sorted, because a repetition must be the same transaction.
    let mut item = BTreeMap::from_iter(to_item(&Key::sync_state(id), StateRow::from(state))?);
    item.retain(|name, _| ![PK, SK].contains(&name.as_str()));
    let missing: Vec<_> = MAY_BE_MISSING.into_iter().filter(|name| !item.contains_key(*name)).collect();
    let changes = item.into_iter().fold(Changes::default(), |changes, (name, value)| changes.set(&name, value));
    Ok(missing.into_iter().fold(changes, Changes::remove))
}

/// The condition that the state has the version that was read.
pub(super) const IS_AS_READ: &str = "(#version = :read OR (attribute_not_exists(#version) AND :read = :new))";

/// Adds the values of [`IS_AS_READ`].
pub(super) fn as_read(changes: Changes, state: &SyncState) -> Changes {
    changes.given(":read", number(state.version)).given(":new", number(0))
}

/// Adds the connection to the due index, or removes it.
pub(super) fn due(changes: Changes, id: &ConnectionId, due_at: Option<Timestamp>) -> Result<Changes, StoreError> {
    changes.put(DUE_AT, due_at.map(millis))?.put(DUE_SHARD, due_at.map(|_| due_shard(SYNCER, id)))
}

/// When a connection without a lease is due: at once if a run is active, else by its schedule or for its notified runs.
pub(super) fn due_after(id: &ConnectionId, state: &SyncState, after: Timestamp) -> Option<Timestamp> {
    if state.active.is_some() {
        return Some(after);
    }
    [state.settings.schedule.next(id, after), state.notified.due_at()].into_iter().flatten().min()
}

/// Sets the end of the lease. The connection is due then, because its process may have died.
pub(super) fn leased(changes: Changes, id: &ConnectionId, until: Timestamp) -> Result<Changes, StoreError> {
    due(changes.put("lease_until", Some(millis(until)))?, id, Some(until))
}

/// Extends the lease by its life from `now`.
pub(super) fn extended(changes: Changes, lease: &SyncLease, now: Timestamp) -> Result<Changes, StoreError> {
    leased(changes, &lease.connection, later(now, lease.life))
}

/// Acknowledges the last block that the lease's process wrote: its write has succeeded.
pub(super) fn acknowledged(changes: Changes, lease: &SyncLease) -> Result<Changes, StoreError> {
    changes.put("mark", lease.last_change.map(millis))
}

/// Ends the lease: a write under it then finds another number.
pub(super) fn released(changes: Changes) -> Changes {
    changes.remove("lease_until").add("lease_number", 1)
}

/// The condition of every write under a lease.
pub(super) const HOLDS: &str = "lease_number = :lease";

impl Table {
    /// The update of the state in a write under a lease.
    pub(super) fn under(&self, lease: &SyncLease, changes: Changes) -> Update {
        let changes = changes.given(":lease", number(lease.number));
        changes.under(self, &Key::sync_state(&lease.connection), HOLDS)
    }
}
