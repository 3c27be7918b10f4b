//! The items of a run's reconciliation: the totals of both sides.

use std::collections::BTreeSet;

use counterfoil_core::model::sync::SyncRun;
use counterfoil_core::model::sync::reconciliation::{Covers, Group, Reconciliation, Totals};
use counterfoil_core::port::store::StoreError;
use serde::{Deserialize, Serialize};

use super::run_row::KEPT_FOR;
use crate::key::Key;
use crate::records::side_row::{GroupRow, TotalRow};
use crate::row::{Item, from_item, name_of, to_item};

/// The most groups in one item. Each takes much less than 1.5 KB, of which this many would fill an item.
const GROUPS_MOST: usize = 250;
/// How much longer than its run a reconciliation is kept, in seconds. TTL deletes items in no order, and a run must not lose a part
/// of its reconciliation.
const OUTLIVES: i64 = 31 * 86_400;

/// The item of a part of a reconciliation.
#[derive(Serialize, Deserialize)]
struct TotalsRow {
    groups: Vec<SidesRow>,
    ttl: i64,
}

/// A group of totals of both sides. A side without records is absent.
#[derive(Serialize, Deserialize)]
struct SidesRow {
    #[serde(flatten)]
    group: GroupRow,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<TotalRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stored: Option<TotalRow>,
}

/// The items of a run's reconciliation. There are none if both sides are empty.
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

/// Reads a reconciliation from its items.
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
