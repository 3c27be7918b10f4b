//! The settings of a connection's imports: attributes of the state's item that no run writes.

use counterfoil_core::model::sync::settings::{CheckRule, Schedule, SyncSettings};
use counterfoil_core::port::store::StoreError;
use serde::{Deserialize, Serialize};

use crate::row::{Item, from_item, name_of, newer, word_or};
use crate::update::Changes;

#[derive(Serialize, Deserialize)]
struct SettingsRow {
    sync_schedule: Option<String>,
    #[serde(default)]
    keep_source: bool,
    check_rule: Option<String>,
}

/// Reads the settings. An unknown schedule begins no run. An unknown check rule is an error: a run with another rule would delete
/// checks.
pub(super) fn read(item: Item) -> Result<SyncSettings, StoreError> {
    let name = name_of(&item);
    let row: SettingsRow = from_item(item)?;
    Ok(SyncSettings {
        schedule: row.sync_schedule.map_or(Schedule::Off, |word| word_or(&name, "sync_schedule", &word, Schedule::Off)),
        keeps_source: row.keep_source,
        check_rule: row.check_rule.map_or(Ok(CheckRule::default()), |rule| read_check_rule(&name, &rule))?,
    })
}

pub(super) fn set(changes: Changes, settings: &SyncSettings) -> Result<Changes, StoreError> {
    changes
        .put("sync_schedule", Some(Into::<&str>::into(settings.schedule)))?
        .put("keep_source", Some(settings.keeps_source))?
        .put("check_rule", Some(settings.check_rule.to_string()))
}

pub(super) fn read_check_rule(item: &str, text: &str) -> Result<CheckRule, StoreError> {
    CheckRule::parse(text).ok_or_else(|| newer(item, "check_rule"))
}
