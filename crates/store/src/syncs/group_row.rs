//! The items of a group of runs, which one request for several connections began: one of the group, and one for each run's id.

use std::iter;

use counterfoil_core::model::name::{CompanyKey, PartnerId};
use counterfoil_core::model::sync::{Skipped, SyncGroup, SyncId};
use counterfoil_core::port::store::StoreError;
use serde::{Deserialize, Serialize};

use super::run_row::{KEPT_FOR, word_of};
use crate::key::{Key, SYNC_PART};
use crate::row::{Item, damaged, from_item, millis, name_of, text, time, to_item, word};
use crate::table::SK;

#[derive(Serialize, Deserialize)]
struct GroupRow {
    sync_id: String,
    partner: String,
    platform: String,
    kind: String,
    created_at: i64,
    count: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    skipped: Vec<String>,
    /// The reason of each. Earlier versions stored none, and skipped only connections that needed consent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    skipped_for: Vec<String>,
    ttl: i64,
}

#[derive(Serialize)]
struct PartRow {
    ttl: i64,
}

pub(super) fn write(group: &SyncGroup) -> Result<Item, StoreError> {
    let row = GroupRow {
        sync_id: group.id.as_str().to_owned(),
        partner: group.partner.to_string(),
        platform: group.platform.to_string(),
        kind: word_of(group.kind),
        created_at: millis(group.created_at),
        count: group.count,
        skipped: group.skipped.iter().map(|skipped| skipped.company_key.to_string()).collect(),
        skipped_for: group.skipped.iter().map(|skipped| skipped.reason.clone()).collect(),
        ttl: ttl(group),
    };
    to_item(&Key::sync_group(&group.partner, &group.id), row)
}

pub(super) fn write_part(group: &SyncGroup, part: &SyncId) -> Result<Item, StoreError> {
    to_item(&Key::sync_part(&group.partner, &group.id, part), PartRow { ttl: ttl(group) })
}

/// When the group is deleted: with its runs.
fn ttl(group: &SyncGroup) -> i64 {
    group.created_at.as_second() + KEPT_FOR
}

pub(super) fn read(item: Item) -> Result<SyncGroup, StoreError> {
    let name = name_of(&item);
    let row: GroupRow = from_item(item)?;
    let reasons = row.skipped_for.into_iter().chain(iter::repeat_with(|| "reauthorization_required".to_owned()));
    let skipped = |(text, reason): (String, String)| {
        let company_key = CompanyKey::parse(&text).map_err(|_| damaged(&name, "skipped"))?;
        Ok(Skipped { company_key, reason })
    };
    Ok(SyncGroup {
        id: SyncId::new(row.sync_id),
        partner: PartnerId::parse(&row.partner).map_err(|_| damaged(&name, "partner"))?,
        platform: word(&name, "platform", &row.platform)?,
        kind: word(&name, "kind", &row.kind)?,
        created_at: time(&name, row.created_at)?,
        count: row.count,
        skipped: row.skipped.into_iter().zip(reasons).map(skipped).collect::<Result<_, StoreError>>()?,
    })
}

/// The id of the run that an item of a group names.
pub(super) fn read_part(item: &Item) -> Result<SyncId, StoreError> {
    let sk = text(item, SK)?;
    sk.strip_prefix(SYNC_PART).map(|id| SyncId::new(id.to_owned())).ok_or_else(|| damaged(&sk, "no run of a group"))
}
