//! The runs that notifications ask for: attributes of the state's item.

use counterfoil_core::model::sync::notified::Notified;
use counterfoil_core::port::store::StoreError;
use serde::Deserialize;

use crate::row::{Item, from_item, maybe_time, millis, name_of};
use crate::update::Changes;

/// The attribute with the kinds. It is missing if no run is asked for.
pub(super) const KINDS: &str = "notified_kinds";

#[derive(Deserialize)]
struct NotifiedRow {
    #[serde(default)]
    notified_kinds: Vec<String>,
    notified_from: Option<i64>,
}

/// Reads the runs. A kind that only a later version knows is left out.
pub(super) fn read(item: Item) -> Result<Notified, StoreError> {
    let name = name_of(&item);
    let row: NotifiedRow = from_item(item)?;
    Ok(Notified {
        kinds: row.notified_kinds.iter().filter_map(|kind| kind.parse().ok()).collect(),
        from: maybe_time(&name, row.notified_from)?,
    })
}

pub(super) fn set(changes: Changes, notified: &Notified) -> Result<Changes, StoreError> {
    let kinds: Vec<&str> = notified.kinds.iter().map(|kind| (*kind).into()).collect();
    changes.put(KINDS, (!kinds.is_empty()).then_some(kinds))?.put("notified_from", notified.from.map(millis))
}
