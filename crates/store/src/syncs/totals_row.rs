//! Both sides of a run's reconciliation, beside each other.

use std::collections::BTreeSet;

use counterfoil_core::model::sync::SyncRun;
use counterfoil_core::model::sync::reconciliation::{Covers, Group, Reconciliation, Totals};
use counterfoil_core::port::store::StoreError;
use serde::{Deserialize, Serialize};

use super::run_row::KEPT_FOR;
use crate::key::Key;
use crate::records::side_row::{GroupRow, TotalRow};
use crate::row::{Item, from_item, name_of, to_item};

/// How many groups lie in one item of a reconciliation. Each takes far less than the 1.5 KB that would fill it.
const GROUPS_MOST: usize = 250;
/// By how much a reconciliation outlives its run, in seconds: TTL removes items in no order, and a run must not lose a part of it.
const OUTLIVES: i64 = 31 * 86_400;

/// A part of a run's reconciliation.
#[derive(Serialize, Deserialize)]
struct TotalsRow {
    groups: Vec<SidesRow>,
    ttl: i64,
}

/// A group of both sides; one that has nothing of it is left out.
#[derive(Serialize, Deserialize)]
struct SidesRow {
    #[serde(flatten)]
    group: GroupRow,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<TotalRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stored: Option<TotalRow>,
}

/// The items of a run's reconciliation; none where both sides are empty.
pub(super) fn write(sync: &SyncRun, reconciliation: &Reconciliation) -> Result<Vec<Item>, StoreError> {
    let Reconciliation { platform, stored, .. } = reconciliation;
    let groups: BTreeSet<_> = platform.0.keys().chain(stored.0.keys()).collect();
    let groups: Vec<_> = groups.into_iter().collect();
    let sides = |group: &&Group| SidesRow {
        group: (*group).into(),
        platform: platform.0.get(*group).map(Into::into),
        stored: stored.0.get(*group).map(Into::into),
    };
    let ttl = sync.created_at.as_second() + KEPT_FOR + OUTLIVES;
    let part = |number: usize, groups: &[&Group]| {
        let key = Key::sync_totals(&sync.connection.partner, &sync.id, u32::try_from(number).unwrap_or(u32::MAX));
        to_item(&key, TotalsRow { groups: groups.iter().map(sides).collect(), ttl })
    };
    groups.chunks(GROUPS_MOST).enumerate().map(|(number, groups)| part(number, groups)).collect()
}

/// A reconciliation out of its items.
pub(super) fn read(covers: Covers, items: Vec<Item>) -> Result<Reconciliation, StoreError> {
    let mut read = Reconciliation { covers, platform: Totals::default(), stored: Totals::default() };
    for item in items {
        let name = name_of(&item);
        let row: TotalsRow = from_item(item)?;
        for SidesRow { group, platform, stored } in row.groups {
            let group = group.read(&name)?;
            if let Some(total) = platform {
                read.platform.0.insert(group.clone(), total.read(&name)?);
            }
            if let Some(total) = stored {
                read.stored.0.insert(group, total.read(&name)?);
            }
        }
    }
    Ok(read)
}
